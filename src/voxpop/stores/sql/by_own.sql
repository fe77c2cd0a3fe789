-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end, dimension
-- As by.sql, without reposts.
select
    case $11::text when 'topic' then topic when 'country' then country when 'lang' then lang else source end as name,
    {counts}
from {own}
where case when $11::text = 'topic' then topic <> '*' else topic = $1::text end
  and {chosen}
group by 1;
