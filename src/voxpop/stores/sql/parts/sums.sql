sum(n)::bigint as n,
    sum(n_neg)::bigint as n_neg,
    sum(n_neu)::bigint as n_neu,
    sum(n_pos)::bigint as n_pos,
    sum(n_unscored)::bigint as n_unscored,
    sum(sum_polarity)::decimal(18, 6) as sum_polarity
