-- params: after_seq
select distinct minute, topic from changes where seq > $1::bigint;
