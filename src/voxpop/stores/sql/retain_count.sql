-- params: keep
update posts
set text = null, author_id = null, author = null, url = null, lat = null, lon = null, h3 = null
where text is not null
  and (received_at, post_id) <= (
      select (received_at, post_id)
      from posts
      where text is not null
      order by received_at desc, post_id desc
      limit 1 offset $1::bigint
  );
