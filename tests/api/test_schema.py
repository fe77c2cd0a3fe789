"""Whatever the description allows, and much that it does not, is answered as described: never by a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from docs.generate import describable
from tests.api.serving import serving
from tests.api.test_app import ROWS
from tests.api.wordlist import WordScorer, pipeline_status
from tests.posts import post
from tests.stores.scored import TOPICS, cut
from voxpop.api.app import Service, create_api
from voxpop.catalogue import Catalogue
from voxpop.log import Log
from voxpop.schema import to_batch
from voxpop.stores.duckdb import DuckDBStore

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DESCRIBED = schemathesis.openapi.from_dict(create_api(describable()).openapi())
OPERATIONS = [result.ok() for result in DESCRIBED.get_all_operations() if isinstance(result, Ok)]
"""All of them: what could not be read would be one too few, which a test counts."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on the recording of nothing much, whose live streams end at once."""
    directory: Path = tmp_path_factory.mktemp("served")
    catalogue = Catalogue(TOPICS.topics, directory)
    store = DuckDBStore.open(directory / "store.duckdb", catalogue.matcher)
    catalogue.followed_by(store.follow)
    log = Log(directory)
    log.append(to_batch([post("a plum"), post("a pear")]), log.tail(), {})
    store.load(*cut(ROWS, [])[0])
    with serving(
        Service(store, WordScorer(), catalogue, None, pipeline_status, closing=lambda: True, log=log)
    ) as address:
        yield address
    store.close()


def test_every_operation_can_be_read() -> None:
    assert len(OPERATIONS) == sum(map(len, create_api(describable()).openapi()["paths"].values()))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_operation_answers_as_described(address: str, operation: Any, mode: GenerationMode) -> None:
    parameters = [*operation.path_parameters, *operation.query, *operation.body]
    if mode == GenerationMode.NEGATIVE and not parameters:
        return

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: Any) -> None:
        response = case.call(base_url=address, timeout=60)
        # This server is about to stop, so that streams end, and says so where it is asked whether it is ready.
        checks = CHECKS[1:] if case.path == "/readyz" else CHECKS
        case.validate_response(response, checks=checks)

    answered()
