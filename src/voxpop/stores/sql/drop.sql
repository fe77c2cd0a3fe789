drop table if exists posts;
drop table if exists gone;
drop table if exists buckets;
drop table if exists ledger;
drop table if exists changes;
drop table if exists meta;
drop table if exists topics;
drop table if exists lacking;
