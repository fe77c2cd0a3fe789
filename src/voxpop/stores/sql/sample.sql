-- params: topic, start, end, countries, langs, sources, labels, highest_key, reposts
-- The posts whose key, a hash of their id, is at most so high: any share of the posts, drawn without reading their text.
select
    post_id, source, kind, ref_id, author, author_key, url, text, lang, country, geo_source, created_at, received_at,
    label, p_negative, p_neutral, p_positive, polarity, topics
from posts
where {wanted}
  and key <= $8::bigint
  and ($9::boolean or kind <> 'repost')
order by key;
