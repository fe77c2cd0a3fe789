-- params: before, newest_at, newest_id, limit
-- Some of the posts received before a time, or not after a post: a few at a time, for a database holds what it changes.
update posts
set text = null, author_id = null, author = null, url = null, lat = null, lon = null, h3 = null
where position in (
    select position
    from posts
    where text is not null
      and {forgettable}
    limit $4::bigint
)
returning position;
