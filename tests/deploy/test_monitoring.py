"""Rules fire when they should and not before, and what Grafana is given is what it reads."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

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
    assert "./deploy/grafana/provisioning:/etc/grafana/provisioning:ro" in compose
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
