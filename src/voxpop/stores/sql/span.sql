-- params: topic
-- The days say where to look, so that not every minute of the past is read.
with days as (select min(start) as first, max(start) as last from buckets_day where topic = $1::text)
select
    (select min(start) from buckets_minute
     where topic = $1::text
       and start >= (select first from days)
       and start < (select first from days) + interval '1 day') as first,
    (select max(start) from buckets_minute
     where topic = $1::text and start >= (select last from days)) as last;
