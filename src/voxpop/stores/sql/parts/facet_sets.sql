grouping sets (
    (start, topic, repost, country), (start, topic, repost, lang), (start, topic, repost, source), (start, topic, repost)
)
