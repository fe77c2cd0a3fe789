-- What the store holds changes with these; a store that was made anew has other times.
select coalesce(max(seq), 0)::bigint as seq, max(loaded_at) as loaded_at from ledger;
