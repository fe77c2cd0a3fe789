topic = any(case when $13::text = 'topic' then array(select topic || case when $1::text like '%~' then '~' else '' end from topics)
             else array[$1::text] end)
