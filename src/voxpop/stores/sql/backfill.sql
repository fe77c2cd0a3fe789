-- DuckDB only. Gives posts the topics of the view `gained`, inside the caller's transaction. A post whose row in `gained`
-- is not the one that won is left alone: the winner's own segment has its topics, or lacks them and has its turn.
create or replace temp table gaining as
select
    posts.position, minute, source, country, lang, label, polarity,
    list_filter(gained.topics, lambda topic: not list_contains(posts.topics, topic)) as topics
from gained join posts on posts.position = gained.position
where live;

create or replace temp table delta as
with single as (
    select minute, unnest(topics) as topic, source, country, lang, label, polarity from gaining
)
select
    minute,
    topic,
    source,
    country,
    lang,
    count(*)::bigint as n,
    count(*) filter (label = 'negative')::bigint as n_neg,
    count(*) filter (label = 'neutral')::bigint as n_neu,
    count(*) filter (label = 'positive')::bigint as n_pos,
    count(*) filter (label = 'unscored')::bigint as n_unscored,
    sum(coalesce(polarity, 0)::decimal(18, 6))::decimal(18, 6) as sum_polarity
from single
group by minute, topic, source, country, lang;

insert into buckets
select * from delta
on conflict (minute, topic, source, country, lang) do update set
    n = buckets.n + excluded.n,
    n_neg = buckets.n_neg + excluded.n_neg,
    n_neu = buckets.n_neu + excluded.n_neu,
    n_pos = buckets.n_pos + excluded.n_pos,
    n_unscored = buckets.n_unscored + excluded.n_unscored,
    sum_polarity = buckets.sum_polarity + excluded.sum_polarity;

insert into changes
select distinct (select max(seq) from ledger), minute, topic from delta;

update posts set topics = list_sort(list_concat(posts.topics, gaining.topics))
from gaining
where posts.position = gaining.position and len(gaining.topics) > 0;

drop table gaining;
drop table delta;
