-- Fills the empty tables of hours and days from the minutes, inside the caller's transaction.
insert into buckets_hour
select date_trunc('hour', start), topic, source, country, lang,
    {sums}
from buckets_minute
group by 1, 2, 3, 4, 5;

insert into buckets_day
select date_trunc('day', start), topic, source, country, lang,
    {sums}
from buckets_hour
group by 1, 2, 3, 4, 5;
