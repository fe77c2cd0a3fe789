-- params: start, end
select
    topic, name as country, start,
    sum(n)::bigint as n,
    sum(n_neg + n_neu + n_pos)::bigint as scored,
    sum(n_pos - n_neg)::bigint as lean,
    sum(n_pos + n_neg)::bigint as polar
from facets_hour
where dimension = 'country' and start >= $1::timestamptz and start < $2::timestamptz
group by 1, 2, 3
order by 3;
