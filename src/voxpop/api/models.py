"""What the API takes and gives, as it is documented in `/openapi.json`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_TEXTS = 10_000
MOST_CHARACTERS = 20_000
MOST_CHARACTERS_EXPLAINED = 5_000

Group = Literal["topic", "country", "lang", "source", "label"]
Label = Literal["negative", "neutral", "positive", "unscored"]
# Ranges are documented, not enforced: a probability in single precision may be 1.0000001.
Probability = Annotated[
    float | None,
    Field(description="Null when unscored.", examples=[0.9], json_schema_extra={"minimum": 0, "maximum": 1}),
]
Polarity = Annotated[
    float | None,
    Field(
        description="p_positive - p_negative; null when unscored.",
        examples=[0.88],
        json_schema_extra={"minimum": -1, "maximum": 1},
    ),
]
Net = Annotated[
    float | None,
    Field(
        description="Net sentiment; null where nothing is scored.",
        examples=[0.25],
        json_schema_extra={"minimum": -1, "maximum": 1},
    ),
]
Count = Annotated[int, Field(ge=0, examples=[120])]


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no topic 'x'; /v1/topics lists them"])
    request_id: str | None = Field(None, description="As in `X-Request-ID` and in the server's log.", examples=["a1b2"])


class Texts(BaseModel):
    """Texts to score."""

    model_config = ConfigDict(extra="forbid")

    texts: list[Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(
        max_length=MOST_TEXTS, examples=[["What a lovely morning", "Worst update ever"]]
    )
    any_language: bool = Field(False, description="Score what is in a language that the model cannot read, too.")
    topic: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="What to score towards: a topic's name, or words such as GTA 6; another model answers then.",
    )


class Score(BaseModel):
    """A text's label and probabilities; polarity is p_positive - p_negative."""

    label: Label = Field(examples=["positive"])
    p_negative: Probability
    p_neutral: Probability
    p_positive: Probability
    polarity: Polarity
    lang_detected: str | None = Field(
        description="ISO 639-1, or 639-3 where a language has no shorter code; null for unknown.", examples=["en"]
    )


class Scores(BaseModel):
    """Scores in the order of the texts."""

    model_id: str = Field(description="What the scores depend on: model and text preparation.", examples=["en-small-1"])
    scores: list[Score]


class TextToExplain(BaseModel):
    """A text whose label is to be explained."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        max_length=MOST_CHARACTERS_EXPLAINED, examples=["The battery is great but the screen is horrible"]
    )
    lang: str | None = Field(
        None, max_length=35, description="ISO 639-1, where it is known; null is scored.", examples=["en"]
    )


class ExplainedWord(BaseModel):
    """A word and what it added to the score. `text` is what a stranger wrote: escape it."""

    text: str = Field(examples=["horrible"])
    start: int = Field(ge=0, description="Where it begins in the explained text, in code points.", examples=[39])
    end: int = Field(ge=0, description="Exclusive.", examples=[47])
    polarity_weight: float = Field(description="What it added to the polarity.", examples=[-0.62])
    label_weight: float = Field(description="What it added to the label's probability.", examples=[0.31])


class Explained(BaseModel):
    """A label and the words that carried it, in the order of the text; none when unscored."""

    model_id: str = Field(examples=["en-small-1"])
    text: str = Field(description="The text as the model reads it; the words' places refer to it. Escape it.")
    label: Label
    probability: Probability
    polarity: Polarity
    words: list[ExplainedWord]
    variants: Count = Field(description="How many texts were scored to find out.")


class Counts(BaseModel):
    """Posts by label, and net sentiment."""

    n: Count
    n_neg: Count
    n_neu: Count
    n_pos: Count
    n_unscored: Count
    net: Net


class Bucket(Counts):
    """Counts of the tumbling interval that begins at `start`."""

    start: datetime = Field(examples=["2026-11-19T09:00:00Z"])


class NamedBucket(Bucket):
    """A bucket of one group."""

    name: str | None = Field(
        description="Topic, country, language, source or label; null for unknown.", examples=["DE"]
    )


class Totals(Counts):
    """Counts over a period; shares are of the scored posts."""

    share_negative: Probability
    share_neutral: Probability
    share_positive: Probability
    posts_per_minute: float = Field(ge=0, examples=[42.5])


class Post(BaseModel):
    """A post. `text` and `author` are what a stranger wrote: escape them."""

    post_id: str = Field(examples=["bluesky:at://did:plc:abc/app.bsky.feed.post/3k"])
    source: str = Field(examples=["bluesky"])
    kind: str = Field(description="original, reply, repost or quote.", examples=["original"])
    ref_id: str | None
    author: str | None
    url: str | None
    text: str = Field(examples=["What a lovely morning"])
    lang: str | None = Field(description="ISO 639-1 (639-3 where there is none), null for unknown.", examples=["en"])
    country: str | None = Field(description="ISO 3166-1 alpha-2, null for unknown.", examples=["DE"])
    geo_source: str = Field(examples=["profile"])
    created_at: datetime
    received_at: datetime
    label: Label
    p_negative: Probability
    p_neutral: Probability
    p_positive: Probability
    polarity: Polarity
    topics: list[str]


class Topic(Counts):
    """A topic and its last hour."""

    name: str = Field(examples=["tesla"])
    title: str = Field(examples=["Tesla"])
    query: str = Field(examples=['tesla ("model 3" OR #model3) -is:repost'])
    added: bool = Field(description="Whether it was added here, and can be changed; others stand in the settings.")


class TopicText(BaseModel):
    """The title and the query of a topic."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(None, description="Its name where there is none.", examples=["Espresso machines"])
    query: str = Field(examples=['espresso OR "coffee machine"'])


class NewTopic(TopicText):
    """A topic to add."""

    name: str = Field(description="Lower-case letters, digits and hyphens.", examples=["espresso"])


class QueryText(BaseModel):
    """A query to try."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(examples=['espresso OR "coffee machine"'])
    rows: int = Field(20, ge=0, le=200, description="Posts to show.")


class KeptTopic(BaseModel):
    """A topic as it was kept. New posts are matched against it already; its past is being counted."""

    name: str
    title: str
    query: str = Field(description="In canonical form; it reads back to the same query.")
    backfill_segments: Count = Field(description="Segments of the past that are still to be counted.")


class CaughtPost(BaseModel):
    """A post that a query would catch. `text` and `author` are what a stranger wrote: escape them."""

    post_id: str
    author: str | None
    text: str
    created_at: datetime
    matches: list[tuple[int, int]] = Field(
        description="Where the text says what the query asks for, in code points, the end exclusive.",
        examples=[[[0, 8]]],
    )


class XRules(BaseModel):
    """The rules that the query makes for X's filtered stream; `refused` says why there are none."""

    rules: list[str]
    notes: list[str]
    refused: str | None


class Preview(BaseModel):
    """What a query would catch among the newest posts of the log."""

    query: str
    looked_at: Count
    caught: Count
    examples: list[CaughtPost]
    x: XRules


class Topics(BaseModel):
    """The topics listened for, with counts of [start, end): the last hour before the newest event."""

    start: datetime | None
    end: datetime | None
    all: Counts = Field(description="Every post, on topic or not.")
    topics: list[Topic]


class Status(BaseModel):
    """The state of the service. `pipeline` is as ingest and pipeline report it."""

    notice: str | None = Field(description="What every reader must know about the data.")
    model_id: str
    seq: int = Field(description="Grows with every segment loaded.")
    posts: Count
    start: datetime | None = Field(description="The first event.")
    end: datetime | None = Field(description="The end of the minute of the last event.")
    pipeline: dict[str, Any]


class Update(BaseModel):
    """The data of a live `update`: replace buckets by `start`, and totals and posts whole."""

    seq: int
    topic: str
    width: int
    buckets: list[Bucket]
    totals: Totals
    posts: list[Post]
