select
    post_id, source, kind, ref_id, author, url, text, lang, country, geo_source, created_at, received_at,
    label, p_negative, p_neutral, p_positive, polarity, topics
from {posts}
where {wanted}
  and ($8::timestamptz is null or (created_at <= $8::timestamptz
       and (created_at < $8::timestamptz or post_id collate "C" < $9::text)))
