-- params: topic, start, end, countries, langs, sources, labels, highest_key, reposts
-- As sample.sql, of a share that drawn has whole.
select
    {sampled}
from {drawn}
where {sample_of};
