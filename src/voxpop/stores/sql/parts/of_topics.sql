topic = any(case when $13::text = 'topic' then array(select topic from topics) else array[$1::text] end)
