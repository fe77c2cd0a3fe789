-- params: start, end
-- Five minutes each.
select
    topic,
    date_bin(interval '5 minutes', start, timestamptz '2000-01-03 00:00:00+00') as start,
    sum(n)::bigint as n,
    sum(n_neg + n_neu + n_pos)::bigint as scored,
    sum(n_pos - n_neg)::bigint as lean,
    sum(n_pos + n_neg)::bigint as polar
from facets_minute
where dimension = '' and start >= $1::timestamptz and start < $2::timestamptz
group by 1, 2
order by 2;
