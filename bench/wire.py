"""What the loopback servers of the benchmarks send: invented posts in the wires' exact forms, each like no other."""

import asyncio
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import WSMsgType, web

SERVER = "import asyncio, sys; from bench.wire import serve; asyncio.run(serve(int(sys.argv[1]), sys.argv[2:]))"
RULE = {"value": "ferry", "tag": "voxpop:ferry"}
COLLECTION = "app.bsky.feed.post"
_CID = "bafyrei" + "a" * 52
_TWITTER_EPOCH = 1_288_834_974_657


def text(number: int) -> str:
    return f"invented post {number}: the ferry was late again, and the heron did not mind at all"


def identity(number: int) -> tuple[str, str, str]:
    """What must land of the event: post_id, op, rev. Of twenty events the 19th edits the 18th, the 20th deletes it."""
    op = {18: "update", 19: "delete"}.get(number % 20, "create")
    post = number if op == "create" else number - number % 20 + 17
    return f"bluesky:at://did:plc:{post % 997:024d}/{COLLECTION}/3m{post:011d}", op, f"3n{number:011d}"


def frame(number: int, began: int) -> bytes:
    """A Jetstream event, a millisecond after the one before."""
    post_id, op, rev = identity(number)
    did, _, rkey = post_id.removeprefix("bluesky:at://").split("/")
    commit: dict[str, object] = {"rev": rev, "operation": op, "collection": COLLECTION, "rkey": rkey}
    if op != "delete":
        written = {"createdAt": "2026-11-18T11:06:39.699Z", "langs": ["en"], "text": text(number)}
        commit |= {"record": {"$type": COLLECTION, **written}, "cid": _CID}
    event = {"did": did, "time_us": began + number * 1000, "kind": "commit", "commit": commit}
    return json.dumps(event, separators=(",", ":")).encode()


def line(number: int, began: int) -> bytes:
    """A line of X's filtered stream, with its author."""
    at = began // 1000 + number
    native = str((at - _TWITTER_EPOCH) << 22)
    data = {
        "id": native,
        "text": text(number),
        "author_id": str(number % 997),
        "created_at": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "edit_history_tweet_ids": [native],
        "lang": "en",
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 1, "quote_count": 0},
    }
    users = [{"id": data["author_id"], "username": f"ana{number % 997}", "name": "Ana", "location": "Bergen"}]
    whole = {"data": data, "includes": {"users": users}, "matching_rules": [{"id": "1", "tag": "voxpop:ferry"}]}
    return json.dumps(whole, separators=(",", ":")).encode() + b"\r\n"


@dataclass(frozen=True)
class Link:
    """A CID in DAG-CBOR: tag 42 around its bytes after a zero (https://ipld.io/specs/codecs/dag-cbor/spec/)."""

    cid: bytes


def cbor(value: object) -> bytes:
    """DAG-CBOR of what commits hold."""
    match value:
        case None | bool():
            return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
        case int():
            return _head(0, value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            names = sorted(value, key=lambda name: (len(name), name))
            return _head(5, len(value)) + b"".join(cbor(name) + cbor(value[name]) for name in names)
        case Link(cid):
            return b"\xd8\x2a" + cbor(b"\0" + cid)
    raise TypeError(type(value))


def _head(major: int, size: int) -> bytes:
    if size < 24:
        return bytes([major << 5 | size])
    length = next(length for length in (1, 2, 4, 8) if size < 1 << 8 * length)
    return bytes([major << 5 | 23 + length.bit_length()]) + size.to_bytes(length, "big")


def commit(number: int, began: int) -> bytes:
    """A commit of the firehose that creates one post: DAG-CBOR around a CAR of record, tree and signed commit."""
    did, path, rev = f"did:plc:{number % 997:024d}", f"{COLLECTION}/3m{number:011d}", f"3n{number:011d}"
    written = {"createdAt": "2026-11-18T11:06:39.699Z", "langs": ["en"], "text": text(number)}
    record, blocks = _block({"$type": COLLECTION, **written})
    tree, more = _block({"e": [{"k": path.encode(), "p": 0, "t": None, "v": record}], "l": None})
    root, last = _block({"did": did, "data": tree, "prev": None, "rev": rev, "sig": b"s" * 64, "version": 3})
    head = cbor({"roots": [root], "version": 1})
    at = datetime.fromtimestamp((began + number * 1000) / 1e6, UTC).isoformat(timespec="milliseconds")
    body = {
        "seq": number + 1,
        "rebase": False,
        "tooBig": False,
        "repo": did,
        "commit": root,
        "rev": rev,
        "since": None,
        "blocks": _varint(len(head)) + head + last + more + blocks,
        "ops": [{"action": "create", "path": path, "cid": record}],
        "blobs": [],
        "time": at.replace("+00:00", "Z"),
    }
    return cbor({"op": 1, "t": "#commit"}) + cbor(body)


def _block(content: object) -> tuple[Link, bytes]:
    """The name of a block (CIDv1, dag-cbor, sha-256), and the block as a CAR holds it."""
    encoded = cbor(content)
    cid = b"\x01\x71\x12\x20" + hashlib.sha256(encoded).digest()
    return Link(cid), _varint(len(cid) + len(encoded)) + cid + encoded


def _varint(number: int) -> bytes:
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


class Wire:
    """A server of so many events on the loopback, on all three wires; the last of the events passes now.

    With `ahead`, they are made before anybody connects, so that a reader does not wait for them.
    """

    def __init__(self, events: int, ahead: bool) -> None:
        self._events = events
        self._began = time.time_ns() // 1000 - events * 1000
        self._ahead = ahead
        self._made: dict[Make, list[bytes]] = {}

    def _from(self, make: "Make", first: int) -> Iterator[bytes]:
        if not self._ahead:
            return (make(number, self._began) for number in range(first, self._events))
        if make not in self._made:
            self._made[make] = [make(number, self._began) for number in range(self._events)]
        return iter(self._made[make][first:])

    def prepare(self, makes: "Sequence[Make]") -> None:
        """Make the events of these wires, where they are to be made ahead."""
        for make in makes if self._ahead else ():
            self._from(make, 0)

    async def jetstream(self, request: web.Request) -> web.WebSocketResponse:
        """Events from the cursor on."""
        first = max(0, (int(request.query.get("cursor", 0)) - self._began) // 1000)
        return await self._socket(request, self._from(frame, first), WSMsgType.TEXT)

    async def firehose(self, request: web.Request) -> web.WebSocketResponse:
        """Every commit."""
        return await self._socket(request, self._from(commit, 0), WSMsgType.BINARY)

    async def _socket(self, request: web.Request, frames: Iterator[bytes], kind: WSMsgType) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        with suppress(ConnectionError):
            for each in frames:
                await socket.send_frame(each, kind)
            await socket.receive()
        return socket

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Every line, each in a chunk of its own, then keep-alives."""
        answer = web.StreamResponse()
        await answer.prepare(request)
        with suppress(ConnectionError):
            for each in self._from(line, 0):
                await answer.write(each)
            while True:
                await asyncio.sleep(1)
                await answer.write(b"\r\n")
        return answer

    async def rules(self, request: web.Request) -> web.Response:
        """The one rule there is."""
        return web.json_response({"data": [{"id": "1", **RULE}], "meta": {"result_count": 1}})

    def app(self) -> web.Application:
        """The addresses, as the clients know them."""
        app = web.Application()
        app.router.add_get("/subscribe", self.jetstream)
        app.router.add_get("/com.atproto.sync.subscribeRepos", self.firehose)
        app.router.add_get("/2/tweets/search/stream", self.stream)
        app.router.add_get("/2/tweets/search/stream/rules", self.rules)
        return app


Make = Callable[[int, int], bytes]
WIRES: dict[str, Make] = {"jetstream": frame, "firehose": commit, "x": line}


async def serve(events: int, ahead: Sequence[str]) -> None:
    """Serve for ever; prints the port once the events of the wires named are made."""
    wire = Wire(events, bool(ahead))
    wire.prepare([WIRES[name] for name in ahead])
    runner = web.AppRunner(wire.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def started(events: int, *ahead: str) -> tuple[subprocess.Popen[str], str]:
    """A server in a process of its own, and its host and port; of the wires named, events are made ahead."""
    command = [sys.executable, "-c", SERVER, str(events), *ahead]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, f"127.0.0.1:{int(process.stdout.readline())}"
