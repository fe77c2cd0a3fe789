-- params: topic
-- Whether anything is counted towards a topic, which is given as it is counted.
select exists (select 1 from buckets_day where topic = $1::text) as there;
