"""What Kubernetes is given holds together: what a server, a scheduler and a kubelet said of it is kept by these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.deploy.test_deployment import DEPLOY, KUBECTL, ran

BASE = DEPLOY / "kubernetes" / "base"
SIZES = {"m": 0.001, "": 1, "Mi": 1 / 1024, "Gi": 1}


def objects(*kinds: str) -> Iterator[dict[str, Any]]:
    """The manifests of the base that are of one of the kinds."""
    for path in sorted(BASE.glob("*.yaml")):
        for found in YAML(typ="safe", pure=True).load_all(path):
            if found.get("kind") in kinds:
                yield found


def pods() -> dict[str, dict[str, Any]]:
    """The template of each workload's pods, by the workload's name."""
    return {each["metadata"]["name"]: each["spec"]["template"] for each in objects("Deployment", "StatefulSet")}


def selected(selector: dict[str, str]) -> set[str]:
    """Whose pods have these labels."""
    return {name for name, pod in pods().items() if selector.items() <= pod["metadata"]["labels"].items()}


def peers(policy: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The labels of pods that a policy lets in or out."""
    for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]:
        for peer in [*rule.get("from", []), *rule.get("to", [])]:
            if "podSelector" in peer:
                yield peer["podSelector"]["matchLabels"]


def test_every_selector_finds_the_pods_of_one_workload() -> None:
    for service in objects("Service"):
        assert selected(service["spec"]["selector"]) == {service["metadata"]["name"]}
    for kind in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
        for each in objects(kind):
            assert selected(each["spec"]["selector"]["matchLabels"]) == {each["metadata"]["name"]}
    for scaler in objects("HorizontalPodAutoscaler"):
        assert scaler["spec"]["scaleTargetRef"]["name"] in pods()


def test_every_pod_has_a_policy_of_its_own_and_no_policy_names_pods_that_there_are_not() -> None:
    policies = {each["metadata"]["name"]: each for each in objects("NetworkPolicy")}
    assert policies.pop("voxpop-default")["spec"]["podSelector"] == {}
    assert policies.keys() == pods().keys()
    for name, policy in policies.items():
        assert selected(policy["spec"]["podSelector"]["matchLabels"]) == {name}
        assert all(len(selected(labels)) == 1 for labels in peers(policy))


def test_a_policy_that_is_applied_again_is_as_it_was() -> None:
    # The server adds the protocol, and drops a list that is empty; either is a change each time.
    for policy in objects("NetworkPolicy"):
        spec = policy["spec"]
        assert all(spec[side] for side in ("ingress", "egress") if side in spec)
        rules = [*spec.get("ingress", []), *spec.get("egress", [])]
        assert all(port["protocol"] for rule in rules for port in rule.get("ports", []))


@pytest.mark.parametrize("name", sorted(pods()))
def test_pods_are_as_the_restricted_standard_wants_them(name: str) -> None:
    pod = pods()[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    # Else all files are opened to the group at each start, and PostgreSQL refuses such a directory.
    assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    for container in pod["containers"]:
        rights = container["securityContext"]
        assert (rights["allowPrivilegeEscalation"], rights["readOnlyRootFilesystem"]) == (False, True)
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert all(type(amount) is str for amount in container["resources"]["requests"].values())
        assert container["resources"]["limits"]["memory"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()


def test_driver_and_workers_of_spark_go_by_their_address() -> None:
    # The name of a pod, which Spark would take, is known to no other pod.
    address = {"fieldRef": {"fieldPath": "status.podIP"}}
    for name in ("voxpop-scorer", "voxpop-spark-worker"):
        (container,) = pods()[name]["spec"]["containers"]
        assert {"name": "SPARK_LOCAL_HOSTNAME", "valueFrom": address} in container["env"]


@pytest.mark.parametrize("name", sorted(pods()))
def test_nothing_is_ended_for_being_slow_to_start(name: str) -> None:
    (container,) = pods()[name]["spec"]["containers"]
    starting = container["startupProbe"]
    assert starting["periodSeconds"] * starting["failureThreshold"] >= 180
    assert "initialDelaySeconds" not in container["livenessProbe"]


@pytest.mark.parametrize("name", sorted(pods()))
def test_no_service_can_set_a_pod_s_settings(name: str) -> None:
    # Else a Service that is called `voxpop` is the variable VOXPOP_PORT, `tcp://…`, in every pod.
    assert pods()[name]["spec"]["enableServiceLinks"] is False


def asked(template: dict[str, Any], resource: str) -> float:
    """How many processors, or GiB of memory, a pod asks the scheduler for."""
    amounts = [container["resources"]["requests"][resource] for container in template["spec"]["containers"]]
    return sum(float(number) * SIZES[unit] for each in amounts for number, unit in re.findall(r"^(\d+)(.*)$", each))


@pytest.mark.skipif(not KUBECTL, reason="needs kubectl, to put overlays on the base; deploy/test/kubectl.sh gets one")
def test_the_small_overlay_fits_one_node_of_two_processors_and_eight_gib() -> None:
    built = ran(KUBECTL, "kustomize", DEPLOY / "kubernetes" / "overlays" / "small")
    found = list(YAML(typ="safe", pure=True).load_all(built))
    assert not [each for each in found if each["kind"] in {"HorizontalPodAutoscaler", "StorageClass"}]
    templates = [each["spec"]["template"] for each in found if each["kind"] in {"Deployment", "StatefulSet"}]
    assert [each["spec"].get("replicas", 1) for each in found if each["kind"] == "Deployment"] == [1] * 5
    # While a new API replaces the old one there are two. A node keeps some for itself.
    surge = next(one for one in templates if one["metadata"]["labels"]["app.kubernetes.io/component"] == "api")
    assert sum(asked(one, "cpu") for one in [*templates, surge]) <= 1.75
    assert sum(asked(one, "memory") for one in [*templates, surge]) <= 7.25
