"""The commands about topics: `topics list`, `add`, `test` and `remove`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.catalogue import Catalogue
    from voxpop.preview import Preview
    from voxpop.topics import Topic

topics = typer.Typer(rich_markup_mode=None)
app.add_typer(topics, name="topics", invoke_without_command=True)

Query = Annotated[str, typer.Argument(metavar="QUERY", help="The query, in quotes of the shell.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and hyphens.")]


@topics.callback()
def listed(context: typer.Context, data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """List the topics that posts are matched against, or add, test and remove one.

    Topics are queries: words, "phrases", #hashtags, @mentions, $cashtags, OR, -, parentheses, lang:, country:, from:,
    is:, source:. docs/topics.md has the language.

    Example: voxpop topics --config voxpop.toml
    """
    if context.invoked_subcommand is None:
        _list(data, settings_file, json_)
    elif data or settings_file or json_:
        raise Terminal(
            f"the options stand after the command; write voxpop topics {context.invoked_subcommand} --data …"
        )


@topics.command("list")
def list_(data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """List the topics: presets, those of voxpop.toml and those that were added.

    Example: voxpop topics list --data my-data
    """
    _list(data, settings_file, json_)


@topics.command()
def add(
    name: Name,
    query: Query,
    title: Annotated[str | None, typer.Option(help="What people see. [default: the name]")] = None,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Add a topic, kept in topics.toml of the data directory; a running Voxpop follows it and counts its past.

    Example: voxpop topics add espresso 'espresso OR "coffee machine" -is:repost' --title "Espresso machines"
    """
    from voxpop.topics import Topic

    topic = Topic.read(name, title or name, query)
    catalogue = _catalogue(data, settings_file)
    catalogue.add(topic)
    _note(catalogue, "topic added", name)
    console.answer({"added": _row(topic)}, as_json=json_, text=f"added {name}: {topic.query}")


@topics.command()
def test(
    query: Query,
    rows: Annotated[int, typer.Option(min=0, max=200, help="Posts to show.")] = 20,
    limit: Annotated[
        int, typer.Option(min=64, max=4096, help="Characters of a rule: 1024 for X's stream, 512 for its search.")
    ] = 1024,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Show which of the newest 10,000 posts a query would catch, and the rules it makes for X; saves nothing.

    Example: voxpop topics test 'tesla ("model 3" OR "model y") lang:en' --data my-data
    """
    from voxpop.log import Log
    from voxpop.preview import preview
    from voxpop.topics import Topic

    topic = Topic.read("test", "test", query)
    settings = config.load(settings_file, data=data)
    found = preview(Log(settings.data), topic, rows)
    answer = {"query": str(topic.query), **_caught(found), "x": _rules(topic, limit)}
    console.answer(answer, as_json=json_, text=_shown(answer))


@topics.command()
def remove(name: Name, data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """Remove a topic that was added; presets and those of voxpop.toml are changed there.

    Example: voxpop topics remove espresso
    """
    catalogue = _catalogue(data, settings_file)
    catalogue.remove(name)
    _note(catalogue, "topic removed", name)
    console.answer({"removed": name}, as_json=json_, text=f"removed {name}")


def _note(catalogue: Catalogue, what: str, name: str) -> None:
    from voxpop.api.audit import Audit

    Audit(catalogue.path.parent).note(what, name)


def _list(data: Path | None, settings_file: Path | None, as_json: bool) -> None:
    catalogue = _catalogue(data, settings_file)
    rows = [f"{topic.name:<16} {'added ' if catalogue.is_added(topic.name) else ''}{topic.query}" for topic in
            catalogue.topics]  # fmt: skip
    answer = {"topics": [{**_row(topic), "added": catalogue.is_added(topic.name)} for topic in catalogue.topics]}
    console.answer(answer, as_json=as_json, text="\n".join(rows))


def _catalogue(data: Path | None, settings_file: Path | None) -> Catalogue:
    from voxpop.catalogue import Catalogue

    settings = config.load(settings_file, data=data)
    return Catalogue(settings.all_topics(), settings.data)


def _row(topic: Topic) -> dict[str, str]:
    return {"name": topic.name, "title": topic.title, "query": str(topic.query)}


def _caught(found: Preview) -> dict[str, Any]:
    examples = [
        {"post_id": post.post_id, "author": post.author, "text": post.text, "created_at": post.created_at.isoformat()}
        for post in found.examples
    ]
    return {"looked_at": found.looked_at, "caught": found.caught, "examples": examples}


def _rules(topic: Topic, limit: int) -> dict[str, Any]:
    from voxpop.topics.rules import compile_rules

    try:
        compiled = compile_rules(topic, limit)
    except Terminal as error:
        return {"rules": [], "notes": [], "refused": str(error)}
    return {"rules": [rule.value for rule in compiled.rules], "notes": list(compiled.notes), "refused": None}


def _shown(answer: dict[str, Any]) -> str:
    looked, caught, rules = answer["looked_at"], answer["caught"], answer["x"]
    lines = [answer["query"], f"catches {caught:,} of the newest {looked:,} posts"]
    # Other people's text must not move the cursor of the terminal that shows it.
    lines += ["  " + "".join(c if c.isprintable() else " " for c in post["text"]) for post in answer["examples"]]
    lines += [f"rule for X: {rule}" for rule in rules["rules"]] + [f"note: {note}" for note in rules["notes"]]
    return "\n".join([*lines, *([f"no rule for X: {rules['refused']}"] if rules["refused"] else [])])
