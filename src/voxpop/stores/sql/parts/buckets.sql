(
    -- Each instant of the period in the coarsest table that it can be read from: $5 <= $6 <= ... <= $10.
    select * from buckets_minute where start >= $5::timestamptz and start < $6::timestamptz
    union all
    select * from buckets_hour where start >= $6::timestamptz and start < $7::timestamptz
    union all
    select * from buckets_day where start >= $7::timestamptz and start < $8::timestamptz
    union all
    select * from buckets_hour where start >= $8::timestamptz and start < $9::timestamptz
    union all
    select * from buckets_minute where start >= $9::timestamptz and start < $10::timestamptz
) as buckets
