"""What is deployed is well formed, and speaks of metrics, settings, pages and versions that exist."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.api.wordlist import pipeline_status
from voxpop import config
from voxpop.observability.metrics import Exposition, Metrics

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes" / "base"
BIN = Path(sys.executable).parent
KUBECTL = shutil.which("kubectl", path=f"{BIN}:{os.environ['PATH']}")
METRIC = re.compile(r"\bvoxpop_[a-z_]+\b(?!\")")
FAMILY_ENDS = re.compile(r"_(total|bucket|sum|count)$")


def ran(*command: object) -> str:
    """What a linter says; it has to end well."""
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["Dockerfile", "deploy/test/standins.Dockerfile"])
def test_dockerfiles_are_clean(name: str) -> None:
    # Packages of stand-ins have the versions of the Debian they stand on.
    ran(BIN / "hadolint", *(["--ignore", "DL3008"] if "test" in name else []), name)


def test_the_compose_file_is_one() -> None:
    ran(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_no_registry_is_asked_for_the_syntax() -> None:
    assert "syntax=" not in (ROOT / "Dockerfile").read_text()


def test_workflows_are_as_github_reads_them() -> None:
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert len(files) >= 2
    ran(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    # A tag can be moved to other code, a commit cannot.
    used = [line for path in files for line in path.read_text().splitlines() if "uses:" in line]
    assert used and all(re.search(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v[0-9.]+$", line) for line in used)


def test_manifests_are_as_kubernetes_reads_them() -> None:
    files = [path for path in sorted(BASE.glob("*.yaml")) if path.name != "kustomization.yaml"]
    said = ran(BIN / "kubernetes-validate", "--strict", *files)
    assert "ERROR" not in said
    listed = re.findall(r"^  - (\S+\.yaml)$", (BASE / "kustomization.yaml").read_text(), re.MULTILINE)
    assert sorted(listed) == [path.name for path in files]


@pytest.mark.skipif(not KUBECTL, reason="needs kubectl, to put overlays on the base; deploy/test/kubectl.sh gets one")
@pytest.mark.parametrize("overlay", ["small", "production"])
def test_overlays_fit_the_base(overlay: str, tmp_path: Path) -> None:
    built = tmp_path / f"{overlay}.yaml"
    built.write_text(ran(KUBECTL, "kustomize", DEPLOY / "kubernetes" / "overlays" / overlay))
    ran(BIN / "kubernetes-validate", "--strict", built)
    has_database = "kind: StatefulSet" in built.read_text()
    assert has_database == (overlay == "small")


@pytest.mark.parametrize("path", [DEPLOY / "voxpop.toml", BASE / "voxpop.toml"], ids=["compose", "kubernetes"])
def test_the_settings_are_settings(path: Path) -> None:
    settings = config.load(path)
    assert {table.name: table.scopes for table in settings.keys} == {
        "admin": ("read", "score", "admin"),
        "prometheus": ("read",),
    }


def test_the_script_makes_every_secret_once_and_in_the_shape_that_is_read(tmp_path: Path) -> None:
    ran(DEPLOY / "secrets.sh", tmp_path / "secrets")
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    named = set(re.findall(r"VOXPOP_SECRETS_DIR:-./secrets}/(\w+)", (ROOT / "compose.yaml").read_text()))
    assert made.keys() == named
    assert all(re.fullmatch(r"vp_[A-Za-z0-9_-]{43}", made[f"voxpop_{name}_key"]) for name in ("admin", "metrics"))
    assert made["postgres_password"] in made["voxpop_store"]
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    ran(DEPLOY / "secrets.sh", tmp_path / "secrets")
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made


def test_notices_leave_by_the_scorer_alone_and_nobody_else_who_holds_data_reaches_out() -> None:
    made = YAML(typ="safe").load(ROOT / "compose.yaml")
    inner = {name for name, network in made["networks"].items() if network.get("internal")}
    outer = {name: sorted(set(service.get("networks", ())) - inner) for name, service in made["services"].items()}
    assert outer["scorer"] == ["out"]
    assert [name for name, networks in outer.items() if "out" in networks] == ["scorer"]
    assert [outer[name] for name in ("db", "api", "spark-master", "spark-worker", "prometheus")] == [[]] * 5


def exposed() -> set[str]:
    """The families of metrics that a server has which reads, scores and has a gap."""
    status = {
        **pipeline_status(),
        "account": {"landed": 1, "duplicate": 0, "quarantined": 0},
        "gaps": [{"source": "x", "state": "lost"}],
        "loads": {"segments": 1, "posts": 1, "scored": 1, "seconds": 1.0},
        "scorer": {"texts": 1, "remembered": 0},
        "lag_seconds": 1.0,
        "behind_segments": 0,
        "backfill_segments": 0,
        "alerts": {"open": 0, "sent": {"slack": 0}, "failed": {"slack": 0}},
    }
    return {family.name for family in Exposition(Metrics(), lambda: status, lambda: 0).collect()}


@pytest.mark.parametrize("name", ["prometheus/rules.yml", "grafana/dashboards/voxpop.json"])
def test_rules_and_panels_ask_for_metrics_that_there_are(name: str) -> None:
    families = exposed()
    asked = set(METRIC.findall((DEPLOY / name).read_text()))
    assert len(asked) >= 6
    assert {
        metric for metric in asked if metric not in families and FAMILY_ENDS.sub("", metric) not in families
    } == set()


def test_every_metric_is_in_the_guide() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`(voxpop_[a-z_]+)`", page))
    assert {name for name in exposed() if name not in named and f"{name}_total" not in named} == set()


def test_every_alert_has_a_page_that_says_what_to_do() -> None:
    rules, page = (DEPLOY / "prometheus" / "rules.yml").read_text(), (ROOT / "docs" / "incidents.md").read_text()
    alerts = re.findall(r"alert: (\w+)", rules)
    assert len(alerts) >= 8
    assert re.findall(r"^## (Voxpop\w+)$", page, re.MULTILINE) == alerts
    assert re.findall(r"incidents.md#(\w+)", rules) == [alert.lower() for alert in alerts]


def test_the_dashboard_of_grafana_has_panels_apart() -> None:
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "voxpop.json").read_text())
    ids = [panel["id"] for panel in board["panels"]]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(ids) == len(set(ids)) == len(set(places)) >= 10
    assert all(target["expr"] for panel in board["panels"] for target in panel["targets"])


def test_every_place_names_one_version() -> None:
    assert ran(sys.executable, "deploy/version.py").strip()


def test_the_locks_have_hashes_and_no_host(tmp_path: Path) -> None:
    for path in sorted((DEPLOY / "image").glob("*.lock")):
        lines = path.read_text().splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("-")]
        pins = [line for line in lines if "==" in line]
        assert pins and all(line.endswith("\\") for line in pins)
