on facet.start = delta.start
    and facet.topic = delta.topic
    and facet.dimension = delta.dimension
    and facet.name = delta.name
    and facet.repost = delta.repost
when matched and facet.n + delta.n = 0 then delete
when matched then update set
    n = facet.n + delta.n,
    n_neg = facet.n_neg + delta.n_neg,
    n_neu = facet.n_neu + delta.n_neu,
    n_pos = facet.n_pos + delta.n_pos,
    n_unscored = facet.n_unscored + delta.n_unscored,
    n_neg_sure = facet.n_neg_sure + delta.n_neg_sure,
    n_neu_sure = facet.n_neu_sure + delta.n_neu_sure,
    n_pos_sure = facet.n_pos_sure + delta.n_pos_sure
when not matched then insert (
    start, topic, dimension, name, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
) values (
    delta.start, delta.topic, delta.dimension, delta.name, delta.repost,
    delta.n, delta.n_neg, delta.n_neu, delta.n_pos, delta.n_unscored,
    delta.n_neg_sure, delta.n_neu_sure, delta.n_pos_sure
)
