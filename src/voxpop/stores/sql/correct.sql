-- Takes the rows of `correcting` in once each, without the texts of posts that are deleted by now.
insert into corrections
select id, post_id, key, author_key, label, author, given_at, drawn, text, source, lang, posted_at, topics, model_label,
       model_id
from correcting
where id not in (select id from corrections);

{forget_corrected}
