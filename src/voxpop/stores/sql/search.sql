-- params: topic, start, end, countries, langs, sources, labels, before_at, before_id, limit, words, upper, lower, reposts
-- Words are looked for as they are: there is no pattern, so nothing in them means anything else.
-- What lower() knows of letters beyond A to Z is the database's locale's; upper and lower are those of the words.
{listed}
  and ($14::boolean or kind <> 'repost')
  and not exists (
      select 1 from unnest($11::text[]) as wanted (word)
      where strpos(translate(lower(text), $12::text, $13::text), word) = 0
  )
order by created_at desc, post_id collate "C" desc
limit $10::bigint;
