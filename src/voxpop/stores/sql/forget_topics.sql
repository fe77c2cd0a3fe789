-- Takes the topics of `forgotten` out of everything, inside the caller's transaction.
insert into changes
select distinct (select max(seq) from ledger), start, topic
from buckets_minute
where topic in (select topic from forgotten);

delete from buckets_minute where topic in (select topic from forgotten);

delete from buckets_hour where topic in (select topic from forgotten);

delete from buckets_day where topic in (select topic from forgotten);

delete from facets_minute where topic in (select topic from forgotten);

delete from facets_hour where topic in (select topic from forgotten);

delete from facets_day where topic in (select topic from forgotten);

delete from alerts where topic in (select topic from forgotten);

delete from stances where topic in (select topic from forgotten);

delete from stanced where topic || '~' in (select topic from forgotten);

delete from lacking where topic in (select topic from forgotten);

delete from topics where topic in (select topic from forgotten);

create temp table kept as
select
    single.position,
    coalesce(
        array_agg(single.topic order by single.topic collate "C") filter (where forgotten.topic is null),
        array[]::text[]
    ) as topics
from (
    select position, unnest(topics) as topic
    from posts
    where topics && array(select topic from forgotten)
) as single
left join forgotten on forgotten.topic = single.topic
group by single.position;

update posts set topics = kept.topics from kept where posts.position = kept.position;

update drawn set topics = kept.topics from kept where drawn.position = kept.position;

drop table kept;
