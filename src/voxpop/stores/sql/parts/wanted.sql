live
  and text is not null
  and ($1::text = '*' or topics && string_to_array(rtrim($1::text, '~'), ','))
  and ($2::timestamptz is null or created_at >= $2::timestamptz)
  and ($3::timestamptz is null or created_at < $3::timestamptz)
  and ($4::text[] is null or country = any($4::text[]))
  and ($5::text[] is null or lang = any($5::text[]))
  and ($6::text[] is null or source = any($6::text[]))
  and ($7::text[] is null or label = any($7::text[]))
