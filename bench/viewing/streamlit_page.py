"""The overview in small, as one makes it with Streamlit: numbers, chart, topics and newest posts of a choice.

The same queries on the same store as Voxpop's page; only what is around them differs.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from bench.history import TOPICS
from voxpop.stores import queries
from voxpop.stores.duckdb import DuckDBStore
from voxpop.stores.file import connect
from voxpop.stores.queries import ALL, Filter

RANGES = {"24 h": (timedelta(days=1), timedelta(minutes=10)), "7 d": (timedelta(days=7), timedelta(hours=1))}
COLOURS = {"n_neg": "#d55e00", "n_neu": "#7d8796", "n_pos": "#0e86a8", "n_unscored": "#cccccc"}


@st.cache_resource
def store() -> Any:
    """The store, opened once for all sessions; the bench loads nothing into it meanwhile."""
    return DuckDBStore(connect(Path(sys.argv[1])), TOPICS)


def chart(rows: Any) -> go.Figure:
    """Net sentiment over the volume by label."""
    starts = rows["start"].to_pylist()
    bars = [
        go.Bar(x=starts, y=rows[name].to_pylist(), marker_color=colour, yaxis="y2") for name, colour in COLOURS.items()
    ]
    line = go.Scatter(x=starts, y=rows["net"].to_pylist(), mode="lines")
    return go.Figure([line, *bars]).update_layout(
        barmode="stack",
        xaxis={"anchor": "y2"},
        yaxis={"domain": [0.45, 1]},
        yaxis2={"domain": [0, 0.4]},
        showlegend=False,
        height=450,
    )


def main() -> None:
    st.set_page_config("Voxpop", layout="wide")
    names = [ALL, *(topic.name for topic in TOPICS.topics)]
    topic = st.radio("Topic", names, horizontal=True)
    length, width = RANGES[st.radio("Range", list(RANGES), horizontal=True)]
    known = queries.span(store())
    assert known, "the bench gives it a store with posts"
    filter = Filter(topic, known.end - length, known.end)
    totals = queries.compare(store(), filter).current
    for column, (name, value) in zip(
        st.columns(3),
        {
            "Posts": f"{totals.n:,}",
            "A minute": f"{totals.posts_per_minute:.1f}",
            "Net": f"{totals.net or 0:+.3f}",
        }.items(),
        strict=True,
    ):
        column.metric(name, value)
    st.plotly_chart(chart(queries.series(store(), filter, width)))
    st.dataframe(queries.by(store(), filter, "topic"))
    st.dataframe(queries.by(store(), filter, "country"))
    st.dataframe(queries.posts(store(), filter, 25).select(["created_at", "label", "text", "lang", "country"]))


main()
