"""The commands about X: `x spend`, `x counts` and `x compliance`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.config import Settings, SourceSettings
    from voxpop.sources.x.counts import Volume

x = typer.Typer(rich_markup_mode=None)
app.add_typer(x, name="x", invoke_without_command=True)


@x.callback()
def what_it_costs(context: typer.Context, data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """What X (Twitter) has cost and would cost, and the deletions it asks for.

    Alone it shows what `voxpop x spend` shows.

    Example: voxpop x --data my-data
    """
    if context.invoked_subcommand is None:
        _spend(data, settings_file, json_)
    elif data or settings_file or json_:
        raise Terminal(f"the options stand after the command; write voxpop x {context.invoked_subcommand} --data …")


@x.command()
def spend(data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """Show what X has cost today and this month, and the limits. Asks nobody.

    Example: voxpop x spend --data my-data
    """
    _spend(data, settings_file, json_)


@x.command()
def counts(
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="In X's own language. [default: each topic's]")
    ] = None,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Ask X how many posts there were in seven days, and reckon what a day would cost. $0.005 a query; brings no posts.

    Example: voxpop x counts '"gta 6" lang:en'
    """
    settings = config.load(settings_file, data=data)
    found = asyncio.run(_volumes(settings, _table(settings), query))
    total = sum(one.usd_per_day for one in found)
    rows = [f"{one.per_day:>12,.0f} posts a day  ${one.usd_per_day:>10,.2f} a day  {one.query[:70]}" for one in found]
    text = "\n".join([*rows, f"at least ${total:,.2f} a day in all: posts and their authors"])
    console.answer({"counts": [one._asdict() for one in found], "usd_per_day": total}, as_json=json_, text=text)


@x.command()
def compliance(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Posts that landed in so many days are asked about.")] = 30,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Ask X which posts of the log were deleted or hidden since, and land their deletions. Takes minutes; is free.

    X's terms ask for deletions within 24 hours, so run it daily. While `voxpop run` holds the log, the deletions are
    handed over to it, and the command ends when they have landed.

    Example: voxpop x compliance --days 30 --data my-data
    """
    from voxpop.delivery import deliver
    from voxpop.ingest import Rolling
    from voxpop.log import Log
    from voxpop.sources import configured
    from voxpop.sources.x.compliance import ComplianceSource, ids_in

    settings = config.load(settings_file, data=data)
    access = configured.x_access(_table(settings), settings)
    log = Log(settings.data)
    ids = ids_in(log, days)
    console.say(f"asking X about {len(ids):,} posts")
    with console.IngestBar("deletions") as bar:
        delivered = deliver(log, ComplianceSource(access, ids), Rolling.of(settings), bar)
    found, answer = delivered.account, {"asked": len(ids), **delivered.to_json()}
    text = f"{found.landed:,} of {len(ids):,} posts are deleted"
    if delivered.handed_over:
        text = f"{found.read:,} deletions among {len(ids):,} posts, landed by the Voxpop that is running"
    console.answer(answer, as_json=json_, text=text)


def _spend(data: Any, settings_file: Any, json_: bool) -> None:
    from voxpop.sources import configured

    settings = config.load(settings_file, data=data)
    purse = configured.x_purse(_table(settings), settings)
    console.answer(purse.report(), as_json=json_, text=purse.text())


async def _volumes(settings: Settings, table: SourceSettings, query: str | None) -> list[Volume]:
    from voxpop.catalogue import Catalogue
    from voxpop.sources import configured
    from voxpop.sources.websocket import Lost
    from voxpop.sources.x.access import connected
    from voxpop.sources.x.counts import volume
    from voxpop.sources.x.spend import LimitReached
    from voxpop.sources.x.wanted import SEARCH_LIMIT, wanted

    topics = Catalogue(settings.all_topics(), settings.data).topics
    queries = [query] if query else [rule.value for rule in wanted(lambda: topics)(SEARCH_LIMIT)]
    purse, prices = configured.x_purse(table, settings), configured.x_prices(table)
    try:
        async with connected(configured.x_access(table, settings)) as client:
            return [await volume(client, one, purse, prices) for one in queries]
    except LimitReached as reached:
        raise Terminal(f"the spend limit is reached until {reached.until:%Y-%m-%d} UTC; raise usd_per_day") from None
    except Lost as lost:
        raise Terminal(f"X cannot be asked ({lost}); try again later") from None


def _table(settings: Settings) -> SourceSettings:
    """The first X source of the settings, or the defaults."""
    return next((table for table in settings.sources if table.kind == "x"), config.SourceSettings(kind="x"))
