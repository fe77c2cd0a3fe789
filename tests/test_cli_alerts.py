from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.command import answer, voxpop
from tests.notify.receivers import web

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


def line(number: int, at: datetime) -> str:
    return json.dumps(
        {"id": str(number), "text": "gta6 is a fine apple", "created_at": at.isoformat(), "author": f"a{number}"}
    )


def test_a_run_finds_alerts_tells_them_and_lists_them(tmp_path: Path) -> None:
    moments = [NOW - timedelta(minutes=minute) for minute in range(1, 420)]
    moments += [NOW + timedelta(seconds=3 * number) for number in range(160)]
    (tmp_path / "posts.jsonl").write_text("\n".join(line(*pair) for pair in enumerate(moments)))
    (tmp_path / "key").write_text("a quince\n")
    settings = tmp_path / "voxpop.toml"
    with web() as server:
        table = f'[[channels]]\nkind = "webhook"\nurl = "{server.url}"\ntopics = ["gta6"]\n'
        table += f'secret_file = "{tmp_path / "key"}"\n'
        settings.write_text(f'model = "lexicon"\ndata = "{tmp_path / "data"}"\n{table}')
        answer("run", "--once", "--source", tmp_path / "posts.jsonl", "--config", settings)
        told = [json.loads(body) for _, body in server.posts]
        tested = answer("alerts", "--test", "--config", settings)
    assert [(one["type"], one["alert"]["topic"]) for one in told] == [("alert.opened", "gta6")]
    assert tested == {"channels": {"webhook": None}}
    kept = answer("alerts", "--config", settings)["alerts"]
    assert {(one["topic"], one["measure"], one["state"]) for one in kept} == {
        ("*", "volume", "open"), ("gta6", "volume", "open"),
    }  # fmt: skip
    anew = answer("alerts", "--config", settings, "--since", "2020-01-01", "--topic", "gta6")["alerts"]
    assert [one["id"] for one in anew] == [one["id"] for one in kept if one["topic"] == "gta6"]
    shown = voxpop("alerts", "--open", "--config", settings).stdout
    assert "gta6: 100 posts in 5 minutes where" in shown


def test_what_cannot_be_told_is_said_without_its_secret(tmp_path: Path) -> None:
    settings = tmp_path / "voxpop.toml"
    settings.write_text('[[channels]]\nkind = "slack"\nurl = "http://127.0.0.1:9/T0/secret"\n')
    refused = voxpop("alerts", "--test", "--config", settings)
    assert (refused.returncode, refused.stdout) == (1, "slack: it does not answer (ConnectError)\n")
    settings.write_text('[[channels]]\nkind = "slack"\nurl = "secret://T0"\n')
    wrong = voxpop("alerts", "--config", settings)
    assert "url is no address" in wrong.stderr and "T0" not in wrong.stderr
    settings.write_text("")
    assert "have no channels" in voxpop("alerts", "--test", "--config", settings).stderr
    assert "--until goes with --since" in voxpop("alerts", "--until", "2026-11-19").stderr
