"""`POST /predict`: scores in the form of text-embeddings-inference, for programs that were written for it.

Its protocol: https://github.com/huggingface/text-embeddings-inference/blob/main/docs/openapi.json
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from voxpop.api.access import charge, needs
from voxpop.api.batching import Batcher
from voxpop.api.connection import awaited
from voxpop.api.models import MOST_CHARACTERS, MOST_TEXTS
from voxpop.api.problems import documented
from voxpop.api.service import Service
from voxpop.errors import Transient, VoxpopError
from voxpop.scorers.scores import LABELS, UNSCORED
from voxpop.seams import Cutting, Scorer

Inputs = str | list[str] | list[list[str]]
_ERRORS: Final = {
    413: "Validation: more or longer texts than are taken at once; cut with `truncate`, or send them in parts.",
    422: "Tokenizer: the request is not of that form.",
    424: "Backend: scoring failed.",
    429: "Overloaded: too many texts wait, or more than the key may have; `Retry-After` says how long to.",
}
_NAMES: Final = {413: "Validation", 422: "Tokenizer", 424: "Backend", 429: "Overloaded"}


class PredictRequest(BaseModel):
    """Texts in the form of text-embeddings-inference."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"inputs": [["worth the wait"], ["down again"]]}]})

    inputs: Inputs = Field(
        description="A text, or a list of lists of one text each, which is a batch. A list of two texts is one pair, "
        "alone or in a batch, and is scored as one text.",
    )
    truncate: bool | None = Field(
        None, description="false: refuse a text that is longer than the model reads, instead of cutting it."
    )
    raw_scores: bool = Field(False, description="Logits instead of probabilities: their softmax is these.")


class Prediction(BaseModel):
    """A label with its score."""

    score: float = Field(examples=[0.93])
    label: str = Field(examples=["positive"])


class PredictError(BaseModel):
    """What went wrong."""

    error: str = Field(examples=["`inputs` cannot be empty"])
    error_type: str = Field(examples=["Validation"])


def routes(service: Service, batcher: Batcher) -> APIRouter:
    """The route over the batcher; it decodes its body itself, as its errors have a form of their own."""
    router = APIRouter(tags=["score"], dependencies=[needs("score")])
    errors: dict[int | str, dict[str, Any]] = {
        status: {"model": PredictError, "description": said} for status, said in _ERRORS.items()
    }
    schema = {"$ref": f"#/components/schemas/{PredictRequest.__name__}"}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

    @router.post("/predict", responses={**errors, **documented(500)}, openapi_extra=body)
    async def predict(request: Request) -> list[Prediction] | list[list[Prediction]]:
        """Predict like text-embeddings-inference, so that its clients work unchanged.

        Each text has its labels, the likeliest first; texts are scored in whatever language they are. One without
        anything to score, such as a lone link, has the one label `unscored`. A batch has at most 10,000 texts.
        """
        try:
            asked = _read(await request.body())
            texts, is_batch = _texts(asked.inputs)
            _refuse(service.scorer, texts, asked)
            charge(service.door.limits, len(texts))
            rows = (await awaited(request, batcher.score(texts, any_language=True))).to_pylist()
        except (_Refused, HTTPException, VoxpopError) as error:
            return _error(error)  # type: ignore[return-value]
        found = [_predictions(row, asked.raw_scores) for row in rows]
        return found if is_batch else found[0]

    return router


class _Refused(Exception):
    """A request that cannot be answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def _read(body: bytes) -> PredictRequest:
    try:
        # Not pydantic's own decoder, which refuses a text with half a character that others let pass.
        return PredictRequest.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError) as error:
        what = "no such request" if isinstance(error, ValidationError) else "no JSON"
        raise _Refused(422, f"the body is {what}; send {{'inputs': text}} or {{'inputs': [[text], [text]]}}") from error


def _texts(inputs: Inputs) -> tuple[list[str], bool]:
    """The texts, a pair as one of two lines, and whether they are a batch: a flat list is not, but a pair."""
    if isinstance(inputs, str):
        return [inputs], False
    batch = [each if isinstance(each, list) else None for each in inputs]
    is_batch = bool(batch) and batch[0] is not None
    sequences: Sequence[Any] = batch if is_batch else [inputs]
    if any(len(sequence) not in (1, 2) for sequence in sequences):
        raise _Refused(422, "`inputs` is a text, a pair of texts, or a batch of lists with a text or a pair each")
    return ["\n".join(sequence) for sequence in sequences], is_batch


def _refuse(scorer: Scorer, texts: Sequence[str], asked: PredictRequest) -> None:
    if len(texts) > MOST_TEXTS:
        raise _Refused(413, f"batch size {len(texts)} > maximum allowed batch size {MOST_TEXTS}")
    if any(len(text) > MOST_CHARACTERS for text in texts):
        raise _Refused(413, f"a text has at most {MOST_CHARACTERS} characters")
    if asked.truncate is False and isinstance(scorer, Cutting) and any(map(scorer.cuts, texts)):
        raise _Refused(413, "a text is longer than the model reads; set `truncate` to cut it")


def _predictions(row: dict[str, Any], raw_scores: bool) -> list[Prediction]:
    if row["label"] == UNSCORED:
        return [Prediction(label=UNSCORED, score=0.0 if raw_scores else 1.0)]
    found = [Prediction(label=label, score=row[f"p_{label}"]) for label in LABELS]
    if raw_scores:
        # A probability that single precision rounds to 0 has no logarithm; JSON has no infinity.
        found = [each.model_copy(update={"score": math.log(max(each.score, 1e-45))}) for each in found]
    return sorted(found, key=lambda each: -each.score)


def _error(error: Exception) -> JSONResponse:
    status = 424
    headers: dict[str, str] = {}
    if isinstance(error, _Refused):
        status = error.status
    elif isinstance(error, HTTPException):
        status = error.status_code
        headers = dict(error.headers or {})
    elif isinstance(error, Transient):
        status, headers = 429, {"Retry-After": str(math.ceil(error.retry_after or 1))}
    said = str(error.detail) if isinstance(error, HTTPException) else str(error)
    return JSONResponse({"error": said, "error_type": _NAMES.get(status, "Backend")}, status, headers)
