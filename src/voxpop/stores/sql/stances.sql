-- Takes in the rows of `given`, what posts say of topics, inside the caller's transaction. A row is about one version of a
-- post: one that is beaten, deleted or whose author is gone has no stance any more.
create temp table gaining as
select posts.position, minute, source, country, lang, kind = 'repost' as repost, given.label, given.polarity, given.sure,
       given.topic
from (select *, {sure} as sure from given) as given
join posts on posts.position = given.position
where live
  and not exists (select 1 from stances where stances.position = given.position and stances.topic = given.topic);

insert into stances
select position, topic, label, p_negative, p_neutral, p_positive, polarity
from given
where position in (select position from gaining);

create temp table delta as
with moved as (
    select minute as start, topic, source, country, lang, repost, label, polarity, sure, 1 as sign from gaining
),
{summed};

{merge_delta}

drop table gaining;
