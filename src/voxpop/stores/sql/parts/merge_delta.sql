merge into buckets_minute as bucket using delta {onto_bucket};

create temp table faceted as
select start, topic, '' as dimension, '' as name, repost,
    {facet_counts}
from delta
group by start, topic, repost;

merge into facets_minute as facet using faceted as delta {onto_facet};

drop table faceted;

create temp table coarser as
select date_trunc('hour', start) as start, topic, source, country, lang, repost,
    {sums}
from delta
group by 1, 2, 3, 4, 5, 6;

merge into buckets_hour as bucket using coarser as delta {onto_bucket};

{faceted};

merge into facets_hour as facet using faceted as delta {onto_facet};

drop table faceted;

drop table coarser;

create temp table coarser as
select date_trunc('day', start) as start, topic, source, country, lang, repost,
    {sums}
from delta
group by 1, 2, 3, 4, 5, 6;

merge into buckets_day as bucket using coarser as delta {onto_bucket};

{faceted};

merge into facets_day as facet using faceted as delta {onto_facet};

drop table faceted;

drop table coarser;

insert into changes
select distinct (select max(seq) from ledger), start, topic from delta where strpos(topic, '&') = 0;

drop table delta;
