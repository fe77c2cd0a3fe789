select day, "offset" from ledger;
