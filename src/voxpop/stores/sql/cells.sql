-- params: topic, start, end, countries, langs, sources, reposts
select
    h3 as name,
    {label_counts}
from {posts}
where live
  and h3 is not null
  and {located}
  and ($7::boolean or kind <> 'repost')
group by h3;
