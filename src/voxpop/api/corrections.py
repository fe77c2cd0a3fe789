"""`/v1/corrections`: the labels that people give posts, as a list and as a file, and which posts to label next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from voxpop import tsv
from voxpop.api.access import needs
from voxpop.api.caller import current
from voxpop.api.models import Label, Post, Probability
from voxpop.api.parameters import filter_of, last_day, pack, plain, unpack
from voxpop.api.posts import fields
from voxpop.api.problems import documented
from voxpop.api.security import own_page
from voxpop.api.service import Service
from voxpop.corrections import LONGEST_AUTHOR, Drawn, Given
from voxpop.insight import suggestions
from voxpop.stores import corrections as kept
from voxpop.stores.corrections import Corrections as Keeper
from voxpop.stores.corrections import NoCorrection, NoLabel, NoPost, Wanted
from voxpop.stores.queries import Cursor, Filter

TSV: Final = "text/tab-separated-values"
_HOW: Final = "own: chosen by whoever labels; next, random: as `GET /v1/corrections/next` offered it."
_Ids = Annotated[str, Path(min_length=1, max_length=64)]
_Posts = Annotated[str, Field(min_length=1, max_length=2000, examples=["bluesky:did:plc:ana/3kabc"])]


class NewCorrection(BaseModel):
    """A label for a post."""

    model_config = ConfigDict(extra="forbid")

    post_id: _Posts
    label: Given
    author: str | None = Field(
        None,
        max_length=LONGEST_AUTHOR,
        description="Who gives it, where no key says so; local by default. A key signs with its own name.",
        examples=["ana"],
    )
    drawn: Drawn = Field("own", description=_HOW)


class KeptCorrection(BaseModel):
    """A label that somebody gave a post."""

    id: str
    post_id: str
    label: Given
    author: str
    given_at: datetime
    drawn: Drawn = Field(description=_HOW)
    is_newest: bool = Field(description="Whether its author gave the post no other label since.")
    text: str | None = Field(description="The post's then, by a stranger: escape it. Null once the post is deleted.")
    source: str
    lang: str | None
    posted_at: datetime
    topics: list[str]
    model_label: Label = Field(description="What the model had said.")
    model_id: str


class Corrections(BaseModel):
    """A page of corrections, newest first."""

    corrections: list[KeptCorrection]
    next: str | None = Field(description="Give it as `before` for the next page; null on the last.")


class Suggestion(BaseModel):
    """A post to label, and why."""

    post: Post
    uncertainty: Probability = Field(description="Entropy of the model's probabilities; 1 is all labels alike.")
    representativeness: Probability = Field(description="How like the others of the window it is; 1 is the likest.")


class Suggestions(BaseModel):
    """Posts to label next, most useful first. Label all that are offered, also those that the model got right."""

    drawn: Drawn = Field(description="Give it back with each label.")
    suggestions: list[Suggestion]


@dataclass(frozen=True)
class Asked:
    """Which corrections."""

    post_id: Annotated[str | None, Query(max_length=2000)] = None
    author: Annotated[str | None, Query(max_length=LONGEST_AUTHOR)] = None
    label: Annotated[Given | None, Query()] = None
    drawn: Annotated[Drawn | None, Query(description=_HOW)] = None
    newest_only: Annotated[bool, Query(description="Of each author's on a post the newest alone.")] = False

    def wanted(self) -> Wanted:
        """As stores take it."""
        plain("".join([self.post_id or "", self.author or ""]))
        return Wanted(self.post_id, self.author, self.label, self.drawn, self.newest_only)


@dataclass(frozen=True)
class Form:
    """How they are wanted: a page as JSON, or all as a file."""

    format: Annotated[Literal["json", "tsv"] | None, Query(description="By default as `Accept` says.")] = None
    accept: Annotated[str, Header(include_in_schema=False)] = ""
    guard: Annotated[
        bool, Query(description="TSV: put an apostrophe before a cell that a spreadsheet would run as a formula.")
    ] = True

    @property
    def is_tsv(self) -> bool:
        """Whether a file is wanted."""
        return self.format == "tsv" or (self.format is None and TSV in self.accept)


def routes(service: Service) -> APIRouter:
    """The routes over the service's corrections."""
    router = APIRouter(prefix="/v1/corrections", tags=["corrections"], dependencies=[needs("label")])
    content: dict[int | str, dict[str, Any]] = {200: {"content": {TSV: {"schema": {"type": "string"}}}}}

    _giving(router, service)

    @router.get("", response_model=Corrections, responses={**content, **documented(422)})
    async def corrections(
        asked: Annotated[Asked, Depends(Asked)],
        form: Annotated[Form, Depends(Form)],
        limit: Annotated[int, Query(ge=1, le=200, description="Of a page of JSON.")] = 50,
        before: Annotated[str | None, Query(max_length=2000, description="The `next` of the page before.")] = None,
    ) -> Any:
        """The labels that people gave, newest first: a page of JSON, or all of them as one TSV file.

        The file is asked for with `format=tsv` or `Accept: text/tab-separated-values`, leaves out deleted posts, and is
        what `voxpop evaluate --data` and `voxpop train --add` read; for those give `guard=false`.
        """
        wanted = asked.wanted()
        if form.is_tsv:
            return await run_in_threadpool(_file, service, wanted, form.guard)
        cursor = unpack(before) if before else None
        return await run_in_threadpool(_page, service, wanted, limit, cursor)

    @router.get("/next", responses=documented(404, 422))
    def following(
        filter: Annotated[Filter, Depends(filter_of(service))],
        n: Annotated[int, Query(ge=1, le=suggestions.MOST)] = 20,
        drawn: Annotated[Literal["next", "random"], Query(description="random: a fair sample.")] = "next",
    ) -> Suggestions:
        """Which posts of [start, end) to label next, by default of the last 24 hours before the newest event.

        Those that the model doubts and that many others are like, different from each other; or, with `drawn=random`, a
        random sample, which measures the model fairly. Labelled posts are left out. At most 4,000 posts are looked at.
        """
        if filter.towards:
            raise HTTPException(422, "labels are given to whole posts; leave towards out")
        closed = last_day(service, filter)
        if closed.start is None or closed.end is None:
            return Suggestions(drawn=drawn, suggestions=[])
        return answer(suggestions.suggest(service.seen(closed), closed, n, drawn), drawn)

    return router


def _giving(router: APIRouter, service: Service) -> None:
    """The routes that give labels and take them back."""

    @router.post(
        "", status_code=201, responses=documented(400, 403, 404, 409, 413, 422), dependencies=[Depends(own_page)]
    )  # fmt: skip
    def give(given: NewCorrection, response: Response) -> KeptCorrection:
        """Give a post a label. Nothing is overwritten: of several by one author the newest counts."""
        response.headers["Cache-Control"] = "no-store"
        return _given(service, given)

    @router.delete(
        "/{correction_id}", status_code=204, responses=documented(403, 404, 409, 422), dependencies=[Depends(own_page)]
    )  # fmt: skip
    def withdraw(correction_id: _Ids) -> None:
        """Take a label back, as if it had not been given; a key only one of its own.

        What its author had said of the post before counts again, and a post without any other is offered once more.
        """
        _withdrawn(service, correction_id)


def answer(found: list[suggestions.Suggested], drawn: Drawn) -> Suggestions:
    """Suggestions as the API gives them."""
    rows = [
        Suggestion(
            post=Post(**fields(one.post)),
            uncertainty=round(one.uncertainty, 4),
            representativeness=round(one.representativeness, 4),
        )
        for one in found
    ]
    return Suggestions(drawn=drawn, suggestions=rows)


def shown(row: dict[str, Any]) -> KeptCorrection:
    """A row of `stores.corrections.page` as the API gives it."""
    return KeptCorrection(**{**row, "lang": row["lang"] or None})


def _keeper(service: Service) -> Keeper:
    if service.corrections is None:
        raise HTTPException(409, "this service keeps no corrections; start it with `voxpop serve`, without --read-only")
    return service.corrections


def _given(service: Service, given: NewCorrection) -> KeptCorrection:
    keeper, caller = _keeper(service), current()
    if caller.key_id and given.author not in (None, caller.name):
        raise HTTPException(422, "a key signs with its own name; leave author out")
    author = caller.name if caller.key_id else given.author or "local"
    try:
        made = keeper.give(kept.Label(plain(given.post_id), given.label, author, given.drawn))
    except NoPost as error:
        raise HTTPException(404, str(error)) from error
    except NoLabel as error:
        raise HTTPException(422, str(error)) from error
    return shown({name: getattr(made, name) for name in kept.SCHEMA.names} | {"is_newest": True})


def _withdrawn(service: Service, correction_id: str) -> None:
    caller = current()
    try:
        _keeper(service).withdraw(plain(correction_id), caller.name if caller.key_id else None)
    except NoCorrection as error:
        raise HTTPException(404, str(error)) from error


def _page(service: Service, wanted: Wanted, limit: int, before: Cursor | None) -> Corrections:
    rows = kept.page(service.store, wanted, limit + 1, before).to_pylist()
    last = rows[limit - 1] if len(rows) > limit else None
    return Corrections(
        corrections=[shown(row) for row in rows[:limit]],
        next=last and pack(Cursor(last["given_at"], last["id"])),
    )


def _file(service: Service, wanted: Wanted, guard: bool) -> StreamingResponse:
    headers = {"Content-Disposition": 'attachment; filename="corrections.tsv"', "Cache-Control": "no-store"}
    lines = _lines(service, wanted, guard)
    # What is wrong with the first page is answered as a problem; later there is no status left to say it with.
    return StreamingResponse(_from(next(lines), lines), media_type=f"{TSV}; charset=utf-8", headers=headers)


def _lines(service: Service, wanted: Wanted, guard: bool) -> Iterator[str]:
    for number, page in enumerate(kept.pages(service.store, wanted)):
        rows = [row for row in page.to_pylist() if row["text"] is not None]
        yield (tsv.head() if number == 0 else "") + "".join(tsv.lines(rows, guard=guard))


def _from(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from (piece for piece in rest if piece)
