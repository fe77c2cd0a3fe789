count(*) filter (where label = 'negative')::bigint as n_neg,
    count(*) filter (where label = 'neutral')::bigint as n_neu,
    count(*) filter (where label = 'positive')::bigint as n_pos,
    count(*) filter (where label = 'unscored')::bigint as n_unscored
