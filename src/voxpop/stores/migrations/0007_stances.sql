-- As in sql/schema.sql.
create table stances (
    position bigint not null,
    topic text collate "C" not null,
    label text collate "C" not null,
    p_negative real,
    p_neutral real,
    p_positive real,
    polarity real,
    primary key (position, topic)
);
create index stances_topic on stances (topic, position);

create table stanced (
    topic text collate "C" not null,
    key text collate "C" not null,
    day text collate "C" not null,
    "offset" bigint not null,
    primary key (topic, day, "offset")
);
