update corrections
set text = null
where text is not null
  and (exists (select 1 from posts
               where posts.key = corrections.key and posts.post_id = corrections.post_id and not posts.live)
       or exists (select 1 from gone
                  where gone.author_key = corrections.author_key and corrections.posted_at <= gone.until));
