-- DuckDB only. Folds the view `incoming` into posts and buckets, inside the caller's transaction.
-- The winner among all events of a post is the greatest by (is a delete, length(rev), rev, position in the log): a total
-- order, so the result does not depend on the order of loading.
-- A deletion that is about an author takes all of the author's posts up to its time, whenever they are loaded.
create or replace temp table departed as
select author_key, max(created_at) as until
from incoming
where op = 'delete' and post_id = source || ':author:' || author_id
group by author_key;

insert into gone
select * from departed
on conflict (author_key) do update set until = greatest(gone.until, excluded.until);

create or replace temp table known as
select position, post_id, author_key, deleted, live, rev_length, rev, created_at, minute, topics, source, country, lang,
       label, polarity
from posts
where position in (
    select position from posts where key in (select key from incoming)
    union all
    select position from posts where author_key in (select author_key from departed)
);

create or replace temp table folded as
with winner as (
    select distinct on (post_id)
        post_id,
        key,
        author_key,
        op = 'delete' as deleted,
        not deleted and (gone.until is null or created_at > gone.until) as live,
        length(coalesce(rev, ''))::integer as rev_length,
        coalesce(rev, '') as rev,
        position,
        source,
        kind,
        ref_id,
        if(live, author_id, null) as author_id,
        if(live, author, null) as author,
        if(live, url, null) as url,
        if(live, text, null) as text,
        coalesce(lang_detected, '') as lang,
        coalesce(country, '') as country,
        if(live, lat, null) as lat,
        if(live, lon, null) as lon,
        if(live, h3, null) as h3,
        geo_source,
        created_at,
        received_at,
        date_trunc('minute', created_at) as minute,
        label,
        p_negative,
        p_neutral,
        p_positive,
        polarity,
        fingerprint,
        if(live, topics, []) as topics
    from incoming left join gone using (author_key)
    order by post_id, op = 'delete' desc, length(coalesce(rev, '')) desc, coalesce(rev, '') desc, position desc
)
select
    winner.*,
    known.position as old_position,
    coalesce(known.live, false) as old_live,
    known.minute as old_minute,
    known.topics as old_topics,
    known.source as old_source,
    known.country as old_country,
    known.lang as old_lang,
    known.label as old_label,
    known.polarity as old_polarity
from winner left join known on known.post_id = winner.post_id
where known.post_id is null
   or (winner.deleted, winner.rev_length, winner.rev, winner.position)
    > (known.deleted, known.rev_length, known.rev, known.position);

create or replace temp table leaving as
select known.* from known join gone using (author_key)
where known.live
  and known.created_at <= gone.until
  and known.position not in (select old_position from folded where old_position is not null);

create or replace temp table delta as
with moved as (
    select minute, unnest(list_append(topics, '*')) as topic, source, country, lang, label, polarity, 1 as sign
    from folded
    where live
    union all
    select old_minute, unnest(list_append(old_topics, '*')), old_source, old_country, old_lang, old_label,
           old_polarity, -1
    from folded
    where old_live
    union all
    select minute, unnest(list_append(topics, '*')), source, country, lang, label, polarity, -1
    from leaving
)
select
    minute,
    topic,
    source,
    country,
    lang,
    sum(sign)::bigint as n,
    sum(if(label = 'negative', sign, 0))::bigint as n_neg,
    sum(if(label = 'neutral', sign, 0))::bigint as n_neu,
    sum(if(label = 'positive', sign, 0))::bigint as n_pos,
    sum(if(label = 'unscored', sign, 0))::bigint as n_unscored,
    sum(sign * coalesce(polarity, 0)::decimal(18, 6))::decimal(18, 6) as sum_polarity
from moved
group by minute, topic, source, country, lang
having n <> 0 or n_neg <> 0 or n_neu <> 0 or n_pos <> 0 or sum_polarity <> 0;

insert into buckets
select * from delta
on conflict (minute, topic, source, country, lang) do update set
    n = buckets.n + excluded.n,
    n_neg = buckets.n_neg + excluded.n_neg,
    n_neu = buckets.n_neu + excluded.n_neu,
    n_pos = buckets.n_pos + excluded.n_pos,
    n_unscored = buckets.n_unscored + excluded.n_unscored,
    sum_polarity = buckets.sum_polarity + excluded.sum_polarity;

delete from buckets where n = 0;

insert into changes
select distinct (select max(seq) from ledger), minute, topic from delta;

delete from posts where position in (select old_position from folded);

insert into posts
select * exclude (
    old_position, old_live, old_minute, old_topics, old_source, old_country, old_lang, old_label, old_polarity
)
from folded;

update posts
set live = false, text = null, author_id = null, author = null, url = null, lat = null, lon = null, h3 = null,
    topics = []
where position in (select position from leaving);

drop table departed;
drop table leaving;
drop table known;
drop table folded;
drop table delta;
