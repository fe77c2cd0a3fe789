-- How many segments each topic lacks, of how many that are loaded.
select topic, count(*) as waiting, (select count(*) from ledger) as loaded from lacking group by topic order by topic;
