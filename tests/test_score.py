from __future__ import annotations

import pickle
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.posts import post
from voxpop import models
from voxpop import segment as segments
from voxpop.log import Log, Tail
from voxpop.schema import SCORED, Post, to_batch
from voxpop.score import Job, ModelSpec, fingerprint, score_rows, score_texts
from voxpop.seams import Scorer
from voxpop.testing import digest

SPEC = ModelSpec("onnx", models.find("en-small"), threads=2)


class CountingScorer:
    """Passes on to the real scorer and remembers what it was asked."""

    def __init__(self, inner: Scorer) -> None:
        self.model_id, self.languages = inner.model_id, inner.languages
        self.asked: list[str] = []
        self._inner = inner

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self.asked += batch["text"].to_pylist()
        return self._inner(batch)


def scored(*posts: Post, scorer: Scorer | None = None) -> list[dict[str, object]]:
    table = pa.Table.from_batches([to_batch(posts)])
    rows: list[dict[str, object]] = score_rows(scorer or SPEC.open(), table).to_pylist()
    return rows


def test_each_row_gets_a_score_and_keeps_what_it_had() -> None:
    (row,) = scored(post("I love this game so much, best launch ever!", url="https://example.com/1"))
    assert row["label"] == "positive"
    assert row["url"] == "https://example.com/1"
    assert row["model_id"] == SPEC.open().model_id
    assert list(row) == SCORED.names


def test_equal_texts_are_scored_once() -> None:
    counting = CountingScorer(SPEC.open())
    rows = scored(
        post("same"), post("same", post_id="t:2"), post("  same ", post_id="t:3"), post("other"), scorer=counting
    )
    assert sorted(counting.asked) == ["other", "same"]
    assert len({row["polarity"] for row in rows[:3]}) == 1
    assert rows[3]["fingerprint"] != rows[0]["fingerprint"]


def test_a_language_the_model_cannot_read_is_unscored_never_guessed() -> None:
    rows = scored(post("Ich liebe dieses Spiel", lang="de"), post("so good", lang="en-GB"), post("so good!", lang=None))
    assert [row["label"] for row in rows] == ["unscored", "positive", "positive"]
    assert [row["lang_detected"] for row in rows] == ["de", "en", None]
    assert rows[0]["polarity"] is None


GERMAN = "Ich liebe dieses Spiel, es ist einfach großartig geworden"


def test_where_no_source_names_a_language_it_is_detected() -> None:
    rows = scored(post(GERMAN, lang=None), post(GERMAN + "!", lang="und"), post("I love this game so much", lang=None))
    assert [row["lang_detected"] for row in rows] == ["de", "de", "en"]
    assert [row["label"] for row in rows] == ["unscored", "unscored", "positive"]


def test_a_source_s_word_stands_against_the_detection() -> None:
    rows = scored(post(GERMAN, lang="en"), post(GERMAN, lang=None, post_id="t:2"), post("I love it a lot", lang="fr"))
    assert [row["lang_detected"] for row in rows] == ["en", "de", "fr"]
    assert [row["label"] == "unscored" for row in rows] == [False, True, True]


def test_a_scorer_of_any_language_reads_what_is_detected() -> None:
    counting = CountingScorer(SPEC.open())
    counting.languages = frozenset()
    (row,) = scored(post(GERMAN, lang=None), scorer=counting)
    assert (row["lang_detected"], row["label"] == "unscored") == ("de", False)


def test_texts_alone_are_scored_as_posts_without_a_language() -> None:
    texts = pa.array([GERMAN, "I love it", None, ""], pa.string())
    found = score_texts(SPEC.open(), texts)
    assert found["label"].to_pylist() == ["unscored", "positive", "unscored", "unscored"]
    assert found["lang_detected"].to_pylist() == ["de", None, None, None]
    assert "unscored" not in score_texts(SPEC.open(), texts, any_language=True)["label"].to_pylist()[:2]


def test_no_texts_are_no_scores() -> None:
    assert score_texts(SPEC.open(), pa.array([], pa.string())).num_rows == 0


def test_a_readable_copy_of_an_unreadable_text_is_still_scored() -> None:
    rows = scored(post("fantastic", lang="fr"), post("fantastic", lang="en", post_id="t:2"))
    assert [row["label"] for row in rows] == ["unscored", "positive"]


@pytest.mark.parametrize("text", [None, "", "   ", "\u200b"])
def test_nothing_to_read_is_unscored(text: str | None) -> None:
    (row,) = scored(post(text, op="delete" if text is None else "create"))
    assert row["label"] == "unscored"


def test_a_place_keeps_its_provenance() -> None:
    rows = scored(
        post("a", gps_lat=52.5, gps_lon=13.4, place_country="DE"),
        post("b", place_country="BR"),
        post("c", profile_location="Leeds, UK"),
        post("d", profile_location="the moon"),
    )
    assert [(row["country"], row["geo_source"]) for row in rows] == [
        ("DE", "gps"), ("BR", "place"), ("GB", "profile"), (None, "none"),
    ]  # fmt: skip
    assert [row["h3"] is None for row in rows] == [False, True, True, True]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=2, max_size=12), st.data())
def test_rows_score_the_same_however_segments_are_cut(texts: list[str], data: st.DataObject) -> None:
    posts = [post(text, post_id=f"t:{at}") for at, text in enumerate(texts)]
    cut = data.draw(st.integers(1, len(posts) - 1))
    apart, whole = scored(*posts[:cut]) + scored(*posts[cut:]), scored(*posts)
    for one, other in zip(apart, whole, strict=True):
        assert one.pop("label") == other.pop("label")
        for name in ("p_negative", "p_neutral", "p_positive", "polarity"):
            assert one.pop(name) == pytest.approx(other.pop(name), abs=1e-5)
        assert one == other


def test_a_fingerprint_ignores_case_alone() -> None:
    assert fingerprint("GTA VI") == fingerprint("gta vi") != fingerprint("gta  vi")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    log = Log(tmp_path)
    log.append(to_batch([post("good"), post("bad")]), Tail(), {})
    return Job(log.landing, log.scored("m"), SPEC)


def test_running_a_job_again_writes_the_same_bytes(job: Job, tmp_path: Path) -> None:
    (segment,) = Log(tmp_path).segments()
    job(segment)
    first = digest(job.scored)
    job(segment)
    assert digest(job.scored) == first


def test_a_job_travels_to_another_process(job: Job) -> None:
    assert pickle.loads(pickle.dumps(job)) == job


def test_a_torn_landing_segment_is_set_aside_with_its_reason(job: Job, tmp_path: Path) -> None:
    log = Log(tmp_path)
    (segment,) = log.segments()
    (log.landing / segment.path).write_bytes(b"PAR1 torn")
    job(segment)
    assert log.missing("m") == []
    assert "not a whole segment" in (log.scored("m") / segment.path).with_suffix(".poison").read_text()


def test_a_scored_segment_has_the_schema_of_scored(job: Job, tmp_path: Path) -> None:
    (segment,) = Log(tmp_path).segments()
    job(segment)
    assert segments.read(job.scored / segment.path).schema == SCORED


def test_a_bundled_model_travels_by_name_and_another_by_its_directory(tmp_path: Path) -> None:
    assert pickle.loads(pickle.dumps(SPEC)) == SPEC
    assert str(SPEC.directory).encode() not in pickle.dumps(SPEC)
    other = ModelSpec("onnx", tmp_path)
    assert pickle.loads(pickle.dumps(other)) == other
