-- params: keep
-- The newest post with text that is one too many.
select received_at, post_id
from posts
where text is not null
order by received_at desc, post_id collate "C" desc
limit 1 offset $1::bigint;
