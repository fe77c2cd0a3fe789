-- params: topics, states, start, limit
select *
from alerts
where ($1::text[] is null or topic = any($1::text[]))
  and ($2::text[] is null or state = any($2::text[]))
  and ($3::timestamptz is null or closed is null or closed > $3::timestamptz)
order by known desc, topic, id
limit $4::bigint;
