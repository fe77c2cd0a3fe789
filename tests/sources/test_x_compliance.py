from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from tests.sources.listening import landed, listen
from tests.sources.x_server import TOKEN, Serve, X, serving, source
from voxpop import cli
from voxpop.errors import Terminal
from voxpop.ingest import Ingest
from voxpop.log import Log
from voxpop.sources.x.access import Access
from voxpop.sources.x.compliance import ComplianceSource, Waiting, ids_in


async def test_deletions_land_for_posts_of_the_log_and_are_not_asked_about_again(tmp_path: Path) -> None:
    server = X([Serve(say=4)])
    async with serving(server):
        await listen(tmp_path, source(server.address, tmp_path), lambda account: account.landed >= 4)
        log = Log(tmp_path)
        gone = server.posts[1]["data"]["id"]
        server.deleted = (gone, "1234567890123456789")
        asked = ids_in(log, 30)
        with log.lock():
            made = ComplianceSource(Access(SecretStr(TOKEN), server.address), asked, Waiting(poll=0.01))
            account = await Ingest(log).run([made], resume=False)
    assert sorted(asked) == sorted(line["data"]["id"] for line in server.posts)
    assert server.uploaded.decode().split() == asked
    assert (account.landed, account.quarantined) == (1, 0)
    assert landed(tmp_path)[-1] == (f"x:{gone}", "delete", None, None)
    assert gone not in ids_in(log, 30)


async def test_a_job_that_never_ends_is_given_up_with_the_fix() -> None:
    async with serving(X(never_completes=True)) as server:
        made = ComplianceSource(Access(SecretStr(TOKEN), server.address), ["1"], Waiting(poll=0.01, most=0.05))
        with pytest.raises(Terminal, match="run the command again later"):
            async for _ in made.read(None):
                raise AssertionError("there is nothing to read")


async def test_without_posts_nobody_is_asked(tmp_path: Path) -> None:
    made = ComplianceSource(Access(SecretStr(TOKEN), "http://127.0.0.1:1"), [])
    assert [fetched async for fetched in made.read(None)] == []


async def test_the_commands_ask_count_and_show_what_it_cost(tmp_path: Path) -> None:
    settings = tmp_path / "voxpop.toml"
    (tmp_path / "token").write_text(TOKEN + "\n")
    common = ["--config", str(settings), "--data", str(tmp_path / "d"), "--json"]
    async with serving(X()) as server:
        settings.write_text(
            f'[[sources]]\nkind = "x"\nbase = "{server.address}"\n'
            f'bearer_file = "{tmp_path / "token"}"\nusd_per_day = 0.5\n'
        )
        counted = await asyncio.to_thread(CliRunner().invoke, cli.app, ["x", "counts", "tesla", *common])
        asked = await asyncio.to_thread(CliRunner().invoke, cli.app, ["x", "compliance", *common])
    shown = CliRunner().invoke(cli.app, ["x", "spend", *common])
    assert json.loads(counted.stdout)["counts"][0]["posts"] == 7000
    assert json.loads(asked.stdout.splitlines()[-1])["asked"] == 0
    day = json.loads(shown.stdout)["day"]
    assert (day["usd"], day["limit_usd"]) == (0.005, 0.5)
    assert TOKEN not in counted.output + asked.output + shown.output


def test_without_a_token_the_fix_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOXPOP_X_BEARER", raising=False)
    ran = CliRunner().invoke(cli.app, ["x", "counts", "tesla", "--data", str(tmp_path)])
    assert isinstance(ran.exception, Terminal) and "VOXPOP_X_BEARER" in str(ran.exception)
