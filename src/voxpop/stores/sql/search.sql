-- params: topic, start, end, countries, langs, sources, labels, before_at, before_id, limit, words
-- Words are looked for as they are: there is no pattern, so nothing in them means anything else.
{listed}
  and not exists (
      select 1 from unnest($11::text[]) as wanted (word) where strpos(lower(text), lower(word)) = 0
  )
order by created_at desc, post_id collate "C" desc
limit $10::bigint;
