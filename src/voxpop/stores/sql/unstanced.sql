-- params: topic, limit
select day, "offset"
from ledger
where not exists (
    select 1 from stanced
    where stanced.topic = $1::text and stanced.day = ledger.day and stanced."offset" = ledger."offset"
)
order by "offset" desc
limit $2::bigint;
