on bucket.start = delta.start
    and bucket.topic = delta.topic
    and bucket.source = delta.source
    and bucket.country = delta.country
    and bucket.lang = delta.lang
    and bucket.repost = delta.repost
when matched and bucket.n + delta.n = 0 then delete
when matched then update set
    n = bucket.n + delta.n,
    n_neg = bucket.n_neg + delta.n_neg,
    n_neu = bucket.n_neu + delta.n_neu,
    n_pos = bucket.n_pos + delta.n_pos,
    n_unscored = bucket.n_unscored + delta.n_unscored,
    n_neg_sure = bucket.n_neg_sure + delta.n_neg_sure,
    n_neu_sure = bucket.n_neu_sure + delta.n_neu_sure,
    n_pos_sure = bucket.n_pos_sure + delta.n_pos_sure,
    sum_polarity = bucket.sum_polarity + delta.sum_polarity
when not matched then insert (
    start, topic, source, country, lang, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure, sum_polarity
) values (
    delta.start, delta.topic, delta.source, delta.country, delta.lang, delta.repost,
    delta.n, delta.n_neg, delta.n_neu, delta.n_pos, delta.n_unscored,
    delta.n_neg_sure, delta.n_neu_sure, delta.n_pos_sure, delta.sum_polarity
)
