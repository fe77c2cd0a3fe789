from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "posts.csv"
    path.write_text(
        "id,text,created_at\n1,GTA 6 is amazing,2026-11-19\n2,gta6 servers down again,2026-11-19\n3,,never\n"
    )
    return path
