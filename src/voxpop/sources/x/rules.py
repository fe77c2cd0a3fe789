"""The rules of the filtered stream: ours follow the topics, those of others stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from voxpop.errors import Terminal
from voxpop.sources.x.access import Client, said_in
from voxpop.sources.x.wanted import STREAM_LIMIT, Rule

PREFIX: Final = "voxpop:"
"""Begins the tag of each rule that is ours."""
MOST_RULES: Final = 1000
_PATH = "/2/tweets/search/stream/rules"
_AT_ONCE = 100


@dataclass(frozen=True)
class Synced:
    """What one synchronisation found and did.

    Attributes:
        added: rules that X did not have.
        deleted: rules of ours that are wanted no more.
        foreign: rules of others; what they deliver comes on the same stream, and is paid for.
    """

    added: int = 0
    deleted: int = 0
    foreign: int = 0


async def synchronise(client: Client, wanted: Sequence[Rule]) -> Synced:
    """Make X's rules with our tags those that are wanted; X is told of new ones as a trial first.

    What is wanted under a value that a rule of others has already is left to that rule, since X has each value once.
    New rules are added before old ones are deleted, so that no topic goes unheard in between, unless there is no room.

    Raises:
        Terminal: there is none wanted, there are too many, or X does not take one; nothing was changed.
        Lost: X cannot be reached or refuses for now.
    """
    if not wanted:
        raise Terminal("there is no topic that X could be asked for; add a preset or a topic")
    known = await _known(client)
    ours = {rule["id"]: rule for rule in known if str(rule.get("tag", "")).startswith(PREFIX)}
    foreign = {str(rule.get("value")) for rule in known if rule["id"] not in ours}
    targets = {rule.value: PREFIX + rule.tag for rule in wanted if rule.value not in foreign}
    there = {str(rule.get("value")): rule.get("tag") for rule in ours.values()}
    lacking = [{"value": value, "tag": tag} for value, tag in targets.items() if there.get(value) != tag]
    gone = [rule for rule in ours.values() if targets.get(str(rule.get("value"))) != rule.get("tag")]
    _check(targets, len(foreign))
    # A value under another tag must go first: X has each value once.
    retagged = [rule["id"] for rule in gone if rule.get("value") in targets]
    await _add(client, [rule for rule in lacking if rule["value"] not in there], trial=True)
    full = len(known) + len(lacking) - len(retagged) > MOST_RULES
    await _delete(client, [rule["id"] for rule in gone] if full else retagged)
    await _add(client, lacking)
    await _delete(client, [] if full else [rule["id"] for rule in gone if rule["id"] not in retagged])
    return Synced(len(lacking), len(gone), len(foreign))


async def _known(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        answer = await client.ask("GET", _PATH, query)
        found += [rule for rule in answer.get("data") or [] if isinstance(rule, dict) and "id" in rule]
        token = (answer.get("meta") or {}).get("next_token")
        if not token:
            return found
        query = {"pagination_token": str(token)}


def _check(targets: dict[str, str], foreign: int) -> None:
    if len(targets) + foreign > MOST_RULES:
        raise Terminal(
            f"the topics need {len(targets):,} rules and others hold {foreign:,}, where X takes {MOST_RULES:,}; "
            "listen for fewer topics, or shorter ones"
        )
    for value, tag in targets.items():
        if len(value) > STREAM_LIMIT:
            raise Terminal(
                f"the rule of topic {tag.removeprefix(PREFIX)!r} has {len(value):,} characters, where X takes "
                f"{STREAM_LIMIT:,}; make the topic shorter"
            )


async def _add(client: Client, rules: Sequence[dict[str, Any]], trial: bool = False) -> None:
    for start in range(0, len(rules), _AT_ONCE):
        batch = list(rules[start : start + _AT_ONCE])
        answer = await client.ask("POST", _PATH, {"dry_run": "true"} if trial else None, {"add": batch})
        for problem in answer.get("errors") or []:
            if "Duplicate" in said_in(problem):
                # Someone was faster; the rule is there.
                continue
            value = problem.get("value") if isinstance(problem, dict) else None
            tag = next((rule["tag"] for rule in batch if rule["value"] == value), PREFIX + "?")
            raise Terminal(
                f"X does not take the rule of topic {tag.removeprefix(PREFIX)!r} ({said_in(problem)[:300]}): "
                f"{str(value)[:200]}; change the topic"
            )


async def _delete(client: Client, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        await client.ask("POST", _PATH, None, {"delete": {"ids": list(ids[start : start + _AT_ONCE])}})
