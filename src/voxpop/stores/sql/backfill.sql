-- Gives posts the topics of the rows of `gained`, inside the caller's transaction. A post whose row in `gained` is not the
-- one that won is left alone: the winner's own segment has its topics, or lacks them and has its turn.
create temp table gaining as
select posts.position, minute, source, country, lang, kind = 'repost' as repost, label, polarity,
       {sure} as sure, posts.topics as old_topics, named.topic
from (select position, unnest(topics) as topic from gained) as named
join posts on posts.position = named.position
where live and not posts.topics @> array[named.topic];

create temp table delta as
select
    minute as start,
    topic,
    source,
    country,
    lang,
    repost,
    count(*)::bigint as n,
    count(*) filter (where label = 'negative')::bigint as n_neg,
    count(*) filter (where label = 'neutral')::bigint as n_neu,
    count(*) filter (where label = 'positive')::bigint as n_pos,
    count(*) filter (where label = 'unscored')::bigint as n_unscored,
    count(*) filter (where sure and label = 'negative')::bigint as n_neg_sure,
    count(*) filter (where sure and label = 'neutral')::bigint as n_neu_sure,
    count(*) filter (where sure and label = 'positive')::bigint as n_pos_sure,
    sum(coalesce(polarity, 0)::decimal(18, 6))::decimal(18, 6) as sum_polarity
from gaining
group by minute, topic, source, country, lang, repost;

{merge_delta}

create temp table full_list as
select position, array_agg(topic order by topic collate "C") as topics
from (
    select position, topic from gaining
    union all
    select distinct position, unnest(old_topics) from gaining
) as every
group by position;

update posts set topics = full_list.topics from full_list where posts.position = full_list.position;

update drawn set topics = full_list.topics from full_list where drawn.position = full_list.position;

drop table full_list;

drop table gaining;
