"""The command about topics: `topics`."""

from __future__ import annotations

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json


@app.command()
def topics(data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """List the topics that posts are matched against: presets and those of voxpop.toml.

    Example: voxpop topics --config voxpop.toml
    """
    from dataclasses import asdict

    found = config.load(settings_file, data=data).all_topics()
    rows = [f"{topic.name:<16} {', '.join((*topic.keywords, *topic.phrases, *topic.hashtags))}" for topic in found]
    console.answer({"topics": [asdict(topic) for topic in found]}, as_json=json_, text="\n".join(rows))
