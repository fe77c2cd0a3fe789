where live
  and {located}
  and ($7::boolean or kind <> 'repost')
group by geo_source
