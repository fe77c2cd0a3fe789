-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end, facet, reposts, dimension
select
    case $13::text when 'topic' then rtrim(topic, '~') when 'country' then country when 'lang' then lang else source end as name,
    {counts}
from {buckets}
where {of_topics}
  and {chosen}
group by 1;
