{wanted}
  and key <= $8::bigint
  and ($9::boolean or kind <> 'repost')
order by key
