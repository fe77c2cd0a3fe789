($1::text = '*' or topics && string_to_array(rtrim($1::text, '~'), ','))
  and minute >= $2::timestamptz
  and minute < $3::timestamptz
  and ($4::text[] is null or country = any($4::text[]))
  and ($5::text[] is null or lang = any($5::text[]))
  and ($6::text[] is null or source = any($6::text[]))
