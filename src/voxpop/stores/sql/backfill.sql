-- Gives posts the topics of the rows of `gained`, inside the caller's transaction. A post whose row in `gained` is not the
-- one that won is left alone: the winner's own segment has its topics, or lacks them and has its turn.
create temp table gaining as
select posts.position, minute, source, country, lang, kind = 'repost' as repost, label, polarity,
       {sure} as sure, posts.topics as old_topics, named.topic
from (select position, unnest(topics) as topic from gained) as named
join posts on posts.position = named.position
where live and not posts.topics @> array[named.topic];

create temp table full_list as
select position, array_agg(topic order by topic collate "C") as topics
from (
    select position, topic from gaining
    union all
    select distinct position, unnest(old_topics) from gaining
) as every
group by position;

create temp table delta as
with grown as (
    select distinct gaining.position, minute, source, country, lang, repost, label, polarity, sure, old_topics, topics
    from gaining join full_list on full_list.position = gaining.position
),
moved as (
    select minute as start, topic, source, country, lang, repost, label, polarity, sure, 1 as sign
    from gaining
    union all
    select minute, array_to_string(topics, '&'), source, country, lang, repost, label, polarity, sure, 1
    from grown
    where array_length(topics, 1) > 1
    union all
    select minute, array_to_string(old_topics, '&'), source, country, lang, repost, label, polarity, sure, -1
    from grown
    where array_length(old_topics, 1) > 1
),
{summed};

{merge_delta}

update posts set topics = full_list.topics from full_list where posts.position = full_list.position;

update drawn set topics = full_list.topics from full_list where drawn.position = full_list.position;

drop table full_list;

drop table gaining;
