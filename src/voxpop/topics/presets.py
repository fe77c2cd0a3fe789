"""The topics that come with Voxpop."""

from __future__ import annotations

from typing import Final

from voxpop.topics.topic import Topic

_GTA6: Final = """
gta6 OR gta-6 OR gtavi OR gta-vi OR grandtheftauto6 OR grandtheftautovi
OR "gta 6" OR "gta vi" OR "gta six"
OR "grand theft auto 6" OR "grand theft auto vi" OR "grand theft auto six"
OR #gta6trailer OR #gtavitrailer OR #gta6leak OR #gta6leaks
"""
_TESLA: Final = """
tesla OR teslas OR tsla OR cybertruck OR cybertrucks OR テスラ OR 特斯拉 OR 테슬라
OR "model 3" OR "model y"
OR #teslamotors OR #model3 OR #modely OR #teslamodel3 OR #teslamodely
"""
_PIXEL_FOLD: Final = """
pixelfold OR pixel-fold OR pixel9profold OR pixel10profold
OR "pixel fold" OR "pixel 9 fold" OR "pixel 9 pro fold" OR "pixel 10 fold" OR "pixel 10 pro fold"
OR #googlepixelfold
"""

PRESETS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        Topic.read("gta6", "GTA 6", _GTA6),
        Topic.read("tesla", "Tesla", _TESLA),
        Topic.read("pixel-fold", "Pixel Fold", _PIXEL_FOLD),
    )
}
"""Topics ready to use, by name. They favour recall: "model 3" and the name of Nikola Tesla are on topic."""
