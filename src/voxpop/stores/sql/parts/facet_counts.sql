sum(n)::bigint as n,
    sum(n_neg)::bigint as n_neg,
    sum(n_neu)::bigint as n_neu,
    sum(n_pos)::bigint as n_pos,
    sum(n_unscored)::bigint as n_unscored,
    sum(n_neg_sure)::bigint as n_neg_sure,
    sum(n_neu_sure)::bigint as n_neu_sure,
    sum(n_pos_sure)::bigint as n_pos_sure
