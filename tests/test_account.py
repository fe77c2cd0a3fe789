from __future__ import annotations

from collections import Counter
from pathlib import Path

from voxpop.account import Account, Ledger, running


def test_accounts_add_up() -> None:
    one = Account(read=2, landed=1, duplicate=1, ignored=Counter(like=3), undated=1)
    two = Account(read=1, quarantined=1, ignored=Counter(like=1, follow=2))
    total = one + two
    assert total.balances
    assert total.to_json() == {
        "read": 3, "landed": 1, "duplicate": 1, "quarantined": 1, "ignored": {"follow": 2, "like": 4},
        "undated": 1,
    }  # fmt: skip


def test_an_account_that_lost_a_record_does_not_balance() -> None:
    assert not Account(read=2, landed=1).balances


def test_the_ingest_that_began_last_and_goes_on_is_the_one_that_runs(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    first, second = Ledger(tmp_path), Ledger(tmp_path)
    for ledger, read in ((first, 3), (second, 5)):
        ledger.add(Account(read=read, landed=read - 1, quarantined=1, ignored=Counter(like=2)))
        ledger.save()
    assert running(tmp_path) == Account(read=5, landed=4, quarantined=1, ignored=Counter(like=2))
    second.close()
    assert running(tmp_path) == Account(read=3, landed=2, quarantined=1, ignored=Counter(like=2))
    first.close()
    assert running(tmp_path) is None
