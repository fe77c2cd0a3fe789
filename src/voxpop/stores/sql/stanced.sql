-- params: topic
select day, "offset" from stanced where topic = $1::text;
