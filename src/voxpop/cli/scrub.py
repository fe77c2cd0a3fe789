"""The command that takes deleted posts out of the log: `scrub`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.scrub import Scrubbed
    from voxpop.segment import Segment


@app.command()
def scrub(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and change nothing.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only deletions received since then, such as 2026-11-23.")
    ] = None,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Take the content of posts that were deleted upstream out of the log: text, author, link, place.

    Counts do not change. `voxpop run` and `voxpop serve` do this daily (`scrub_hours`); it can run beside them.
    A report of what was removed and when, without the content, goes to `scrubs/` in the data directory.

    Example: voxpop scrub --data my-data --dry-run
    """
    from voxpop import scrub as scrubs
    from voxpop.log import Log
    from voxpop.sources.formats.dates import parse_date

    settings = config.load(settings_file, data=data)
    if not settings.data.is_dir():
        raise Terminal(f"there is no data directory {settings.data}; name one with --data")
    try:
        start = parse_date(since) if since is not None else None
    except ValueError as error:
        raise Terminal(f"--since: {error}") from error
    options = scrubs.Options(since=start, dry_run=dry_run, track=_tracked)
    done = scrubs.scrub(Log(settings.data), options)
    if done.unreadable:
        console.say(f"these are damaged and were left; restore or remove them: {', '.join(done.unreadable)}")
    console.answer(done.to_json(), as_json=json_, text=_told(done))


def _tracked(title: str, segments: list[Segment]) -> Iterable[Segment]:
    def with_bar() -> Iterator[Segment]:
        with console.counting(title, len(segments), "segment") as bar:
            for segment in segments:
                yield segment
                bar.update()

    return with_bar()


def _told(done: Scrubbed) -> str:
    what = "to be removed" if done.dry_run else "removed"
    lines = [
        f"{done.deleted_posts:,} posts and {done.deleted_accounts:,} accounts were deleted upstream",
        f"{done.posts:,} posts {what} from {done.segments:,} segments, {done.quarantined:,} lines from quarantine, "
        f"{done.corrections:,} texts from corrections",
    ]
    return "\n".join([*lines, f"report: {done.report}"] if done.report else lines)
