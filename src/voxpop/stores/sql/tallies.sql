-- params: author
-- Posts that were offered and that the author labelled, by how they were drawn, and those where the model had said so too.
select drawn, count(*)::bigint as n, (count(*) filter (where label = model_label))::bigint as agreed
from (
    select *, row_number() over (partition by post_id order by given_at desc, id collate "C" desc) = 1 as is_newest
    from corrections
    where author = $1::text
) as ranked
where is_newest and drawn <> 'own'
group by drawn
order by drawn;
