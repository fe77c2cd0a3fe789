-- params: topic, start, end, countries, langs, sources, reposts
select
    geo_source as name,
    count(*) filter (where label = 'negative')::bigint as n_neg,
    count(*) filter (where label = 'neutral')::bigint as n_neu,
    count(*) filter (where label = 'positive')::bigint as n_pos,
    count(*) filter (where label = 'unscored')::bigint as n_unscored
from {posts}
where live
  and {located}
  and ($7::boolean or kind <> 'repost')
group by geo_source;
