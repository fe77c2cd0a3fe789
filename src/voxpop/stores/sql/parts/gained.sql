create temp table delta as
select
    minute as start,
    topic,
    source,
    country,
    lang,
    repost,
    count(*)::bigint as n,
    count(*) filter (where label = 'negative')::bigint as n_neg,
    count(*) filter (where label = 'neutral')::bigint as n_neu,
    count(*) filter (where label = 'positive')::bigint as n_pos,
    count(*) filter (where label = 'unscored')::bigint as n_unscored,
    count(*) filter (where sure and label = 'negative')::bigint as n_neg_sure,
    count(*) filter (where sure and label = 'neutral')::bigint as n_neu_sure,
    count(*) filter (where sure and label = 'positive')::bigint as n_pos_sure,
    sum(coalesce(polarity, 0)::decimal(18, 6))::decimal(18, 6) as sum_polarity
from gaining
group by minute, topic, source, country, lang, repost;
