select distinct post_id from corrections;
