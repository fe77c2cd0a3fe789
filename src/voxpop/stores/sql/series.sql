-- params: topic, start, end, countries, langs, sources, width
-- Intervals are counted from a Monday, so that weeks start on one. start and end are aligned to width by the caller.
with counted as (
    select
        date_bin($7::interval, minute, timestamptz '2000-01-03 00:00:00+00') as start,
        sum(n_neg)::bigint as n_neg,
        sum(n_neu)::bigint as n_neu,
        sum(n_pos)::bigint as n_pos,
        sum(n_unscored)::bigint as n_unscored
    from buckets
    where topic = $1::text
      and minute >= $2::timestamptz
      and minute < $3::timestamptz
      and ($4::text[] is null or country = any($4::text[]))
      and ($5::text[] is null or lang = any($5::text[]))
      and ($6::text[] is null or source = any($6::text[]))
    group by 1
)
select
    tumbling.start,
    coalesce(n_neg, 0) as n_neg,
    coalesce(n_neu, 0) as n_neu,
    coalesce(n_pos, 0) as n_pos,
    coalesce(n_unscored, 0) as n_unscored
from generate_series($2::timestamptz, $3::timestamptz - interval '1 second', $7::interval) as tumbling (start)
left join counted on counted.start = tumbling.start
order by 1;
