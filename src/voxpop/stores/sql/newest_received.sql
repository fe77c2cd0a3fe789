select max(newest_received) as received_at from ledger;
