"""The API's questions as values: what is sent, and how the answer is read. No network here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import pyarrow as pa

from voxpop.client.answers import parquet, table
from voxpop.client.chosen import parameters

T = TypeVar("T")
TEXTS_A_REQUEST = 1_000


@dataclass(frozen=True)
class Question(Generic[T]):
    """One request.

    Attributes:
        read: makes the result of a good answer.
        repeats: whether asking again, when the first answer was lost, does no harm.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Sequence[tuple[str, str]] = ()
    body: Any = None
    repeats: bool = True


def buckets(chosen: Mapping[str, Any]) -> Question[pa.Table]:
    """`GET /v1/export/buckets`."""
    return _exported("buckets", chosen)


def posts(chosen: Mapping[str, Any]) -> Question[pa.Table]:
    """`GET /v1/export/posts`: all of them."""
    return _exported("posts", chosen)


def page(chosen: Mapping[str, Any], limit: int, before: str | None) -> Question[dict[str, Any]]:
    """`GET /v1/posts`: one page and the cursor of the next."""
    return Question("GET", "/v1/posts", _json, parameters({**chosen, "limit": limit, "before": before}))


def compare(chosen: Mapping[str, Any]) -> Question[pa.Table]:
    """`GET /v1/compare`."""
    return Question("GET", "/v1/compare", _rows("topics"), parameters(chosen))


def countries(chosen: Mapping[str, Any]) -> Question[pa.Table]:
    """`GET /v1/map`: its countries."""
    return Question("GET", "/v1/map", _rows("countries"), parameters(chosen))


def cells(chosen: Mapping[str, Any]) -> Question[pa.Table]:
    """`GET /v1/map`: its H3 cells."""
    return Question("GET", "/v1/map", _rows("cells"), parameters(chosen))


def prevalence(chosen: Mapping[str, Any]) -> Question[dict[str, Any]]:
    """`GET /v1/prevalence`."""
    return Question("GET", "/v1/prevalence", _json, parameters(chosen))


def drivers(chosen: Mapping[str, Any]) -> Question[dict[str, Any]]:
    """`GET /v1/drivers`."""
    return Question("GET", "/v1/drivers", _json, parameters(chosen))


def copies(chosen: Mapping[str, Any], limit: int) -> Question[dict[str, Any]]:
    """`GET /v1/copies`."""
    return Question("GET", "/v1/copies", _json, parameters({**chosen, "limit": limit}))


def corrections(chosen: Mapping[str, Any], limit: int, before: str | None) -> Question[dict[str, Any]]:
    """`GET /v1/corrections`: one page and the cursor of the next."""
    return Question("GET", "/v1/corrections", _json, parameters({**chosen, "limit": limit, "before": before}))


def correct(given: Mapping[str, Any]) -> Question[dict[str, Any]]:
    """`POST /v1/corrections`."""
    body = {name: value for name, value in given.items() if value is not None}
    return Question("POST", "/v1/corrections", _json, body=body, repeats=False)


def next_to_label(chosen: Mapping[str, Any], n: int, drawn: str) -> Question[pa.Table]:
    """`GET /v1/corrections/next`."""
    return Question("GET", "/v1/corrections/next", _suggested, parameters({**chosen, "n": n, "drawn": drawn}))


def gaps(source: str | None) -> Question[pa.Table]:
    """`GET /v1/gaps`."""
    return Question("GET", "/v1/gaps", _rows("gaps"), parameters({"source": source}))


def models() -> Question[pa.Table]:
    """`GET /v1/models`."""
    return Question("GET", "/v1/models", _rows("models"))


def topics() -> Question[pa.Table]:
    """`GET /v1/topics`."""
    return Question("GET", "/v1/topics", _rows("topics"))


def status() -> Question[dict[str, Any]]:
    """`GET /v1/status`."""
    return Question("GET", "/v1/status", _json)


def add_topic(name: str, query: str, title: str | None) -> Question[dict[str, Any]]:
    """`POST /v1/topics`."""
    body = {"name": name, "query": query, "title": title or name}
    return Question("POST", "/v1/topics", _json, body=body, repeats=False)


def remove_topic(name: str) -> Question[None]:
    """`DELETE /v1/topics/{name}`."""
    return Question("DELETE", f"/v1/topics/{quote(name, safe='')}", _nothing, repeats=False)


def score(texts: Sequence[str], *, any_language: bool) -> list[Question[list[dict[str, Any]]]]:
    """`POST /v1/score`, as often as it takes for all texts."""
    parts = [list(texts[start : start + TEXTS_A_REQUEST]) for start in range(0, len(texts), TEXTS_A_REQUEST)]
    bodies = [{"texts": part, "any_language": any_language} for part in parts]
    return [Question("POST", "/v1/score", _scores, body=body) for body in bodies]


def explain(text: str) -> Question[dict[str, Any]]:
    """`POST /v1/explain`."""
    return Question("POST", "/v1/explain", _json, body={"text": text})


def _exported(what: str, chosen: Mapping[str, Any]) -> Question[pa.Table]:
    given = parameters({**chosen, "format": "parquet"})
    return Question("GET", f"/v1/export/{what}", lambda answer: parquet(answer.content), given)


def _rows(member: str) -> Callable[[httpx.Response], pa.Table]:
    return lambda answer: table(answer.json()[member])


def _json(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
    return found


def _scores(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.json()["scores"]
    return found


def _suggested(answer: httpx.Response) -> pa.Table:
    found = answer.json()
    return table(
        [
            {**row["post"], "drawn": found["drawn"], **{name: row[name] for name in row if name != "post"}}
            for row in found["suggestions"]
        ]
    )


def _nothing(answer: httpx.Response) -> None:
    return None
