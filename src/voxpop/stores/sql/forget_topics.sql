-- DuckDB only. Takes the topics in the one row of the view `gone` out of everything, inside the caller's transaction.
insert into changes
select distinct (select max(seq) from ledger), minute, topic from buckets where topic in (select unnest(names) from gone);

delete from buckets where topic in (select unnest(names) from gone);

delete from lacking where topic in (select unnest(names) from gone);

delete from topics where topic in (select unnest(names) from gone);

update posts set topics = list_filter(topics, lambda topic: not list_contains(gone.names, topic))
from gone
where list_has_any(topics, gone.names);
