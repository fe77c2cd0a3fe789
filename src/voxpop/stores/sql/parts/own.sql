(
    -- The posts that are no repost, counted one by one.
    select
        minute, unnest(array_append(topics, '*')) as topic, source, country, lang, label, {sure} as sure
    from posts
    where $11::text = 'own'
      and live
      and kind <> 'repost'
      and minute >= $5::timestamptz
      and minute < $10::timestamptz
) as matched
