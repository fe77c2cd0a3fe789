coalesce(sum(n_neg), 0)::bigint as n_neg,
    coalesce(sum(n_neu), 0)::bigint as n_neu,
    coalesce(sum(n_pos), 0)::bigint as n_pos,
    coalesce(sum(n_unscored), 0)::bigint as n_unscored,
    coalesce(sum(n_neg_sure), 0)::bigint as n_neg_sure,
    coalesce(sum(n_neu_sure), 0)::bigint as n_neu_sure,
    coalesce(sum(n_pos_sure), 0)::bigint as n_pos_sure
