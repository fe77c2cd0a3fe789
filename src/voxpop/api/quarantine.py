"""`GET /v1/quarantine`: what could not be read, by reason."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from voxpop.api.access import needs
from voxpop.api.models import Count
from voxpop.api.service import Service
from voxpop.quarantine import Reasons


class Why(BaseModel):
    """A reason, and how many records were set aside for it."""

    reason: str = Field(description="It may quote a record, which a stranger wrote: escape it.")
    n: Count
    newest: datetime


class Quarantined(BaseModel):
    """The records that were set aside since the data directory began, by reason, the commonest first."""

    records: Count
    reasons: list[Why]


def routes(service: Service) -> APIRouter:
    """The route over the quarantine beside the service's log."""
    router = APIRouter(prefix="/v1", tags=["status"], dependencies=[needs("read")])

    @router.get("/quarantine")
    def quarantine() -> Quarantined:
        """Why records could not be read; none is lost, each is kept whole in `quarantine/` of the data directory."""
        return quarantined(service)

    return router


def quarantined(service: Service) -> Quarantined:
    """The quarantine's counts; nothing where the service has no log."""
    found = Reasons(service.log.root).counts() if service.log else []
    reasons = [Why(reason=one.reason, n=one.n, newest=one.newest) for one in found]
    return Quarantined(records=sum(one.n for one in found), reasons=reasons)
