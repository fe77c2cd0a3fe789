from __future__ import annotations

from collections import Counter

from voxpop.account import Account


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
