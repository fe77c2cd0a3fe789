-- params: start, end
-- Five minutes each. Summed by the minute first, because to convert a time is what takes time.
select
    topic,
    date_bin(interval '5 minutes', start, timestamptz '2000-01-03 00:00:00+00') as start,
    sum(n)::bigint as n,
    sum(scored)::bigint as scored,
    sum(lean)::bigint as lean,
    sum(polar)::bigint as polar
from (
    select
        topic, start,
        sum(n) as n,
        sum(n_neg + n_neu + n_pos) as scored,
        sum(n_pos - n_neg) as lean,
        sum(n_pos + n_neg) as polar
    from buckets_minute
    where start >= $1::timestamptz and start < $2::timestamptz
    group by topic, start
) as minutes
group by 1, 2
order by 2;
