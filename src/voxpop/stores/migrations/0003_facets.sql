-- Buckets tell reposts from the rest, so that charts can leave them out. Facets: what buckets come to by none or one of source, country and lang; see sql/schema.sql. Not in partitions: a year of
-- minutes is half a million rows a topic, and each partition costs every query a little. The store is of an older
-- version then and is loaded again.
create table facets_minute (
    start timestamptz not null,
    topic text collate "C" not null,
    dimension text collate "C" not null,
    name text collate "C" not null,
    repost boolean not null,
    n bigint not null,
    n_neg bigint not null,
    n_neu bigint not null,
    n_pos bigint not null,
    n_unscored bigint not null,
    n_neg_sure bigint not null,
    n_neu_sure bigint not null,
    n_pos_sure bigint not null,
    primary key (dimension, topic, start, name, repost)
);

create table facets_hour (like facets_minute including all);

create table facets_day (like facets_minute including all);

alter table buckets_minute add column repost boolean not null default false;
alter table buckets_minute drop constraint buckets_minute_pkey;
alter table buckets_minute add primary key (topic, start, source, country, lang, repost);

alter table buckets_hour add column repost boolean not null default false;
alter table buckets_hour drop constraint buckets_hour_pkey;
alter table buckets_hour add primary key (topic, start, source, country, lang, repost);

alter table buckets_day add column repost boolean not null default false;
alter table buckets_day drop constraint buckets_day_pkey;
alter table buckets_day add primary key (topic, start, source, country, lang, repost);
