-- Fills the empty tables of hours, days and facets from the minutes, inside the caller's transaction. Columns by name, for a
-- migration adds them at the end.
insert into buckets_hour (
    start, topic, source, country, lang, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure, sum_polarity
)
select date_trunc('hour', start), topic, source, country, lang, repost,
    {sums}
from buckets_minute
group by 1, 2, 3, 4, 5, 6;

insert into buckets_day (
    start, topic, source, country, lang, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure, sum_polarity
)
select date_trunc('day', start), topic, source, country, lang, repost,
    {sums}
from buckets_hour
group by 1, 2, 3, 4, 5, 6;

insert into facets_minute (
    start, topic, dimension, name, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
)
select start, topic, '', '', repost,
    {facet_counts}
from buckets_minute
group by start, topic, repost;

insert into facets_hour (
    start, topic, dimension, name, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
)
select
    {facet_of},
    {facet_counts}
from buckets_hour
group by {facet_sets};

insert into facets_day (
    start, topic, dimension, name, repost,
    n, n_neg, n_neu, n_pos, n_unscored, n_neg_sure, n_neu_sure, n_pos_sure
)
select
    {facet_of},
    {facet_counts}
from buckets_day
group by {facet_sets};
