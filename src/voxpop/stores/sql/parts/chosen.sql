($2::text[] is null or country = any($2::text[]))
  and ($3::text[] is null or lang = any($3::text[]))
  and ($4::text[] is null or source = any($4::text[]))
  and ($12::boolean or not repost)
  and coalesce($5::timestamptz, $6::timestamptz, $7::timestamptz, $8::timestamptz, $9::timestamptz, $10::timestamptz) is not null
  and $11::text is not null
