from __future__ import annotations

import pytest

from voxpop import registry
from voxpop.errors import Terminal


@pytest.mark.parametrize(
    ("seam", "name"), [(seam, name) for seam in registry.BUILT_IN for name in registry.names(seam)]
)
def test_every_registered_name_can_be_loaded(seam: str, name: str) -> None:
    assert registry.load(seam, name).__doc__


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Terminal, match="choose one of bluesky, files, mastodon, replay, x"):
        registry.load("sources", "myspace")
