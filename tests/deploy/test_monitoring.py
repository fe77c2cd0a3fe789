"""Rules fire when they should and not before, and what Grafana is given is what it reads."""

from __future__ import annotations

import copy
import enum
import json
import re
import shutil
import subprocess
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
CASES = Path(__file__).parent / "rules.yml"
BOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool, of Debian's prometheus")


def promtool(*arguments: object) -> None:
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def targets(board: Path) -> list[dict[str, Any]]:
    """Every question that a dashboard asks."""
    return [target for panel in json.loads(board.read_text())["panels"] for target in panel["targets"]]


@needs_promtool
def test_each_alert_fires_in_its_time_and_says_what_it_should() -> None:
    promtool("check", "rules", RULES)
    promtool("test", "rules", CASES)


def test_each_alert_has_a_case_in_which_it_fires_and_two_in_which_it_does_not() -> None:
    asked = re.findall(r"alertname: (\w+)", CASES.read_text())
    alerts = re.findall(r"alert: (\w+)", RULES.read_text())
    assert {alert: asked.count(alert) for alert in alerts} == dict.fromkeys(alerts, 3)
    assert len(re.findall(r"^ +exp_alerts:$", CASES.read_text(), re.MULTILINE)) == len(alerts)


@needs_promtool
def test_prometheus_understands_every_question_of_the_dashboards(tmp_path: Path) -> None:
    asked = [target["expr"] for board in BOARDS for target in targets(board)]
    assert len(asked) >= 10
    rules = [{"record": f"asked:{number}", "expr": expression} for number, expression in enumerate(asked)]
    # JSON is YAML.
    (tmp_path / "asked.yml").write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))
    promtool("check", "rules", tmp_path / "asked.yml")


def test_grafana_finds_dashboards_and_source_where_it_is_told_to_look() -> None:
    given = DEPLOY / "grafana" / "provisioning"
    compose = (ROOT / "compose.yaml").read_text()
    source, provider = (
        (given / "datasources" / "prometheus.yml").read_text(),
        (given / "dashboards" / "voxpop.yml").read_text(),
    )
    (uid,), (path,) = re.findall(r"uid: (\S+)", source), re.findall(r"path: (\S+) }", provider)
    # What is mounted over all of it hides the image's other directories, and Grafana logs an error for each.
    mounts = re.findall(r"- \./deploy/grafana/(provisioning\S*):/etc/grafana/(\S+):ro", compose)
    assert mounts == [(f"provisioning/{name}",) * 2 for name in ("datasources", "dashboards")]
    assert {path.name for path in given.iterdir()} == {"datasources", "dashboards"}
    assert f"./deploy/grafana/dashboards:{path}:ro" in compose
    (home,) = re.findall(r"DEFAULT_HOME_DASHBOARD_PATH: (\S+)", compose)
    assert home in {f"{path}/{board.name}" for board in BOARDS}
    for board in map(lambda path: json.loads(path.read_text()), BOARDS):
        assert board["uid"] and board["title"] and board["schemaVersion"] >= 36
        # Grafana gives ids of its own to what is provisioned, and refuses others'.
        assert board.get("id") is None
        for panel in board["panels"]:
            assert panel["datasource"] == {"type": "prometheus", "uid": uid}
            assert panel["type"] in {"stat", "timeseries"}
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_single_numbers_are_those_of_now() -> None:
    # Of a range Grafana shows the last number there was, long after the process that gave it has ended.
    panels = [panel for board in BOARDS for panel in json.loads(board.read_text())["panels"]]
    singles = [panel for panel in panels if panel["type"] == "stat"]
    assert len(singles) >= 4
    for panel in singles:
        for target in panel["targets"]:
            assert (target["instant"], target["range"]) == (True, False)
        # Else Grafana paints what is above 80 red, whatever is counted.
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]


@needs_promtool
@pytest.mark.parametrize(
    ("title", "series", "shown"),
    [
        ("Sources that are not heard", {"voxpop_status_known": "1x5"}, {"{}": 0}),
        ("Sources that are not heard", {"voxpop_status_known": "0x5"}, {}),
        (
            "Sources that are not heard",
            {
                "voxpop_status_known": "1x5",
                'voxpop_gaps_open{source="x", state="lost", job="voxpop-api"}': "1x5",
                'voxpop_gaps_open{source="x", state="lost", job="voxpop-scorer"}': "1x5",
                'voxpop_gaps_open{source="bluesky", state="lost"}': "2x5",
                'voxpop_gaps_open{source="mastodon", state="lagging"}': "1x5",
            },
            {"{}": 2},
        ),
        # The names of replicas go with them.
        (
            "Processes that answer",
            {'up{job="voxpop-api"}': "1 1 stale", 'up{job="voxpop-scorer"}': "1x5", 'up{job="other"}': "1x5"},
            {'{job="voxpop-api"}': 0, '{job="voxpop-scorer"}': 1},
        ),
    ],
)
def test_a_single_number_is_there_when_all_is_well_and_when_nothing_is(
    title: str, series: dict[str, str], shown: dict[str, int], tmp_path: Path
) -> None:
    panels = [panel for board in BOARDS for panel in json.loads(board.read_text())["panels"]]
    (asked,) = (target["expr"] for panel in panels if panel["title"] == title for target in panel["targets"])
    case = {
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": asked,
                "eval_time": "5m",
                "exp_samples": [{"labels": labels, "value": value} for labels, value in shown.items()],
            }
        ],
    }
    (tmp_path / "case.yml").write_text(json.dumps({"tests": [case]}))
    promtool("test", "rules", tmp_path / "case.yml")


def lost(ours: object, kept: object, place: str = "board") -> Iterator[str]:
    """Where Grafana's types do not give back what a dashboard says; they let go of keys that they do not know."""
    if isinstance(ours, dict) and isinstance(kept, dict):
        for key, value in ours.items():
            yield from lost(value, kept.get(key), f"{place}.{key}")
    elif isinstance(ours, list) and isinstance(kept, list) and len(ours) == len(kept):
        for number, (one, other) in enumerate(zip(ours, kept, strict=True)):
            yield from lost(one, other, f"{place}[{number}]")
    elif ours != kept:
        yield place


def fits(value: object, hint: Any) -> bool:
    """Whether a value is one that Grafana's schema allows: they are not looked at when a dashboard is read."""
    if get_origin(hint) in {Union, types.UnionType}:
        return any(fits(value, one) for one in get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return value in {member.value for member in hint}
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is bool or hint is int or hint is str:
        return type(value) is hint
    return value is None if hint is type(None) else True


def wrong(typed: object) -> Iterator[str]:
    """What does not have the type, or is none of the names, that Grafana's schema gives it."""
    if isinstance(typed, list):
        for one in typed:
            yield from wrong(one)
    elif hasattr(typed, "to_json"):
        hints = get_type_hints(type(typed))
        for name, value in vars(typed).items():
            if not fits(value, hints[name]):
                yield f"{type(typed).__name__}.{name} = {value!r}"
            yield from wrong(value)


def faults(board: dict[str, Any]) -> list[str]:
    """What Grafana's schema knows nothing of, in a dashboard."""
    register_default_plugins()
    typed = Dashboard.from_json(copy.deepcopy(board))
    known = {value for value in vars(units).values() if isinstance(value, str)}
    used = {panel["fieldConfig"]["defaults"]["unit"] for panel in board["panels"]}
    return [*lost(board, json.loads(JSONEncoder().encode(typed))), *wrong(typed), *sorted(used - known)]


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_the_schema_of_grafana_knows_all_that_a_dashboard_says(path: Path) -> None:
    assert faults(json.loads(path.read_text())) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("fieldConfig", "defaults", "unit"), "secs"),
        (("fieldConfig", "defaults", "mni"), 0),
        (("fieldConfig", "defaults", "custom"), {"lineWitdh": 2}),
        (("fieldConfig", "defaults", "custom"), {"drawStyle": "curve"}),
        (("targets", 0, "legend"), "lag"),
        (("options",), {"tooltip": {"mode": "all", "sort": "none"}}),
        (("gridPos", "x"), "0"),
        (("descriptoin",), "?"),
    ],
)
def test_a_slip_in_a_panel_is_found(place: tuple[str | int, ...], value: object) -> None:
    board = json.loads(BOARDS[0].read_text())
    panel = inside = next(panel for panel in board["panels"] if panel["type"] == "timeseries")
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    assert len(faults(board)) == 1, panel["title"]
