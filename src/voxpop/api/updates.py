"""One live update: what changed for a view since another update."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

from voxpop.api.buckets import listed as listed_buckets
from voxpop.api.models import Bucket, Totals, Update
from voxpop.api.posts import listed as listed_posts
from voxpop.seams import Store
from voxpop.stores import queries
from voxpop.stores.queries import Filter

NEWEST_POSTS: Final = 20
_WINDOW: Final = timedelta(hours=1)


@dataclass(frozen=True)
class View:
    """What a reader follows."""

    topic: str
    width: timedelta


def update(store: Store, view: View, after: int | None) -> Update:
    """The buckets that changed since the update `after`, or where that is not known all of the newest hour's."""
    # The number is read first: what is loaded meanwhile is sent now and once more, never left out.
    seq = queries.seq(store)
    filter = queries.recent(Filter(view.topic), queries.span(store), _WINDOW)
    return Update(
        seq=seq,
        topic=view.topic,
        width=int(view.width.total_seconds()),
        buckets=_buckets(store, filter, view, after),
        totals=Totals(**asdict(queries.totals(store, filter))),
        posts=listed_posts(queries.posts(store, Filter(view.topic), NEWEST_POSTS)),
    )


def _buckets(store: Store, filter: Filter, view: View, after: int | None) -> list[Bucket]:
    if after is not None and queries.changes(store, after).complete:
        return listed_buckets(queries.changed_series(store, view.topic, view.width, after).to_pylist())
    return listed_buckets(queries.series(store, filter, view.width).to_pylist()) if filter.end else []
