-- params: topic, start, end, countries, langs, sources, labels, highest_key, reposts
-- The posts whose key, a hash of their id, is at most so high: any share of the posts, drawn without reading their text.
select
    {sampled}
from {posts}
where {sample_of};
