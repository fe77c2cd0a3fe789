(
    -- Each instant of the period in the coarsest table that it can be read from: $5 <= $6 <= ... <= $10.
    -- By none or one of source, country and lang ($11) the facets have it, which have far fewer rows; by more, 'each'.
    select start, topic, source, country, lang, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from buckets_minute where $11::text <> '' and start >= $5::timestamptz and start < $6::timestamptz
    union all
    select start, topic, '', '', '', repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from facets_minute where $11::text = '' and dimension = $11::text and start >= $5::timestamptz and start < $6::timestamptz
    union all
    select start, topic, source, country, lang, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from buckets_hour where $11::text = 'each' and start >= $6::timestamptz and start < $7::timestamptz
    union all
    select start, topic, {facet_columns}, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from facets_hour where $11::text <> 'each' and dimension = $11::text and start >= $6::timestamptz and start < $7::timestamptz
    union all
    select start, topic, source, country, lang, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from buckets_day where $11::text = 'each' and start >= $7::timestamptz and start < $8::timestamptz
    union all
    select start, topic, {facet_columns}, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from facets_day where $11::text <> 'each' and dimension = $11::text and start >= $7::timestamptz and start < $8::timestamptz
    union all
    select start, topic, source, country, lang, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from buckets_hour where $11::text = 'each' and start >= $8::timestamptz and start < $9::timestamptz
    union all
    select start, topic, {facet_columns}, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from facets_hour where $11::text <> 'each' and dimension = $11::text and start >= $8::timestamptz and start < $9::timestamptz
    union all
    select start, topic, source, country, lang, repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from buckets_minute where $11::text <> '' and start >= $9::timestamptz and start < $10::timestamptz
    union all
    select start, topic, '', '', '', repost, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
    from facets_minute where $11::text = '' and dimension = $11::text and start >= $9::timestamptz and start < $10::timestamptz
) as buckets
