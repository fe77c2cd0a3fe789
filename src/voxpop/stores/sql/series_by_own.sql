-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end, dimension, width, zone, origin
-- As series_by.sql, without reposts.
select
    name,
    date_bin($12::interval, start at time zone $13::text, $14::timestamp) as start,
    {counts}
from (
    select
        case $11::text when 'topic' then topic when 'country' then country when 'lang' then lang else source end
            as name,
        start,
        {counts}
    from {own}
    where case when $11::text = 'topic' then topic <> '*' else topic = $1::text end
      and {chosen}
    group by 1, 2
) as by_start
group by 1, 2;
