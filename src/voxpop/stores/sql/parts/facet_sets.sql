grouping sets ((start, topic, country), (start, topic, lang), (start, topic, source), (start, topic))
