-- params: topic, countries, langs, sources, minutes, hours, days, days_end, hours_end, minutes_end
-- As totals.sql, without reposts.
select
    {counts}
from {own}
where topic = $1::text
  and {chosen};
