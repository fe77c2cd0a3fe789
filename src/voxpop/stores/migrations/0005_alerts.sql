-- As in sql/schema.sql. Alerts are found again after a rebuild; notices are no view of the log and stay.
create table alerts (
    id text collate "C" not null primary key,
    topic text collate "C" not null,
    country text collate "C",
    measure text collate "C" not null,
    direction text collate "C" not null,
    state text collate "C" not null,
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
    why text collate "C"
);
create index alerts_known on alerts (known desc);

create table notices (
    alert text collate "C" not null,
    event text collate "C" not null,
    channel text collate "C" not null,
    body text collate "C" not null,
    attempts bigint not null,
    due timestamptz not null,
    sent timestamptz,
    failed timestamptz,
    trouble text collate "C",
    primary key (alert, event, channel)
);
create index notices_due on notices (due) where sent is null and failed is null;
