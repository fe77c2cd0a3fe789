-- Buckets count of how many posts the model was sure, by which shares are corrected. The store is of an older version then
-- and is loaded again.
alter table buckets_minute
    add column n_neg_sure bigint not null default 0,
    add column n_neu_sure bigint not null default 0,
    add column n_pos_sure bigint not null default 0;

alter table buckets_hour
    add column n_neg_sure bigint not null default 0,
    add column n_neu_sure bigint not null default 0,
    add column n_pos_sure bigint not null default 0;

alter table buckets_day
    add column n_neg_sure bigint not null default 0,
    add column n_neu_sure bigint not null default 0,
    add column n_pos_sure bigint not null default 0;
