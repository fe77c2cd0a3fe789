"""What stores do alike: one model's scores through one set of topics, in tables, changed in transactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from voxpop.segment import Segment
from voxpop.stores import ledger, matched, stances
from voxpop.stores.folding import Folded
from voxpop.stores.ledger import Transaction
from voxpop.stores.matched import Topics
from voxpop.stores.sql import statement

FORGET_AT_ONCE: Final = 100_000


class View(ABC):
    """Posts and buckets of one model's scores through one set of topics.

    Any thread may call any method: writes wait for each other, reads see the last commit. What a write did is on the
    disk when it returns.
    """

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    @abstractmethod
    def close(self) -> None:
        """Let go of the database, after the write in hand."""

    @abstractmethod
    def query(self, name: str, **params: Any) -> pa.Table:
        """Run `sql/<name>.sql` with the parameters its first line names, and answer its rows.

        Raises:
            LookupError: there is no such file.
            TypeError: a parameter is missing or unknown.
            Transient: the database is away.
            Terminal: the store is closed.
        """

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[Transaction]:
        """The only write in hand, in any process; what it did is undone when the block raises."""

    @abstractmethod
    def _empty(self, transaction: Transaction) -> None:
        """Leave all tables there, and no row in them; numbers of loads go on where they were."""

    @abstractmethod
    def _take_in(self, transaction: Transaction, folded: Folded) -> None:
        """Fill the empty tables `posts`, `gone` and those of buckets from files."""

    @abstractmethod
    def _expect(self, transaction: Transaction, batch: pa.Table) -> None:
        """See that posts and buckets of a segment's rows can be found and held, before they come."""

    def load(self, segment: Segment, batch: pa.Table) -> bool:
        """Fold a scored segment into posts and buckets, with its ledger entry, in one transaction.

        Of all events of a post the greatest by (is a delete, length of rev, rev, place in the log) wins, so the
        result does not depend on the order in which segments are loaded, and a deletion is final. A deletion of an
        author (`voxpop.schema.posts_of`) takes all of the author's posts up to its time. Answers False, having
        changed nothing, when the ledger already has the segment.

        Raises:
            Poison: the batch does not have the columns of `SCORED`.
            Transient: the database is away, or another process made the store follow other topics.
            Terminal: another model than the store's scored the batch, or the database cannot be written.
        """
        with self._matching(segment, batch) as (transaction, incoming):
            model_id = ledger.adopted(transaction, batch)
            if ledger.holds(transaction, model_id, segment):
                return False
            newest = pc.max(batch["received_at"]).as_py()
            ledger.enter(transaction, model_id, segment, (batch.num_rows, newest))
            with transaction.lending("incoming", incoming):
                transaction.run(statement("fold").text)
        return True

    def loaded(self) -> set[Segment]:
        """The segments in the ledger."""
        return {Segment(row["day"], row["offset"]) for row in self.query("loaded").to_pylist()}

    def newest_received(self) -> datetime | None:
        """When the newest event in the store was received, or None while it is empty."""
        newest: datetime | None = self.query("newest_received")["received_at"][0].as_py()
        return newest

    def meta(self) -> dict[str, str]:
        """What the store says of itself: `schema_version`, `topics_digest`, `model_id`, `changes_floor`."""
        return {row["key"]: row["value"] for row in self.query("meta").to_pylist()}

    def stale(self, digest: str, model_id: str) -> bool:
        """Tell whether the store was made for other topics or another model; `reset` it then and load again."""
        known = self.meta()
        return (known.get("topics_digest"), known.get("model_id")) != (digest, model_id)

    def made_by(self) -> str:
        """The model whose scores the store holds, "" while it holds none."""
        return self.meta().get("model_id", "")

    def reset(self, digest: str, model_id: str) -> None:
        """Drop everything and start as the empty store of these topics and this model."""
        with self._transaction() as transaction:
            self._begin(transaction, digest, model_id)

    def replace(self, folded: Folded, entries: pa.Table, model_id: str) -> None:
        """Hold what was folded apart from the store, and nothing else, in one transaction.

        The store is then as if it had been `reset` and the segments of `entries` (`day`, `offset`, `rows`,
        `newest_received`) had been loaded one after the other; only that all of it counts as changed at once.
        """
        with self._transaction() as transaction:
            self._begin(transaction, self._topics.digest, model_id)
            self._take_in(transaction, folded)
            transaction.run(statement("forget_corrected").text)
            ledger.enter_all(transaction, model_id, entries)

    def follow(self, topics: Topics) -> None:
        """Match against other topics from now on; posts and buckets lose what is gone, and `lacking` what is new.

        A topic whose query changed is both. One transaction: whatever is loaded before it lacks the new topics and is
        listed, whatever is loaded after it has them.
        """
        before = self._topics
        try:
            with self._transaction() as transaction:
                ledger.follow(transaction, topics)
                self._topics = topics
        except BaseException:
            self._topics = before
            raise

    def lacking(self) -> list[Segment]:
        """Segments that were loaded before some topic was there, newest first."""
        rows = self.query("lacking").to_pylist()
        return list(dict.fromkeys(Segment(row["day"], row["offset"]) for row in rows))

    def backfill(self, segment: Segment, batch: pa.Table) -> bool:
        """Give the posts of a loaded segment the topics it lacks, in one transaction; False where it lacks none.

        Only rows that still are their post's newest version gain a topic, so no post is counted twice, whatever was
        loaded since.

        Raises:
            Poison: the batch does not have the columns of `SCORED`.
            Transient: the database is away, or another process made the store follow other topics.
        """
        with self._matching(segment, batch) as (transaction, incoming):
            place = (segment.day, segment.offset)
            lacked = transaction.rows('delete from lacking where day = $1 and "offset" = $2 returning topic', *place)
            names = {name for (name,) in lacked}
            if names:
                ledger.touch(transaction, segment)
                with transaction.lending("gained", matched.gained(incoming, names)):
                    transaction.run(statement("backfill").text)
        return bool(names)

    def follow_stances(self, keys: Mapping[str, str]) -> None:
        """Count stances on these topics, by name, whose rows are those of a key; let go of all that have another."""
        with self._transaction() as transaction:
            stances.follow(transaction, keys)

    def unstanced(self, topic: str, limit: int) -> list[Segment]:
        """Loaded segments whose stances on a topic are not in, newest first, at most so many."""
        rows = self.query("unstanced", topic=topic, limit=limit).to_pylist()
        return [Segment(row["day"], row["offset"]) for row in rows]

    def take_stances(self, topic: str, key: str, segment: Segment, rows: pa.Table) -> bool:
        """Take in what the posts of a loaded segment say of a topic, in one transaction.

        `rows` has the columns of `voxpop.towards.TOWARDS`. A row counts if its version of the post is the one that
        counts, and as long as it is, so the result does not depend on the order in which segments come. Answers False
        where nothing is to be done: they are in, the segment is not loaded, or the store follows another key.

        Raises:
            Transient: the database is away.
        """
        with self._transaction() as transaction:
            if not stances.due(transaction, topic, key, segment):
                return False
            self._expect(transaction, rows.slice(0, 0))
            stances.take(transaction, topic, key, segment, rows)
        return True

    def correct(self, correcting: pa.Table, keep: Callable[[], object] = lambda: None) -> None:
        """Take in corrections, those whose `id` is there already left out; `keep` runs before they take effect.

        A reset or a rebuild leaves them. The text of a post that is deleted, now or later, is let go of; that of one
        past the retention is not.
        """
        with self._transaction() as transaction, transaction.lending("correcting", correcting):
            transaction.run(statement("correct").text)
            keep()

    def writing(self) -> AbstractContextManager[Transaction]:
        """The only write in hand, in any process, for what is no view of the log; undone when the block raises.

        Raises:
            Transient: the database is away.
            Terminal: it cannot be written.
        """
        return self._transaction()

    def retain(self, max_age: timedelta, max_posts: int) -> None:
        """Let go of text, author, link and coordinates of posts received too long ago, or past the newest `max_posts`.

        Their bare rows stay, so that an edit or a deletion still finds what it replaces; buckets do not change.
        Takes `FORGET_AT_ONCE` posts a transaction, so that loads go on between and memory stays bounded.
        """
        before = datetime.now(UTC) - max_age
        with self._transaction() as transaction:
            kept = transaction.rows(statement("kept_from").text, max_posts) or [(None, None)]
            transaction.rows(statement("forget_drawn").text, before, *kept[0])
            ledger.forget_changes(transaction)
        forgotten = FORGET_AT_ONCE
        while forgotten == FORGET_AT_ONCE:
            with self._transaction() as transaction:
                forgotten = len(transaction.rows(statement("forget_text").text, before, *kept[0], FORGET_AT_ONCE))

    @contextmanager
    def _matching(self, segment: Segment, batch: pa.Table) -> Iterator[tuple[Transaction, pa.Table]]:
        """A transaction, and the segment's rows with the topics that the store has in it."""
        topics = self._topics
        incoming = matched.incoming(segment, batch, topics)
        with self._transaction() as transaction:
            if topics is not self._topics:
                # They changed while this thread matched: what it found would be short of a topic for good.
                incoming = matched.incoming(segment, batch, self._topics)
            ledger.refuse_other_topics(transaction, self._topics)
            self._expect(transaction, batch)
            yield transaction, incoming

    def _begin(self, transaction: Transaction, digest: str, model_id: str) -> None:
        self._empty(transaction)
        ledger.begin(transaction, self._topics, {"topics_digest": digest, "model_id": model_id})
