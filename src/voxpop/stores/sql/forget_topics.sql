-- Takes the topics of `forgotten` out of everything, inside the caller's transaction. Posts of several topics are counted
-- in those that are left of them.
create temp table mixed as
select topic, array_to_string(array_agg(part order by part collate "C") filter (where gone is null), '&') as left_over,
       count(*) - count(gone) as n_left
from (
    select named.topic, named.part, forgotten.topic as gone
    from (
        select distinct topic, unnest(string_to_array(topic, '&')) as part
        from facets_day
        where dimension = '' and strpos(topic, '&') > 0
    ) as named
    left join forgotten on forgotten.topic = named.part
) as parts
group by topic
having count(gone) > 0;

create temp table delta as
select start, mixed.left_over as topic, source, country, lang, repost,
    {sums}
from buckets_minute join mixed on mixed.topic = buckets_minute.topic
where n_left > 1
group by 1, 2, 3, 4, 5, 6;

{merge_delta}

create temp table counted_no_more as
select topic from forgotten
union all
select topic from mixed;

drop table mixed;

insert into changes
select distinct (select max(seq) from ledger), start, topic
from buckets_minute
where topic in (select topic from forgotten);

delete from buckets_minute where topic in (select topic from counted_no_more);

delete from buckets_hour where topic in (select topic from counted_no_more);

delete from buckets_day where topic in (select topic from counted_no_more);

delete from facets_minute where topic in (select topic from counted_no_more);

delete from facets_hour where topic in (select topic from counted_no_more);

delete from facets_day where topic in (select topic from counted_no_more);

drop table counted_no_more;

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
