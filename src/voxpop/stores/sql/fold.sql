-- Folds the rows of `incoming` into posts and buckets, inside the caller's transaction.
-- The winner among all events of a post is the greatest by (is a delete, length(rev), rev, position in the log): a total
-- order, so the result does not depend on the order of loading.
-- Text that decides an order is compared by its bytes in both databases, hence collate "C".
-- A deletion that is about an author takes all of the author's posts up to its time, whenever they are loaded.
create temp table departed as
select author_key, max(created_at) as until
from incoming
where op = 'delete' and post_id = source || ':author:' || author_id
group by author_key;

insert into gone
select * from departed
on conflict (author_key) do update set until = greatest(gone.until, excluded.until);

create temp table known as
select position, post_id, author_key, deleted, live, rev_length, rev, created_at, minute, topics, source, country, lang,
       kind = 'repost' as repost, label, polarity, {sure} as sure
from posts
where key in (select key from incoming)
union all
select position, post_id, author_key, deleted, live, rev_length, rev, created_at, minute, topics, source, country, lang,
       kind = 'repost' as repost, label, polarity, {sure} as sure
from posts
where author_key in (select author_key from departed)
  and key not in (select key from incoming);

create temp table folded as
with winner as (
    select distinct on (post_id) *, coalesce(rev, '') as winning_rev
    from incoming
    order by post_id, op = 'delete' desc, length(coalesce(rev, '')) desc, coalesce(rev, '') collate "C" desc,
             position desc
),
judged as (
    select
        winner.*,
        op = 'delete' as deleted,
        op <> 'delete' and (gone.until is null or winner.created_at > gone.until) as live
    from winner left join gone on gone.author_key = winner.author_key
)
select
    judged.post_id,
    judged.key,
    judged.author_key,
    judged.deleted,
    judged.live,
    length(judged.winning_rev)::integer as rev_length,
    judged.winning_rev as rev,
    judged.position,
    judged.source,
    judged.kind,
    judged.kind = 'repost' as repost,
    judged.ref_id,
    case when judged.live then judged.author_id end as author_id,
    case when judged.live then judged.author end as author,
    case when judged.live then judged.url end as url,
    case when judged.live then judged.text end as text,
    coalesce(judged.lang_detected, '') as lang,
    coalesce(judged.country, '') as country,
    case when judged.live then judged.lat end as lat,
    case when judged.live then judged.lon end as lon,
    case when judged.live then judged.h3 end as h3,
    judged.geo_source,
    judged.created_at,
    judged.received_at,
    date_trunc('minute', judged.created_at) as minute,
    judged.label,
    judged.p_negative,
    judged.p_neutral,
    judged.p_positive,
    judged.polarity,
    {sure} as sure,
    judged.fingerprint,
    case when judged.live then judged.topics else array[]::text[] end as topics,
    known.position as old_position,
    coalesce(known.live, false) as old_live,
    known.minute as old_minute,
    known.topics as old_topics,
    known.source as old_source,
    known.country as old_country,
    known.lang as old_lang,
    known.repost as old_repost,
    known.label as old_label,
    known.polarity as old_polarity,
    known.sure as old_sure
from judged left join known on known.post_id = judged.post_id
where known.post_id is null
   or (judged.deleted, length(judged.winning_rev), judged.winning_rev collate "C", judged.position)
    > (known.deleted, known.rev_length, known.rev collate "C", known.position);

create temp table leaving as
select known.*
from known join gone on gone.author_key = known.author_key
where known.live
  and known.created_at <= gone.until
  and known.position not in (select old_position from folded where old_position is not null);

-- Rows that are replaced or emptied.
create temp table replaced as
select old_position as position from folded where old_position is not null
union all
select position from leaving;

create temp table withdrawn as
select stances.position, stances.topic, stances.label, stances.polarity, {sure} as sure, known.minute, known.source,
       known.country, known.lang, known.repost
from stances join known on known.position = stances.position
where stances.position in (select position from replaced);

create temp table delta as
with changed as (
    select minute as start, topics, source, country, lang, repost, label, polarity, sure, 1 as sign
    from folded
    where live
    union all
    select old_minute, old_topics, old_source, old_country, old_lang, old_repost, old_label, old_polarity, old_sure, -1
    from folded
    where old_live
    union all
    select minute, topics, source, country, lang, repost, label, polarity, sure, -1
    from leaving
),
moved as (
    select start, unnest({counted_as}) as topic, source, country, lang, repost, label, polarity, sure, sign
    from changed
    union all
    select minute, topic, source, country, lang, repost, label, polarity, sure, -1
    from withdrawn
),
{summed};

{merge_delta}

delete from stances where position in (select position from withdrawn);

drop table withdrawn;

delete from posts where position in (select old_position from folded);

insert into posts
select
    post_id, key, author_key, deleted, live, rev_length, rev, position, source, kind, ref_id, author_id, author, url,
    text, lang, country, lat, lon, h3, geo_source, created_at, received_at, minute, label, p_negative, p_neutral,
    p_positive, polarity, fingerprint, topics
from folded;

delete from drawn
where position in (select position from replaced);

insert into drawn
select * from posts
where position in (select position from folded where {is_drawn} and live and text is not null);

update posts
set live = false, text = null, author_id = null, author = null, url = null, lat = null, lon = null, h3 = null,
    topics = array[]::text[]
where position in (select position from leaving);

-- The same holds for what was written in a post that somebody labelled.
update corrections
set text = null
where text is not null
  and (post_id in (select post_id from folded where not live)
       or exists (select 1 from departed
                  where departed.author_key = corrections.author_key and corrections.posted_at <= departed.until));

drop table departed;
drop table leaving;
drop table replaced;
drop table known;
drop table folded;
