-- Fills the empty tables of hours, days and facets from the minutes, and of drawn posts, inside the caller's transaction. Columns by name, for a
-- migration adds them at the end.
-- In the order of time, so that DuckDB, which has no index here, passes over what lies outside of a period.
insert into drawn
select * from posts where {is_drawn} and live and text is not null order by minute;

insert into buckets_hour (
    start, topic, source, country, lang, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure, sum_polarity
)
select date_trunc('hour', start), topic, source, country, lang, repost,
    {sums}
from buckets_minute
group by 1, 2, 3, 4, 5, 6
order by 1, 2;

insert into buckets_day (
    start, topic, source, country, lang, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure, sum_polarity
)
select date_trunc('day', start), topic, source, country, lang, repost,
    {sums}
from buckets_hour
group by 1, 2, 3, 4, 5, 6
order by 1, 2;

insert into facets_minute (
    start, topic, dimension, name, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
)
select start, topic, '', '', repost,
    {facet_counts}
from buckets_minute
group by start, topic, repost
order by start, topic;

insert into facets_hour (
    start, topic, dimension, name, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
)
select
    {facet_of},
    {facet_counts}
from buckets_hour
group by {facet_sets}
order by start, topic;

insert into facets_day (
    start, topic, dimension, name, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
)
select
    {facet_of},
    {facet_counts}
from buckets_day
group by {facet_sets}
order by start, topic;
