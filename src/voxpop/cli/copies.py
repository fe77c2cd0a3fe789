"""The command that says how much is copied: `copies`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json, OneVoice, Reposts, Store, Topics
from voxpop.cli.window import windowed

if TYPE_CHECKING:
    from voxpop.api.copies import CopiedText, CopiesFound


@app.command()
def copies(
    topic: Topics = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="[default: a day before the end]")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="Exclusive. [default: after the last post]")] = None,
    reposts: Reposts = True,
    one_voice: OneVoice = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="The newest posts only.")] = 50_000,
    data: Data = None,
    store: Store = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Say how much of what is posted is nearly the same text, and how much comes from few authors.

    A text that many authors post within ten minutes is flagged. That may be a campaign, or a share button, a headline,
    a raffle: look at it. Times are ISO 8601, UTC without a zone. docs/drivers.md says how copies are found.

    Example: voxpop copies --topic gta6 --start 2026-11-19
    """
    from voxpop.api.copies import answer
    from voxpop.insight import copies as insight
    from voxpop.insight.views import seen

    settings = config.load(settings_file, data=data, store=store)
    with windowed(settings, topic, (start, end)) as (view, window, _):
        window = replace(window, reposts=reposts, one_voice=one_voice)
        found = answer(window, insight.copies(seen(view, window), window, limit))
    console.answer(found.model_dump(mode="json"), as_json=json_, text=shown(found))


def shown(found: CopiesFound) -> str:
    """The shares, then the most copied texts."""
    newest = "" if found.whole else ", the newest"
    lines = [f"{found.topic}: {found.read:,} posts{newest}"]
    for name, share in (
        ("are reposts", found.reposts),
        ("of the others are copies", found.copied),
        ("come from the 1 % of authors who post most", found.top_authors),
    ):
        lines.append(f"{'–' if share is None else f'{share:.1%}':>6} {name}")
    return "\n".join([*lines, *(_row(text) for text in found.texts)])


def _row(text: CopiedText) -> str:
    # Other people's text must not move the cursor of the terminal that shows it.
    said = "".join(letter if letter.isprintable() else " " for letter in text.example.text)
    why = f"\n         may be coordinated: {text.why}" if text.why else ""
    return f"{text.posts:>6,} posts by {text.authors:,}: {said[:90]}{why}"
