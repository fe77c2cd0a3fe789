from __future__ import annotations

import pyarrow as pa
import pytest

from tests.posts import post
from voxpop.schema import POST, SCORED, TIMESTAMP, Post, to_batch, to_posts

ALLOWED = {pa.string(), pa.bool_(), pa.int64(), pa.float32(), pa.float64(), TIMESTAMP}


def test_posts_survive_the_way_to_arrow_and_back() -> None:
    posts = [
        post("a", gps_lat=1.5, gps_lon=-2.5),
        post(None, op="delete", rev="9"),
        post("ü 🎮", kind="reply", ref_id="t:1"),
    ]
    assert to_posts(to_batch(posts)) == posts


def test_the_struct_and_the_schema_name_the_same_fields() -> None:
    assert set(Post.__struct_fields__) == set(POST.names)


def test_only_types_that_survive_every_store_are_used() -> None:
    assert {field.type for field in SCORED} <= ALLOWED


def test_a_post_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="created_at"):
        to_batch([Post(post_id="t:1", source="t", text="x")])
