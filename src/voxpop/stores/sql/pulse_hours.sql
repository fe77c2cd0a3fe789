-- params: start, end
select
    topic, country, start,
    sum(n)::bigint as n,
    sum(n_neg + n_neu + n_pos)::bigint as scored,
    sum(n_pos - n_neg)::bigint as lean,
    sum(n_pos + n_neg)::bigint as polar
from buckets_hour
where start >= $1::timestamptz and start < $2::timestamptz
group by topic, country, start
order by start;
