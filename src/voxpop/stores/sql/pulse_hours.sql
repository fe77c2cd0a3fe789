-- params: start, end
select
    topic, name as country, start, n,
    n_neg + n_neu + n_pos as scored,
    n_pos - n_neg as lean,
    n_pos + n_neg as polar
from facets_hour
where dimension = 'country' and start >= $1::timestamptz and start < $2::timestamptz
order by start;
