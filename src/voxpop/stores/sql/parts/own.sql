(
    -- As buckets.sql, of the posts that are no repost: $5 <= $6 <= ... <= $10, of which all but the ends are for buckets.
    select
        minute as start, topic, source, country, lang,
        count(*) filter (where label = 'negative') as n_neg,
        count(*) filter (where label = 'neutral') as n_neu,
        count(*) filter (where label = 'positive') as n_pos,
        count(*) filter (where label = 'unscored') as n_unscored,
        count(*) filter (where label = 'negative' and sure) as n_neg_sure,
        count(*) filter (where label = 'neutral' and sure) as n_neu_sure,
        count(*) filter (where label = 'positive' and sure) as n_pos_sure
    from (
        select
            minute, unnest(array_append(topics, '*')) as topic, source, country, lang, label, {sure} as sure
        from posts
        where live
          and kind <> 'repost'
          and minute >= least($5::timestamptz, $6::timestamptz, $7::timestamptz)
          and minute < greatest($8::timestamptz, $9::timestamptz, $10::timestamptz)
    ) as matched
    group by 1, 2, 3, 4, 5
) as buckets
