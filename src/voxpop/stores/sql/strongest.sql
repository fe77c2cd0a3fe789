-- params: topic, start, end, countries, langs, sources, labels, reposts, words, upper, lower, before_strength, before_at, before_id, limit
-- Words are looked for as in search.sql. A real is widened before it is compared: as it was read, so it comes back.
select *
from (
    select
        post_id, source, kind, ref_id, author, url, text, lang, country, geo_source, created_at, received_at,
        label, p_negative, p_neutral, p_positive, polarity, topics, abs(polarity::double precision) as strength
    from {posts}
    where {wanted}
      and ($8::boolean or kind <> 'repost')
      and polarity is not null
      and not exists (
          select 1 from unnest($9::text[]) as wanted (word)
          where strpos(translate(lower(text), $10::text, $11::text), word) = 0
      )
) as scored
where $12::double precision is null
   or strength < $12::double precision
   or (strength = $12::double precision and created_at < $13::timestamptz)
   or (strength = $12::double precision and created_at = $13::timestamptz and post_id collate "C" < $14::text)
order by strength desc, created_at desc, post_id collate "C" desc
limit $15::bigint;
