-- The smallest seq from which the record of changes is whole.
select coalesce(max(value::bigint), 0)::bigint as seq from meta where key = 'changes_floor';
