-- params: post_id, key
select post_id, key, author_key, source, text, lang, created_at, label, topics
from posts
where key = $2::bigint and post_id = $1::text and live;
