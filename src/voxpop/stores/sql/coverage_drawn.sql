-- params: topic, start, end, countries, langs, sources, reposts
-- As coverage.sql, of the posts that drawn has: one in 32, those without text left out.
select
    geo_source as name,
    {label_counts}
from {drawn}
{covered_by};
