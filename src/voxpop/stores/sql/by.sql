-- params: topic, start, end, countries, langs, sources, dimension
select
    case $7::text when 'topic' then topic when 'country' then country when 'lang' then lang else source end as name,
    sum(n_neg)::bigint as n_neg,
    sum(n_neu)::bigint as n_neu,
    sum(n_pos)::bigint as n_pos,
    sum(n_unscored)::bigint as n_unscored
from buckets
where case when $7::text = 'topic' then topic <> '*' else topic = $1::text end
  and minute >= $2::timestamptz
  and minute < $3::timestamptz
  and ($4::text[] is null or country = any($4::text[]))
  and ($5::text[] is null or lang = any($5::text[]))
  and ($6::text[] is null or source = any($6::text[]))
group by 1;
