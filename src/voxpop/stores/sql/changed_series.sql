-- params: topic, width, after_seq, limit
with changed as (
    select distinct date_bin($2::interval, minute, timestamptz '2000-01-03 00:00:00+00') as start
    from changes
    where seq > $3::bigint and topic = $1::text
    order by 1 desc
    limit $4::bigint
),
counted as (
    select
        date_bin($2::interval, minute, timestamptz '2000-01-03 00:00:00+00') as start,
        sum(n_neg)::bigint as n_neg,
        sum(n_neu)::bigint as n_neu,
        sum(n_pos)::bigint as n_pos,
        sum(n_unscored)::bigint as n_unscored
    from buckets
    where topic = $1::text and minute >= (select min(start) from changed)
    group by 1
)
select
    changed.start,
    coalesce(n_neg, 0) as n_neg,
    coalesce(n_neu, 0) as n_neu,
    coalesce(n_pos, 0) as n_pos,
    coalesce(n_unscored, 0) as n_unscored
from changed
left join counted on counted.start = changed.start
order by 1;
