-- params: topic, start, end, countries, langs, sources, labels, before_at, before_id, limit, reposts
{listed}
  and ($11::boolean or kind <> 'repost')
order by created_at desc, post_id collate "C" desc
limit $10::bigint;
