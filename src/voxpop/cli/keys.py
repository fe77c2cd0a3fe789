"""The commands about who may come in: `keys create`, `list`, `revoke`, and `audit`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxpop import config, console
from voxpop.cli.app import app
from voxpop.cli.options import Config, Data, Json
from voxpop.errors import Terminal

if TYPE_CHECKING:
    from voxpop.api.keys import Key

keys = typer.Typer(rich_markup_mode=None)
app.add_typer(keys, name="keys", invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Who or what uses it: letters, digits, dots, hyphens.")]


@keys.callback()
def listed(context: typer.Context, data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """List the API keys that open the service from other machines, or create and revoke one.

    On loopback none is needed. Any other `host` of the settings, and any public name in `hosts`, needs one.

    Example: voxpop keys create grafana --scope read --days 365

    Example: voxpop keys revoke grafana
    """
    if context.invoked_subcommand is None:
        _list(data, settings_file, json_)
    elif data or settings_file or json_:
        raise Terminal(f"the options stand after the command; write voxpop keys {context.invoked_subcommand} --data …")


@keys.command()
def create(
    name: Name,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="read|score|label|admin",
            help="read: what was measured, and the dashboard. score: the model on one's own texts. label: "
            "correcting labels. admin: changing topics. May be repeated. [default: read]",
        ),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="Days until it expires. [default: never]")] = None,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Make a key and show it, once: what is kept cannot tell it again. A running server knows it at once.

    Example: voxpop keys create grafana --scope read --days 365

    Example: voxpop keys create ana --scope read --scope score --scope admin

    Example: curl -H "Authorization: Bearer $(cat key)" https://voxpop.example/v1/status
    """
    from voxpop.api.audit import Audit
    from voxpop.api.keys import KeyRing

    directory = config.load(settings_file, data=data).data
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    key, secret = KeyRing(directory).create(name, scope or ["read"], expires)
    Audit(directory).note("key created", f"{name} ({', '.join(key.scopes)})")
    shown = secret.get_secret_value()
    if not json_:
        console.say(f"the key {name!r}, for {', '.join(key.scopes)}; keep it, for it is not shown again:")
    console.answer({**_row(key), "key": shown}, as_json=json_, text=shown)


@keys.command("list")
def list_(data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """List the keys: what each may do, when it expires, and the day on which it was last used.

    Example: voxpop keys list --data my-data
    """
    _list(data, settings_file, json_)


@keys.command()
def revoke(name: Name, data: Data = None, settings_file: Config = None, json_: Json = False) -> None:
    """Revoke a key: a running server refuses it at once, and ends the sessions and live streams it opened.

    Example: voxpop keys revoke grafana
    """
    from voxpop.api.audit import Audit
    from voxpop.api.keys import KeyRing

    directory = config.load(settings_file, data=data).data
    KeyRing(directory).revoke(name)
    Audit(directory).note("key revoked", name)
    console.answer({"revoked": name}, as_json=json_, text=f"revoked {name}")


@app.command()
def audit(
    newest: Annotated[int, typer.Option(min=0, max=1_000_000, help="Acts to show.")] = 100,
    data: Data = None,
    settings_file: Config = None,
    json_: Json = False,
) -> None:
    """Show who changed what, when and from where: keys, topics, and sign-ins to the dashboard.

    Example: voxpop audit --newest 20
    """
    from voxpop.api.audit import Audit

    entries = Audit(config.load(settings_file, data=data).data).entries(newest)
    rows = [_entry(one) for one in entries]
    text = "\n".join(f"{row['at']}  {row['who']:<24} {row['what']:<14} {row['target']}  {row['address']}".rstrip()
                     for row in rows)  # fmt: skip
    console.answer({"acts": rows}, as_json=json_, text=text)


def _list(data: Path | None, settings_file: Path | None, as_json: bool) -> None:
    from voxpop.api.keys import KeyRing

    rows = [_row(key) for key in KeyRing(config.load(settings_file, data=data).data).keys()]
    text = "\n".join(
        f"{row['name']:<20} {','.join(row['scopes']):<18} {row['state']:<8} expires {row['expires'] or 'never'}, "
        f"used {row['used'] or 'never'}"
        for row in rows
    )
    console.answer({"keys": rows}, as_json=as_json, text=text or "there are no keys; voxpop keys create makes one")


def _row(key: Key) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": list(key.scopes),
        "created": f"{key.created:%Y-%m-%d}",
        "expires": key.expires and f"{key.expires:%Y-%m-%d}",
        "used": key.used and f"{key.used:%Y-%m-%d}",
        "state": "live" if key.is_live(datetime.now(UTC)) else "expired",
    }


def _entry(one: Any) -> dict[str, str]:
    return {
        "at": f"{one.at:%Y-%m-%d %H:%M:%S}",
        "who": one.who,
        "what": one.what,
        "target": one.target,
        "address": one.address,
    }
