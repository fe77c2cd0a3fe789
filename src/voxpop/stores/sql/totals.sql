-- params: topic, start, end, countries, langs, sources
select
    coalesce(sum(n_neg), 0)::bigint as n_neg,
    coalesce(sum(n_neu), 0)::bigint as n_neu,
    coalesce(sum(n_pos), 0)::bigint as n_pos,
    coalesce(sum(n_unscored), 0)::bigint as n_unscored
from buckets
where topic = $1::text
  and minute >= $2::timestamptz
  and minute < $3::timestamptz
  and ($4::text[] is null or country = any($4::text[]))
  and ($5::text[] is null or lang = any($5::text[]))
  and ($6::text[] is null or source = any($6::text[]));
