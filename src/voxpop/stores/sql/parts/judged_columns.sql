posts.position, posts.post_id, posts.key, posts.author_key, posts.live, posts.rev, posts.source, posts.kind, posts.ref_id,
        posts.author_id, posts.author, posts.url, posts.text, posts.lang, posts.country, posts.lat, posts.lon, posts.h3,
        posts.geo_source, posts.created_at, posts.received_at, posts.minute, posts.fingerprint, posts.topics,
        stances.label, stances.p_negative, stances.p_neutral, stances.p_positive, stances.polarity
