-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end, facet, reposts
select
    {counts}
from {buckets}
where topic = $1::text
  and {chosen};
