coalesce(sum(n_neg), 0)::bigint as n_neg,
    coalesce(sum(n_neu), 0)::bigint as n_neu,
    coalesce(sum(n_pos), 0)::bigint as n_pos,
    coalesce(sum(n_unscored), 0)::bigint as n_unscored
