"""Sends the notices that a store has, until each is sent or given up."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from voxpop.errors import Transient
from voxpop.notify.channel import Channel
from voxpop.stores import alerts
from voxpop.stores.alerts import Outcome
from voxpop.stores.view import View

GLANCE_SECONDS: Final = 5.0
HELD: Final = timedelta(minutes=2)
"""A notice whose sender was killed is sent again after so long; longer than any channel takes."""


class Postman:
    """Sends notices at least once: one may come twice where this is killed between sending and noting it.

    Several processes may send from one store; a notice is held by one of them at a time.

    Attributes:
        sent: notices by channel, since this was made; `failed` those given up.
    """

    def __init__(self, store: View, channels: Sequence[Channel]) -> None:
        self._store = store
        self._channels = {channel.name: channel for channel in channels}
        self._stop = threading.Event()
        self.sent = dict.fromkeys(self._channels, 0)
        self.failed = dict.fromkeys(self._channels, 0)

    def hears(self, topic: str) -> list[str]:
        """The channels that hear of a topic."""
        return [name for name, channel in self._channels.items() if not channel.topics or topic in channel.topics]

    def post(self) -> int:
        """Send what is due; answers how many tries that took.

        Raises:
            Transient: the store is away.
        """
        tries = 0
        while not self._stop.is_set() and self._one():
            tries += 1
        return tries

    def run(self) -> None:
        """Send as notices come, until `stop` is called."""
        while self._channels and not self._stop.wait(GLANCE_SECONDS):
            try:
                self.post()
            except Transient:
                # The pipeline says so; what is due stays due.
                continue

    def stop(self) -> None:
        """Make `run` end after the notice in hand; any thread may call it."""
        self._stop.set()

    def _one(self) -> bool:
        # Reading does not wait for the loads that writing waits for.
        if not self._store.query("notices_due", now=datetime.now(UTC))["due"][0].as_py():
            return False
        with self._store.writing() as transaction:
            due = alerts.claim(transaction, datetime.now(UTC), HELD)
        if due is None:
            return False
        channel = self._channels.get(due.notice.channel)
        outcome = channel.send(due) if channel else Outcome("there is no such channel any more")
        with self._store.writing() as transaction:
            alerts.settle(transaction, due.notice, datetime.now(UTC), outcome)
        if channel and outcome.trouble is None:
            self.sent[channel.name] += 1
        elif channel and outcome.again is None:
            self.failed[channel.name] += 1
        return True
