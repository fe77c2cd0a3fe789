-- params: before
update posts
set text = null, author_id = null, author = null, url = null, lat = null, lon = null, h3 = null
where text is not null and received_at < $1::timestamptz;
