from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.sources.listening import expected, landed, listen, states
from tests.sources.x_server import PLENTY, RULES, TOKEN, Refuse, Serve, X, encoded, serving, source
from voxpop.errors import Terminal
from voxpop.gaps import GapLedger
from voxpop.log import Log
from voxpop.quarantine import Quarantine
from voxpop.sources.x.access import Access, connected
from voxpop.sources.x.counts import volume
from voxpop.sources.x.rules import synchronise
from voxpop.sources.x.spend import Prices, Purse
from voxpop.sources.x.wanted import Rule
from voxpop.testing import check_live_source

REAL = Path(__file__).parents[3] / "shared" / "data" / "fixtures" / "x_api_v2" / "streaming_output_with_error.jsonl.gz"


def sent(server: X) -> list[tuple[str, str, str | None, str | None]]:
    return sorted(expected(encoded(line) for line in server.posts))


async def test_everything_that_is_streamed_lands_once_and_whole(tmp_path: Path) -> None:
    async with serving(X([Serve(say=30)])) as server:
        account = await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 30)
    assert sorted(landed(tmp_path)) == sent(server)
    assert account.balances
    assert states(tmp_path) == []
    assert any((text or "").startswith("invented long post") and len(text or "") > 300 for *_, text in landed(tmp_path))
    (query,) = [query for method, path, query in server.requests if path.endswith("/stream")]
    assert "note_tweet" in query["tweet.fields"] and "referenced_tweets.id" in query["expansions"]
    assert all(TOKEN not in str(request) for request in server.requests)


async def test_an_edit_after_its_original_is_one_post_and_a_repost_is_whole_in_both_spellings(tmp_path: Path) -> None:
    server = X()
    first = server.line(1)
    native = first["data"]["id"]
    edit = server.line(2, edit_history_tweet_ids=[native, str(int(native) + 9)])
    edit["data"]["id"] = str(int(native) + 9)
    whole = {"id": "5", "text": "cut", "note_tweet": {"text": "the whole reposted text"}}
    reposts = [
        server.line(number, text="RT @x: cut", referenced_tweets=[{"type": "retweeted", "id": "5"}])
        for number in (4, 5)
    ]
    reposts[0]["includes"]["tweets"], reposts[1]["includes"]["posts"] = [whole], [whole]
    server.script = [Serve(raw=[encoded(line) for line in (first, edit, *reposts)])]
    async with serving(server):
        await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 4)
    found = landed(tmp_path)
    assert [(post_id, op) for post_id, op, _, _ in found[:2]] == [(f"x:{native}", "create"), (f"x:{native}", "update")]
    assert [text for *_, text in found[2:]] == ["the whole reposted text"] * 2


async def test_the_laws_of_a_live_source_hold(tmp_path: Path) -> None:
    server = X()
    lines = [server.line(number) for number in (1, 2, 4, 5)]
    server.posts = lines
    async with serving(server):
        raw = [encoded(line) for line in lines]
        server.script = [Serve(raw=raw) for _ in range(len(lines) + 2)]
        await check_live_source(lambda: source(server.address, tmp_path), len(lines))


@pytest.mark.skipif(not REAL.exists(), reason="the real capture is not beside the repository")
async def test_a_real_stream_lands_whole(tmp_path: Path) -> None:
    lines = gzip.decompress(REAL.read_bytes()).splitlines()
    posts = expected(lines)
    async with serving(X([Serve(raw=[line + b"\r\n" for line in lines])])) as server:
        await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= len(posts))
    assert sorted(landed(tmp_path), key=str) == sorted(posts, key=str)


async def test_rules_follow_the_topics_and_those_of_others_stay() -> None:
    foreign = {"id": "900", "value": "cats", "tag": "theirs"}
    same = {"id": "901", "value": "gta6", "tag": "theirs too"}
    gone = {"id": "902", "value": "plums", "tag": "voxpop:plums"}
    moved = {"id": "903", "value": "apples", "tag": "voxpop:old"}
    async with serving(X(rules=[foreign, same, gone, moved])) as server:
        wanted = [*RULES, Rule("apples", "new")]
        async with connected(Access(SecretStr(TOKEN), server.address)) as client:
            done = await synchronise(client, wanted)
            again = await synchronise(client, wanted)
    assert (done.added, done.deleted, done.foreign) == (2, 2, 2)
    assert (again.added, again.deleted) == (0, 0)
    assert {(rule["value"], rule["tag"]) for rule in server.rules} == {
        ("cats", "theirs"),
        ("gta6", "theirs too"),
        ('tesla OR "model 3"', "voxpop:tesla"),
        ("apples", "voxpop:new"),
    }
    writes = [query for method, path, query in server.requests if method == "POST"]
    assert writes[0] == {"dry_run": "true"}


@pytest.mark.parametrize(
    ("wanted", "fix"),
    [
        ([], "add a preset or a topic"),
        ([Rule("bad (", "broken")], "'broken'.*change the topic"),
        ([Rule("x" * 1025, "long")], "'long' has 1,025"),
        ([Rule(f"w{number}", "many") for number in range(1001)], "fewer topics"),
    ],
)
async def test_rules_that_x_does_not_take_change_nothing(wanted: list[Rule], fix: str) -> None:
    async with serving(X(refused_values=("bad (",), rules=[{"id": "1", "value": "a", "tag": "voxpop:a"}])) as server:
        async with connected(Access(SecretStr(TOKEN), server.address)) as client:
            with pytest.raises(Terminal, match=fix):
                await synchronise(client, wanted)
    assert server.rules == [{"id": "1", "value": "a", "tag": "voxpop:a"}]


async def test_a_topic_added_meanwhile_becomes_a_rule_without_a_new_connection(tmp_path: Path) -> None:
    wanted = list(RULES)
    server = X([Serve(say=1)])
    async with serving(server):
        listened = source(server.address, tmp_path, wanted=lambda limit: list(wanted))

        def until(account: Any) -> bool:
            if account.landed and len(wanted) == len(RULES):
                wanted.append(Rule("espresso", "coffee"))
            return any(rule["tag"] == "voxpop:coffee" for rule in server.rules)

        await listen(tmp_path, listened, until)
    assert server.connections == 1


@pytest.mark.parametrize(("status", "fix"), [(401, "VOXPOP_X_BEARER"), (402, "buy some"), (403, "developer console")])
async def test_a_refusal_for_good_ends_with_the_fix_and_without_the_token(
    status: int, fix: str, tmp_path: Path
) -> None:
    body = {"title": "No", "detail": f"the token {TOKEN} is not good"}
    async with serving(X([Refuse(status, body=body)])) as server:
        with pytest.raises(Terminal, match=fix) as refused:
            await listen(tmp_path, source(server.address, tmp_path), lambda account: False)
    error: BaseException | None = refused.value
    while error:
        assert TOKEN not in repr(error) + str(error)
        error = error.__cause__ or error.__context__


def test_the_token_is_in_no_repr_and_goes_nowhere_in_clear(tmp_path: Path) -> None:
    made = source("http://127.0.0.1:1", tmp_path)
    assert TOKEN not in repr(vars(made)) + repr(made)
    for base in ("http://api.x.com", "ftp://x", "https://u:p@x.com", "api.x.com"):
        with pytest.raises(Terminal, match="leave base out"):
            Access(SecretStr(TOKEN), base)
    with pytest.raises(Terminal, match="copy it again") as refused:
        Access(SecretStr("two words"))
    assert "two words" not in str(refused.value)


@pytest.mark.parametrize("cursor", ["jetstream-v1:5", "x:", "x:abc", "x:" + "9" * 30])
async def test_a_cursor_of_another_source_is_refused(cursor: str, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="another name"):
        async for _ in source("http://127.0.0.1:1", tmp_path).read(cursor):
            raise AssertionError("it must not read")


async def test_a_new_run_searches_for_what_was_said_meanwhile(tmp_path: Path) -> None:
    async with serving(X([Serve(say=5)])) as server:
        await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 5)
        assert Log(tmp_path).tail().cursors["x"].startswith("x:")
        server.say(40)
        server.script = [Serve(say=2)]
        await listen(tmp_path, source(server.address, tmp_path), lambda account: states(tmp_path) == ["recovered"])
    assert sorted(landed(tmp_path)) == sent(server)
    (gap,) = GapLedger(tmp_path).gaps()
    assert gap.reason.startswith("Voxpop was not running")


async def test_without_back_fill_the_gap_is_said_and_nothing_is_searched_for(tmp_path: Path) -> None:
    async with serving(X([Serve(say=3, then="close", unheard=4), Serve(say=2)])) as server:
        listened = source(server.address, tmp_path, backfill=False)
        await listen(tmp_path, listened, lambda account: account.landed >= 5)
    assert states(tmp_path) == ["missed"]
    assert not [path for _, path, _ in server.requests if path.endswith("/recent")]
    lost = {line["data"]["id"] for line in server.posts[3:7]}
    assert {post_id.removeprefix("x:") for post_id, *_ in landed(tmp_path)} == {
        line["data"]["id"] for line in server.posts
    } - lost


async def test_counts_say_what_a_day_would_cost(tmp_path: Path) -> None:
    purse = Purse(tmp_path, PLENTY)
    async with serving(X()) as server, connected(Access(SecretStr(TOKEN), server.address)) as client:
        found = await volume(client, "tesla", purse, Prices())
    assert (found.posts, round(found.per_day), round(found.usd_per_day, 2)) == (7000, 1000, 15.0)
    assert purse.report()["day"]["usd"] == 0.005


GARBAGE = [b"{", b"[]", b"null", b"\xff\xfe{}", b"[" * 100_000, b'{"data": {"text": "no id", "author_id": "1"}}']


async def test_what_cannot_be_read_is_quarantined_and_paid_for_and_the_rest_lands(tmp_path: Path) -> None:
    server = X()
    good = [server.line(number) for number in (1, 2)]
    raw = [encoded(good[0]), *(line + b"\r\n" for line in GARBAGE), encoded(good[1])]
    server.script, server.posts = [Serve(raw=raw)], good
    async with serving(server):
        account = await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 2)
    assert sorted(landed(tmp_path)) == sent(server)
    assert account.quarantined == len(GARBAGE) == len(Quarantine(tmp_path))
    assert {json.dumps(record["origin"]) for record in Quarantine(tmp_path).records()} == {'"x"'}
