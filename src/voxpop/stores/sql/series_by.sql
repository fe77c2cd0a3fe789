-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end, facet, reposts, dimension, width, zone, origin
-- As series.sql, for each name of a dimension.
select
    name,
    date_bin($14::interval, start at time zone $15::text, $16::timestamp) as start,
    {counts}
from (
    select
        case $13::text when 'topic' then rtrim(topic, '~') when 'country' then country when 'lang' then lang else source end
            as name,
        start,
        {counts}
    from {buckets}
    where {of_topics}
      and {chosen}
    group by 1, 2
) as by_start
group by 1, 2;
