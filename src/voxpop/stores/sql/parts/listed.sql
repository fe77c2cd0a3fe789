select
    post_id, source, kind, ref_id, author, url, text, lang, country, geo_source, created_at, received_at,
    label, p_negative, p_neutral, p_positive, polarity, topics
from posts
where live
  and text is not null
  and ($1::text = '*' or topics @> array[$1::text])
  and ($2::timestamptz is null or created_at >= $2::timestamptz)
  and ($3::timestamptz is null or created_at < $3::timestamptz)
  and ($4::text[] is null or country = any($4::text[]))
  and ($5::text[] is null or lang = any($5::text[]))
  and ($6::text[] is null or source = any($6::text[]))
  and ($7::text[] is null or label = any($7::text[]))
  and ($8::timestamptz is null or (created_at <= $8::timestamptz
       and (created_at < $8::timestamptz or post_id collate "C" < $9::text)))
