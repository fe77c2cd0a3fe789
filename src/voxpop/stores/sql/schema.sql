-- posts: the winning event of each post_id. A deleted post keeps a bare row, so that a late create stays beaten.
-- A post is live unless it is deleted or its author is gone.
-- fold.sql keeps post_id unique. In DuckDB an index on it made a load twice as slow at a million posts; instead rows are
-- found by key, a 64-bit hash of post_id that need not be unique, and position, which is.
create table posts (
    post_id text not null,
    key bigint not null,
    author_key bigint,
    deleted boolean not null,
    live boolean not null,
    rev_length integer not null,
    rev text not null,
    position bigint not null,
    source text not null,
    kind text not null,
    ref_id text,
    author_id text,
    author text,
    url text,
    text text,
    lang text not null,
    country text not null,
    lat double precision,
    lon double precision,
    h3 text,
    geo_source text not null,
    created_at timestamptz not null,
    received_at timestamptz not null,
    minute timestamptz not null,
    label text not null,
    p_negative real,
    p_neutral real,
    p_positive real,
    polarity real,
    fingerprint text not null,
    topics text[] not null
);

-- drawn: the live posts with text whose key is in the lowest 32nd, again, so that a sample of many posts is read from
-- few; see parts/is_drawn.sql.
create table drawn as select * from posts;

-- stances: what live posts say of a topic, by the model that reads a post beside a topic; topic is the topic's name and '~',
-- under which buckets count it too. It goes with the version of the post that it is about.
create table stances (
    position bigint not null,
    topic text not null,
    label text not null,
    p_negative real,
    p_neutral real,
    p_positive real,
    polarity real
);

-- stanced: segments whose stances are in, by topic's name and by key, which stands for model, query and title.
create table stanced (topic text not null, key text not null, day text not null, "offset" bigint not null);

-- gone: until when the posts of an author do not count; author_key is a hash, so it outlives what retention takes.
create table gone (author_key bigint primary key, until timestamptz not null);

-- buckets: sums by the minute, the hour and the day (UTC) that begins at start, mergeable over every key but topic.
-- n_neg_sure and its like are those of n_neg of which the model was sure: what corrects counts for its errors.
-- Topic '*' counts each post once. merge_delta.sql keeps the first six columns unique; in DuckDB without an index, which
-- would outgrow the memory long before the table does.
create table buckets_minute (
    start timestamptz not null,
    topic text not null,
    source text not null,
    country text not null,
    lang text not null,
    repost boolean not null,
    n bigint not null,
    n_neg bigint not null,
    n_neu bigint not null,
    n_pos bigint not null,
    n_unscored bigint not null,
    n_neg_sure bigint not null,
    n_neu_sure bigint not null,
    n_pos_sure bigint not null,
    sum_polarity decimal(18, 6) not null
);

create table buckets_hour as select * from buckets_minute;

create table buckets_day as select * from buckets_minute;

-- facets: what buckets come to over two of source, country and lang, or over all three, so that a chart that tells
-- apart by none or one of them does not read every pair. dimension is '' (then name is too), source, country or lang.
-- Minutes have '' alone. merge_delta.sql keeps the first five columns unique.
create table facets_minute (
    start timestamptz not null,
    topic text not null,
    dimension text not null,
    name text not null,
    repost boolean not null,
    n bigint not null,
    n_neg bigint not null,
    n_neu bigint not null,
    n_pos bigint not null,
    n_unscored bigint not null,
    n_neg_sure bigint not null,
    n_neu_sure bigint not null,
    n_pos_sure bigint not null
);

create table facets_hour as select * from facets_minute;

create table facets_day as select * from facets_minute;

create table ledger (
    model_id text not null,
    day text not null,
    "offset" bigint not null,
    rows bigint not null,
    seq bigint not null,
    newest_received timestamptz,
    loaded_at timestamptz not null,
    primary key (model_id, day, "offset")
);

-- changes: what each load touched, for whoever follows along.
create table changes (seq bigint not null, minute timestamptz not null, topic text not null);

create table meta (key text primary key, value text not null);

-- topics: what posts were matched against, with what stands for each query.
create table topics (topic text primary key, digest text not null);

-- lacking: segments that were loaded before a topic was there, and have yet to be counted for it.
create table lacking (topic text not null, day text not null, "offset" bigint not null);

-- corrections: the labels that people gave posts. No view of the log, so it is neither dropped nor emptied with the rest;
-- key and author_key are the post's, author is who gave the label.
create table if not exists corrections (
    id text not null,
    post_id text not null,
    key bigint not null,
    author_key bigint,
    label text not null,
    author text not null,
    given_at timestamptz not null,
    drawn text not null,
    text text,
    source text not null,
    lang text not null,
    posted_at timestamptz not null,
    topics text[] not null,
    model_label text not null,
    model_id text not null
);

-- alerts: what was beyond chance, by voxpop.insight; found again from the buckets after a rebuild.
create table alerts (
    id text not null,
    topic text not null,
    country text,
    measure text not null,
    direction text not null,
    state text not null,
    start timestamptz not null,
    known timestamptz not null,
    value double precision not null,
    expected double precision not null,
    posts bigint not null,
    p double precision not null,
    peak_start timestamptz not null,
    peak_end timestamptz not null,
    peak_value double precision not null,
    peak_expected double precision not null,
    peak_posts bigint not null,
    peak_p double precision not null,
    last timestamptz not null,
    closed timestamptz,
    why text
);

-- notices: what is to be said of alerts, and what has been. No view of the log: a rebuild leaves them, so that nothing is said
-- twice.
create table if not exists notices (
    alert text not null,
    event text not null,
    channel text not null,
    body text not null,
    attempts bigint not null,
    due timestamptz not null,
    sent timestamptz,
    failed timestamptz,
    trouble text
);
