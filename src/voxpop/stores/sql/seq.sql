select coalesce(max(seq), 0)::bigint as seq from ledger;
