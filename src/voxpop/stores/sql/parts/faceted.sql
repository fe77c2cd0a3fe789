create temp table faceted as
select
    {facet_of},
    {facet_counts}
from coarser
group by {facet_sets}
