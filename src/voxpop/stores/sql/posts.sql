-- params: topic, start, end, countries, langs, sources, labels, before_at, before_id, limit
{listed}
order by created_at desc, post_id collate "C" desc
limit $10::bigint;
