-- As in sql/schema.sql; indexes and partitions are PostgreSQL's own. Text compares by its bytes, as in DuckDB: the order of
-- revisions decides which version of a post counts, whatever the locale of the database.
create sequence ledger_seq;

create table posts (
    post_id text collate "C" not null,
    key bigint not null,
    author_key bigint,
    deleted boolean not null,
    live boolean not null,
    rev_length integer not null,
    rev text collate "C" not null,
    position bigint not null,
    source text collate "C" not null,
    kind text collate "C" not null,
    ref_id text collate "C",
    author_id text collate "C",
    author text collate "C",
    url text collate "C",
    text text collate "C",
    lang text collate "C" not null,
    country text collate "C" not null,
    lat double precision,
    lon double precision,
    h3 text collate "C",
    geo_source text collate "C" not null,
    created_at timestamptz not null,
    received_at timestamptz not null,
    minute timestamptz not null,
    label text collate "C" not null,
    p_negative real,
    p_neutral real,
    p_positive real,
    polarity real,
    fingerprint text collate "C" not null,
    topics text[] collate "C" not null
);

-- The fold finds rows by these three; key is a hash that two posts may share, position is a row's own.
create unique index posts_position on posts (position);
create index posts_key on posts (key);
create index posts_author_key on posts (author_key) where author_key is not null;
-- Lists of posts, newest first; of one topic, where it is a rare one.
create index posts_newest on posts (created_at desc, post_id desc) where live and text is not null;
create index posts_topics on posts using gin (topics) where live and text is not null;
-- Retention by number.
create index posts_received on posts (received_at desc, post_id desc) where text is not null;

create table gone (author_key bigint primary key, until timestamptz not null);

create table ledger (
    model_id text collate "C" not null,
    day text collate "C" not null,
    "offset" bigint not null,
    rows bigint not null,
    seq bigint not null,
    newest_received timestamptz,
    loaded_at timestamptz not null,
    primary key (model_id, day, "offset")
);
create index ledger_seq_newest on ledger (seq);

create table meta (key text collate "C" primary key, value text collate "C" not null);

create table topics (topic text collate "C" primary key, digest text not null);

create table lacking (topic text collate "C" not null, day text collate "C" not null, "offset" bigint not null);
create index lacking_segment on lacking (day, "offset");

-- Minutes are kept by the month and hours by the year; voxpop.stores.partitions makes those partitions as they are
-- needed. Only from 2006 on, for a stranger can date a post as he likes and each partition costs every query a little.
create table buckets_minute (
    start timestamptz not null,
    topic text collate "C" not null,
    source text collate "C" not null,
    country text collate "C" not null,
    lang text collate "C" not null,
    n bigint not null,
    n_neg bigint not null,
    n_neu bigint not null,
    n_pos bigint not null,
    n_unscored bigint not null,
    sum_polarity numeric(18, 6) not null,
    primary key (topic, start, source, country, lang)
) partition by range (start);
create table buckets_minute_before_2006 partition of buckets_minute for values from (minvalue) to ('2006-01-01 00:00:00+00');

create table buckets_hour (like buckets_minute including all) partition by range (start);
create table buckets_hour_before_2006 partition of buckets_hour for values from (minvalue) to ('2006-01-01 00:00:00+00');

create table buckets_day (like buckets_minute including all);

create table changes (seq bigint not null, minute timestamptz not null, topic text collate "C" not null);
create index changes_seq on changes (seq);

