summed as (
    select
        start,
        topic,
        source,
        country,
        lang,
        repost,
        sum(sign)::bigint as n,
        sum(case when label = 'negative' then sign else 0 end)::bigint as n_neg,
        sum(case when label = 'neutral' then sign else 0 end)::bigint as n_neu,
        sum(case when label = 'positive' then sign else 0 end)::bigint as n_pos,
        sum(case when label = 'unscored' then sign else 0 end)::bigint as n_unscored,
        sum(case when sure and label = 'negative' then sign else 0 end)::bigint as n_neg_sure,
        sum(case when sure and label = 'neutral' then sign else 0 end)::bigint as n_neu_sure,
        sum(case when sure and label = 'positive' then sign else 0 end)::bigint as n_pos_sure,
        sum(sign * coalesce(polarity, 0)::decimal(18, 6))::decimal(18, 6) as sum_polarity
    from moved
    group by start, topic, source, country, lang, repost
)
select *
from summed
where n <> 0 or n_neg <> 0 or n_neu <> 0 or n_pos <> 0
   or n_neg_sure <> 0 or n_neu_sure <> 0 or n_pos_sure <> 0 or sum_polarity <> 0
