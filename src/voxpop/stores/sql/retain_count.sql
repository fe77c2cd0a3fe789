-- params: keep
update posts
set text = null, author_id = null, author = null, url = null, lat = null, lon = null, h3 = null
from (
    select received_at as at, post_id as id
    from posts
    where text is not null
    order by received_at desc, post_id collate "C" desc
    limit 1 offset $1::bigint
) as last
where posts.text is not null
  and (posts.received_at < last.at or (posts.received_at = last.at and posts.post_id collate "C" <= last.id));
