"""What the names of one address say together: the countries that all of them allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voxpop.gazetteer import Reading


def agreed(readings: Sequence[Reading]) -> frozenset[str] | None:
    """Answer the countries a chain can be in: one when it is clear, none when it contradicts itself, None if unread."""
    votes = [vote for vote in _votes(readings) if vote]
    if not votes:
        return None
    common = frozenset.intersection(*votes)
    if len(common) < 2:
        return common
    kinds = {reading.kind for reading in readings}
    if "code" in kinds and "region" in kinds and "city" not in kinds:
        # A town can have the name of a state elsewhere: Ontario, CA.
        return common
    areas = [reading for reading in readings if reading.kind in ("region", "country")]
    others = [reading for reading in readings if reading.kind != "name"]
    towns = [reading for reading in readings if reading.kind == "city"]
    likely = frozenset.intersection(common, *(reading.first for reading in areas or towns or others if reading.first))
    return likely if len(likely) == 1 else common


def _votes(readings: Sequence[Reading]) -> Iterator[frozenset[str]]:
    for position, reading in enumerate(readings):
        beside = readings[position + 1] if position + 1 < len(readings) else Reading("end")
        after = beside.kind
        allowed = beside.first if after == "region" else beside.every
        if reading.kind == "name" and not reading.every & allowed:
            # Villages are not known, so that another country's town of the name is no objection.
            continue
        if reading.kind == "code" or (reading.first and after in ("region", "code")):
            yield reading.every
        elif reading.kind == "city" and after == "country":
            yield reading.every
        elif reading.kind == "city" and after in ("unknown", "name", "hint") and reading.first != reading.every:
            # What follows may be a state we cannot read, and then the city is another one.
            continue
        elif reading.kind not in ("town", "name", "hint"):
            yield reading.first
