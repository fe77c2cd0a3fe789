-- params: topic, start, end, countries, langs, sources, reposts
{covered}
from {posts}
{covered_by};
