-- What buckets come to by none or one of source, country and lang; see sql/schema.sql. Not in partitions: a year of
-- minutes is half a million rows a topic, and each partition costs every query a little. The store is of an older
-- version then and is loaded again.
create table facets_minute (
    start timestamptz not null,
    topic text collate "C" not null,
    dimension text collate "C" not null,
    name text collate "C" not null,
    n bigint not null,
    n_neg bigint not null,
    n_neu bigint not null,
    n_pos bigint not null,
    n_unscored bigint not null,
    n_neg_sure bigint not null,
    n_neu_sure bigint not null,
    n_pos_sure bigint not null,
    primary key (dimension, topic, start, name)
);

create table facets_hour (like facets_minute including all);

create table facets_day (like facets_minute including all);
