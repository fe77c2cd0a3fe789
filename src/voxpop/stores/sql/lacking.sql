-- Segments that were loaded before a topic was there, newest first, and the topic.
select topic, day, "offset" from lacking order by "offset" desc, topic;
