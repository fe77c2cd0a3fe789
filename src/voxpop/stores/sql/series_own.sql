-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end, width, zone, origin
select
    date_bin($11::interval, start at time zone $12::text, $13::timestamp) as start,
    {counts}
from (
    select
        start,
        {counts}
    from {own}
    where topic = $1::text
      and {chosen}
    group by start
) as by_start
group by 1
order by 1;
