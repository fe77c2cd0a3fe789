start,
    topic,
    case when grouping(country) = 0 then 'country' when grouping(lang) = 0 then 'lang'
         when grouping(source) = 0 then 'source' else '' end as dimension,
    coalesce(country, lang, source, '') as name,
    repost
