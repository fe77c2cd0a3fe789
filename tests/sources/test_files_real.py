"""Real exports, where they lie beside the repository: every record is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.reading import read

REAL = Path(__file__).parents[3] / "shared" / "data"

REAL_ACCOUNT = {
    "streams/iphone14_x_api_v2.csv.gz": (10_000, 0, {}),
    "streams/iphone14_x_api_v2_users.json.gz": (0, 0, {"user": 4332}),
    "streams/fifa2022.csv.gz": (10_000, 0, {}),
    "streams/covid_2021_2022.csv.gz": (20_000, 0, {}),
    "streams/pixel6.csv.gz": (2202, 0, {}),
    "streams/bluesky_tags.csv.gz": (8140, 0, {}),
    "streams/snscrape_bitcoin_2022.jsonl.gz": (500, 0, {}),
    "streams/snscrape_pt_2021.jsonl.gz": (538, 0, {}),
    "streams/twscrape_2023.jsonl.gz": (150, 0, {}),
    "fixtures/x_api_v2/2sets.jsonl.gz": (200, 0, {"partial error": 1}),
    "fixtures/x_api_v2/counts.jsonl.gz": (0, 0, {"count": 169}),
    "fixtures/x_api_v2/edited.jsonl.gz": (1, 0, {}),
    "fixtures/x_api_v2/flat.jsonl.gz": (100, 0, {}),
    "fixtures/x_api_v2/lists.jsonl.gz": (0, 0, {"list": 6}),
    "fixtures/x_api_v2/streaming_output_with_error.jsonl.gz": (7, 1, {}),
    "fixtures/x_api_v2/tweets_compliance.jsonl.gz": (2, 0, {}),
    "fixtures/x_api_v2/users.jsonl.gz": (0, 0, {"user": 96, "partial error": 8}),
    "fixtures/x_api_v2/users_compliance.jsonl.gz": (0, 2, {}),
    "fixtures/x_api_v2/withheld.jsonl.gz": (215, 0, {"partial error": 5}),
}


@pytest.mark.parametrize("name", REAL_ACCOUNT)
def test_real_exports_are_accounted_for(name: str) -> None:
    if not (REAL / name).exists():
        pytest.skip(f"the real file {name} is not beside this repository")
    found = read(REAL / name)
    assert (len(found.posts), len(found.rejected), dict(found.ignored)) == REAL_ACCOUNT[name]
