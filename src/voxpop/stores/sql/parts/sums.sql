{facet_counts},
    sum(sum_polarity)::decimal(18, 6) as sum_polarity
