"""Metrics of one server in Prometheus' conventions: names end in their unit, totals only grow."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from voxpop.errors import VoxpopError

Status = Callable[[], dict[str, Any]]
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TEXTS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_OUTCOMES: Final = ("landed", "duplicate", "quarantined")


class Metrics:
    """What is measured of one server, in a registry of its own: two servers of one process share nothing.

    Any thread may observe.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "voxpop_http_request_duration_seconds",
            "Time to answer a request; of a live stream, to begin it.",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=SECONDS,
        )
        self.queries = Histogram(
            "voxpop_store_query_duration_seconds",
            "Time of a store's named query, by API and dashboard.",
            ("query",),
            registry=self.registry,
            buckets=SECONDS,
        )
        self.scoring = Histogram(
            "voxpop_score_duration_seconds",
            "Time of one run of the model for the API.",
            registry=self.registry,
            buckets=SECONDS,
        )
        self.batches = Histogram(
            "voxpop_score_batch_texts",
            "Texts in one run of the model for the API.",
            registry=self.registry,
            buckets=TEXTS,
        )
        self.drift = Gauge(
            "voxpop_model_drift_index",
            "Population stability index of posts against what is normal for the model, as of the last look.",
            ("measure",),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "voxpop_score_waiting_texts",
            "Texts of requests that wait for the model; those that it is at are not counted.",
            registry=self.registry,
        )


class Exposition(Collector):
    """All metrics of a server: what was measured, and its status as `/v1/status` has it, asked once for each reading.

    What a server does not know (one that ingests nothing has no account) is left out, never zero.
    """

    def __init__(self, metrics: Metrics, status: Status, streams: Callable[[], int]) -> None:
        self._metrics = metrics
        self._status = status
        self._streams = streams

    def collect(self) -> Iterator[Metric]:
        """Every metric as of now."""
        yield from self._metrics.registry.collect()
        try:
            status, is_known = self._status(), 1
        except VoxpopError:
            status, is_known = {}, 0
        yield GaugeMetricFamily("voxpop_status_known", "1 where the status below could be asked, 0 if not.", is_known)
        yield GaugeMetricFamily("voxpop_live_streams", "Live streams that are open.", self._streams())
        yield from self._ingest(status.get("account"))
        yield from self._pipeline(status)
        yield from self._scorer(status.get("scorer"))
        yield from self._alerts(status.get("alerts"))
        if is_known:
            yield self._gaps(status.get("gaps") or [])

    def _ingest(self, account: dict[str, Any] | None) -> Iterator[Metric]:
        if account:
            records = CounterMetricFamily(
                "voxpop_records", "Records read since the server began, by what became of them.", labels=("outcome",)
            )
            for outcome in _OUTCOMES:
                records.add_metric([outcome], account[outcome])
            yield records

    def _pipeline(self, status: dict[str, Any]) -> Iterator[Metric]:
        gauges = {
            "behind_segments": ("voxpop_pipeline_behind_segments", "Segments that wait to be scored."),
            "backfill_segments": ("voxpop_backfill_segments", "Loaded segments whose new topics are not counted yet."),
            "lag_seconds": ("voxpop_lag_seconds", "Since the newest event in the store was received."),
        }
        for key, (name, words) in gauges.items():
            if status.get(key) is not None:
                yield GaugeMetricFamily(name, words, status[key])
        if done := status.get("loads"):
            yield CounterMetricFamily("voxpop_loaded_segments", "Segments loaded into the store.", done["segments"])
            yield CounterMetricFamily("voxpop_loaded_posts", "Scored posts loaded into the store.", done["posts"])
            yield SummaryMetricFamily(
                "voxpop_segment_score_duration_seconds", "Time to score a segment.", done["scored"], done["seconds"]
            )

    def _scorer(self, scorer: dict[str, Any] | None) -> Iterator[Metric]:
        if scorer:
            yield CounterMetricFamily("voxpop_scorer_texts", "Texts that the scorer was asked for.", scorer["texts"])
            words = "Texts among them that it remembered, without a run of the model."
            yield CounterMetricFamily("voxpop_scorer_remembered_texts", words, scorer["remembered"])

    def _alerts(self, alerts: dict[str, Any] | None) -> Iterator[Metric]:
        if alerts:
            yield GaugeMetricFamily("voxpop_alerts_open", "Alerts that are not over.", alerts["open"])
            words = "Notices of alerts, by channel and what became of them."
            notices = CounterMetricFamily("voxpop_alert_notices", words, labels=("channel", "outcome"))
            for outcome in ("sent", "failed"):
                for channel, count in alerts[outcome].items():
                    notices.add_metric([channel, outcome], count)
            yield notices

    def _gaps(self, gaps: list[dict[str, Any]]) -> Metric:
        open_gaps = GaugeMetricFamily(
            "voxpop_gaps_open", "Periods that are not heard now, or not yet.", labels=("source", "state")
        )
        for (source, state), count in Count((gap["source"], gap["state"]) for gap in gaps).items():
            open_gaps.add_metric([source, state], count)
        return open_gaps
