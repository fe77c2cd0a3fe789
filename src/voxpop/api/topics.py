"""`/v1/topics`: what is listened for, and ways to add, change, try and remove a topic."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi import Path as InPath

from voxpop.api import fresh
from voxpop.api.access import needs
from voxpop.api.models import (
    CaughtPost,
    Counts,
    KeptTopic,
    NewTopic,
    Preview,
    QueryText,
    Topic,
    Topics,
    TopicText,
    XRules,
)
from voxpop.api.problems import documented
from voxpop.api.revisions import Known, revision
from voxpop.api.security import own_page
from voxpop.api.service import Service
from voxpop.catalogue import Catalogue, Changed
from voxpop.errors import Terminal
from voxpop.preview import preview
from voxpop.stores import queries
from voxpop.stores.counts import COUNTS
from voxpop.stores.queries import Filter
from voxpop.topics import QueryError
from voxpop.topics import Topic as Listened
from voxpop.topics.passages import passages
from voxpop.topics.rules import compile_rules

_NONE: dict[str, Any] = {**dict.fromkeys(("n", *COUNTS), 0), "net": None}
Kept = TypeVar("Kept", Topic, KeptTopic)
_Name = Annotated[str, InPath(max_length=64, description="A topic's name.")]


def routes(service: Service) -> APIRouter:
    """The routes over the service; those that change something are for own pages and local programs."""
    router = APIRouter(prefix="/v1/topics", tags=["topics"])
    read, own = [needs("read")], [needs("admin"), Depends(own_page)]
    changing = documented(400, 403, 409, 413, 422)

    @router.get("", responses=fresh.DOCUMENTED, dependencies=[*read, Depends(fresh.fresh(service))])
    def topics() -> Topics:
        """The topics, each with its counts in the last hour before the newest event."""
        return listed(service)

    @router.post("", status_code=201, responses=changing, dependencies=own)
    def add(topic: NewTopic, response: Response) -> KeptTopic:
        """Add a topic: new posts are matched against it at once, and its past is counted meanwhile."""
        return _tagged(response, _added(service, topic))

    @router.post("/test", responses=documented(400, 409, 413, 422), dependencies=[needs("score")])
    def test(query: QueryText) -> Preview:
        """Which of the newest 10,000 posts a query would catch, and the rules it makes for X; keeps nothing."""
        return _preview(service, query)

    @router.get("/{name}", responses=documented(404, 422), dependencies=read)
    def topic(name: _Name, response: Response) -> Topic:
        """One topic, with its counts in the last hour before the newest event.

        Its `ETag` stands for title and query, not for the counts: give it as `If-Match` when you change or remove it.
        """
        return _tagged(response, _one(service, name))

    @router.put("/{name}", responses={**changing, **documented(412)}, dependencies=own)
    def replace(name: _Name, text: TopicText, response: Response, known: Annotated[Known, Depends(Known)]) -> KeptTopic:
        """Change a topic that was added, or add it; where the query changed, all of it is counted anew.

        With `If-Match` only what you have seen is changed, with `If-None-Match: *` nothing that is there.
        """
        return _tagged(response, _replaced(service, _listened(name, text), known))

    @router.delete("/{name}", status_code=204, responses={**documented(403, 404, 409, 412, 422)}, dependencies=own)
    def remove(name: _Name, known: Annotated[Known, Depends(Known)]) -> None:
        """Remove a topic that was added; the posts stay, and their other topics."""
        _removed(service, name, known)

    return router


def _tagged(response: Response, topic: Kept) -> Kept:
    response.headers["ETag"] = revision(topic)
    return topic


def listed(service: Service) -> Topics:
    """The topics there are, each with its counts in the last hour before the newest event."""
    filter = queries.recent(Filter(), queries.span(service.store), timedelta(hours=1))
    found = {row.pop("name"): row for row in queries.by(service.store, filter, "topic").to_pylist()}
    everything = queries.totals(service.store, filter)
    return Topics(
        start=filter.start,
        end=filter.end,
        all=Counts(**{name: getattr(everything, name) for name in _NONE}),
        topics=[
            Topic(
                name=topic.name,
                title=topic.title,
                query=str(topic.query),
                added=_is_added(service, topic.name),
                **found.get(topic.name, _NONE),
            )
            for topic in service.topics.topics
        ],
    )


def _one(service: Service, name: str) -> Topic:
    for topic in listed(service).topics:
        if topic.name == name:
            return topic
    raise HTTPException(404, f"there is no topic {name!r}; /v1/topics lists them")


def _added(service: Service, given: NewTopic) -> KeptTopic:
    topic = _listened(given.name, given)
    try:
        _catalogue(service).add(topic)
        service.door.note("topic added", topic.name)
    except Terminal as error:
        raise HTTPException(409, str(error)) from error
    return _kept(service, topic)


def _replaced(service: Service, topic: Listened, known: Known) -> KeptTopic:
    try:
        _catalogue(service).replace(topic, known)
        service.door.note("topic changed", topic.name)
    except Changed as error:
        raise HTTPException(412, str(error)) from error
    except Terminal as error:
        raise HTTPException(409, str(error)) from error
    return _kept(service, topic)


def _removed(service: Service, name: str, known: Known) -> None:
    if name not in {topic.name for topic in service.topics.topics}:
        raise HTTPException(404, f"there is no topic {name!r}; /v1/topics lists them")
    try:
        _catalogue(service).remove(name, known)
        service.door.note("topic removed", name)
    except Changed as error:
        raise HTTPException(412, str(error)) from error
    except Terminal as error:
        raise HTTPException(409, str(error)) from error


def _preview(service: Service, given: QueryText) -> Preview:
    if service.log is None:
        raise HTTPException(409, "this service has no log to look in; start it with `voxpop serve`")
    topic = _listened("test", TopicText(title=None, query=given.query))
    found = preview(service.log, topic, given.rows)
    try:
        compiled = compile_rules(topic)
        rules = XRules(rules=[rule.value for rule in compiled.rules], notes=list(compiled.notes), refused=None)
    except Terminal as error:
        rules = XRules(rules=[], notes=[], refused=str(error))
    examples = [CaughtPost(**vars(post), matches=passages(topic, post.text)) for post in found.examples]
    return Preview(
        query=str(topic.query), looked_at=found.looked_at, caught=found.caught, examples=examples, x=rules
    )  # fmt: skip


def _listened(name: str, text: TopicText) -> Listened:
    try:
        return Listened.read(name, text.title or name, text.query)
    except QueryError:
        raise
    except Terminal as error:
        raise HTTPException(422, str(error)) from error


def _kept(service: Service, topic: Listened) -> KeptTopic:
    rows = service.store.query("lacking").to_pylist()
    left = sum(row["topic"] == topic.name for row in rows)
    return KeptTopic(name=topic.name, title=topic.title, query=str(topic.query), backfill_segments=left)


def _catalogue(service: Service) -> Catalogue:
    if isinstance(service.topics, Catalogue):
        return service.topics
    raise HTTPException(409, "the topics of this service cannot be changed; start it with `voxpop serve`")


def _is_added(service: Service, name: str) -> bool:
    return isinstance(service.topics, Catalogue) and service.topics.is_added(name)
