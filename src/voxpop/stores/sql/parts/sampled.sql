post_id, source, kind, ref_id, author, author_key, url, text, lang, country, geo_source, created_at, received_at,
    label, p_negative, p_neutral, p_positive, polarity, topics
