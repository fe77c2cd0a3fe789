"""What the command line shows: one clean line for an error, a progress bar, the JSON line that scripts read."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tqdm import tqdm

if TYPE_CHECKING:
    from voxpop.account import Account
    from voxpop.bulk.job import Step
    from voxpop.ingest import Progress

PERMILLE = 1000


def say(text: str = "") -> None:
    """Print a line for people, on standard error, so that standard output stays machine-readable."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def answer(value: dict[str, Any], *, as_json: bool, text: str | None = None) -> None:
    """Print a command's result: one JSON object as the last line with `--json`, else the text."""
    line = json.dumps(value, ensure_ascii=False) if as_json else text
    if line:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def account_text(account: Account) -> str:
    """The account as people read it, with the sum that must add up."""
    parts = f"{account.landed:,} landed + {account.duplicate:,} duplicate + {account.quarantined:,} quarantined"
    ignored = ", ".join(f"{count:,} {kind}" for kind, count in sorted(account.ignored.items()))
    tail = f"\nnot posts, and left out: {ignored}" if ignored else ""
    return f"{account.read:,} read = {parts}{tail}{undated_text(account)}"


def undated_text(account: Account) -> str:
    """A line about posts without a time that can be theirs and the fix; nothing where there are none."""
    if not account.undated:
        return ""
    fix = "name their column with --map created_at=COLUMN, or what comes first in 03/12 with --dates, into a new --data"
    return f"\n{account.undated:,} came without a known date, or with one to come, and are dated now; {fix}"


class ShareBar:
    """A progress bar with rate and time left: percent where the end is known, posts either way."""

    def __init__(self, title: str, *, shown: bool = True) -> None:
        self._bar = tqdm(
            desc=title,
            total=PERMILLE,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left{postfix}",
            disable=None if shown else True,
            leave=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def show(self, posts: int, done: float | None) -> None:
        """Show how many posts were read, and the fraction of the whole, where it is known."""
        if self._bar.disable:
            return
        elapsed = self._bar.format_dict["elapsed"] or 1e-9
        self._bar.set_postfix_str(f"{posts:,} posts, {posts / elapsed:,.0f}/s", refresh=False)
        if done is not None:
            self._bar.update(int(done * PERMILLE) - self._bar.n)


class IngestBar(ShareBar):
    """The bar of an ingest: percent of the bytes."""

    def __call__(self, progress: Progress) -> None:
        """Show where the ingest is."""
        self.show(progress.account.read, progress.done)


class StepsBar:
    """A bar for each step of a job that has several, over its tasks; shown only on a terminal."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._title = ""
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, step: Step) -> None:
        """Show where the job is."""
        if self._bar is None or step.title != self._title:
            self.__exit__(None, None, None)
            self._title, self._bar = step.title, counting(step.title, step.total, self._unit)
        self._bar.total = step.total
        self._bar.update(step.done - self._bar.n)


def counting(title: str, total: int, unit: str) -> tqdm[Any]:
    """A bar over a known number of steps, shown only on a terminal."""
    return tqdm(desc=title, total=total, unit=unit, disable=None, leave=False)
