-- params: post_id, author, label, drawn, newest_only, before_at, before_id, limit
-- is_newest: no later correction of the post by the same author.
select
    id, post_id, key, author_key, label, author, given_at, drawn, text, source, lang, posted_at, topics, model_label,
    model_id, is_newest
from (
    select *, row_number() over (partition by post_id, author order by given_at desc, id collate "C" desc) = 1 as is_newest
    from corrections
) as ranked
where ($1::text is null or post_id = $1::text)
  and ($2::text is null or author = $2::text)
  and ($3::text is null or label = $3::text)
  and ($4::text is null or drawn = $4::text)
  and (is_newest or not $5::boolean)
  and ($6::timestamptz is null or given_at < $6::timestamptz
       or (given_at = $6::timestamptz and id collate "C" < $7::text))
order by given_at desc, id collate "C" desc
limit $8::bigint;
