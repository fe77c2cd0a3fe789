"""What a route needs: every route of the API names the scope that opens it, or the service does not start."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes

from voxpop.api.caller import SCOPES, Caller, Scope, current
from voxpop.api.door import OPEN, lacking
from voxpop.api.limits import Limits

BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="An API key of `voxpop keys create`.")
HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="header", description="The same key.")


async def scoped(
    request: Request,
    needed: SecurityScopes,
    bearer: Annotated[Any, Security(BEARER)],
    header: Annotated[Any, Security(HEADER)],
) -> None:
    """Refuse a caller whose key lacks the scope; who asks is known already, and the schemes are for the description.

    Raises:
        HTTPException: 403.
    """
    caller: Caller = request.state.caller
    for scope in needed.scopes:
        if scope not in caller.scopes:
            raise HTTPException(403, *lacking(scope))


def needs(scope: Scope) -> Any:
    """A dependency for a route or a router: the caller's key has this scope. One for each route."""
    return Security(scoped, scopes=[scope])


def charge(limits: Limits, texts: int) -> None:
    """Count texts to be scored for the current caller.

    Raises:
        HTTPException: 429, they are more than it may have scored now; none is counted.
    """
    left = limits.take("texts", current().counted_as, texts)
    if left and not left.taken:
        detail = f"that is more than {left.quota:,} texts a minute; wait {left.seconds} s, or send fewer"
        raise HTTPException(429, detail, left.headers())


def declared(api: FastAPI) -> dict[str, list[str]]:
    """What each described route needs, by method and path."""
    found: dict[str, list[str]] = {}
    for context in iter_route_contexts(api.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for method in sorted(context.methods or ()):
                found[f"{method} {context.path}"] = _scopes(context.dependant)
    return found


def _scopes(dependant: Dependant) -> list[str]:
    return [
        scope for part in dependant.dependencies if part.call is scoped for scope in part.own_oauth_scopes or ()
    ]  # fmt: skip


def refuse_undeclared(api: FastAPI) -> None:
    """Let no route that is there by now be without a scope of its own, but those that are open to anybody.

    What is added later, such as the dashboard, needs `read`; that is the door's doing, which asks `api.state.scoped`
    which paths look after themselves.

    Raises:
        TypeError: some route needs no scope, or an unknown one, or two; names them.
    """
    wrong = [
        name
        for name, scopes in declared(api).items()
        if name.split(" ")[1] not in OPEN and not (len(scopes) == 1 and scopes[0] in SCOPES)
    ]
    if wrong:
        raise TypeError(f"{', '.join(wrong)}: give each one scope, as a dependency of voxpop.api.access.needs")
    routes = [one for one in iter_route_contexts(api.routes) if isinstance(one.original_route, APIRoute)]
    api.state.scoped = tuple({one.path_regex for one in routes if one.path not in OPEN})
