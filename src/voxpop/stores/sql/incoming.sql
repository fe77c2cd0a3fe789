-- params: topic, start, end, reposts, topical
-- The posts of a period that count, as the rows that fold.sql takes; topical leaves out those without a topic. Also those whose text
-- was let go of: they are counted, too.
select
    post_id, 'create'::text as op, source, rev, position, key, author_key, kind, ref_id, author_id, author, url, text,
    lang as lang_detected, country, lat, lon, h3, geo_source, created_at, received_at, label, p_negative, p_neutral,
    p_positive, polarity, fingerprint, topics
from {posts}
where live
  and ($1::text = '*' or topics && string_to_array(rtrim($1::text, '~'), ','))
  and created_at >= $2::timestamptz
  and created_at < $3::timestamptz
  and ($4::boolean or kind <> 'repost')
  and (not $5::boolean or topics <> array[]::text[]);
