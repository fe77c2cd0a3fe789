-- The labels that people gave. A reset of the store does not empty this table, for no log makes it again.
create table corrections (
    id text collate "C" primary key,
    post_id text collate "C" not null,
    key bigint not null,
    author_key bigint,
    label text collate "C" not null,
    author text collate "C" not null,
    given_at timestamptz not null,
    drawn text collate "C" not null,
    text text collate "C",
    source text collate "C" not null,
    lang text collate "C" not null,
    posted_at timestamptz not null,
    topics text[] collate "C" not null,
    model_label text collate "C" not null,
    model_id text collate "C" not null
);
create index corrections_key on corrections (key);
create index corrections_given on corrections (given_at desc, id desc);
