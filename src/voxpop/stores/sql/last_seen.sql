-- params: since
-- The newest minute of each network that had a post since then.
select source as name, max(start) as newest from buckets_minute where topic = '*' and start >= $1::timestamptz and n > 0
group by source order by source;
