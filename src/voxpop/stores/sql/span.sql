-- params: topic
select min(minute) as first, max(minute) as last from buckets where topic = $1::text;
