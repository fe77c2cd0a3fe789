-- params: before, newest_at, newest_id
-- Of the posts drawn, those that forget_text.sql takes the text of.
delete from drawn
where {forgettable};
