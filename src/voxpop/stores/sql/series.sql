-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end, facet, reposts, width, zone, origin
-- Sparse; start is a local time of the zone. Summed by the instant first, because to convert a time is what takes time.
select
    date_bin($13::interval, start at time zone $14::text, $15::timestamp) as start,
    {counts}
from (
    select
        start,
        {counts}
    from {buckets}
    where topic = $1::text
      and {chosen}
    group by start
) as by_start
group by 1
order by 1;
