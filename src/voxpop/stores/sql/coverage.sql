-- params: topic, start, end, countries, langs, sources, reposts
select
    geo_source as name,
    {label_counts}
from {posts}
{covered_by};
