"""The resources of the API and the application that serves them: all below /api/, to which the console's guard leads."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from gateway.api import (
    approvals,
    audits,
    delays,
    files,
    held,
    incidents,
    inspections,
    mine,
    openapi,
    originals,
    people,
    policy,
    record,
    reports,
    self_checks,
    senders,
    sent,
    specimens,
    status,
    stops,
)
from gateway.api.door import Door
from gateway.api.problem import TITLES, Problem
from gateway.api.resource import Declared
from gateway.console.desk import Desk

ROOT = "/api/v1"
RESOURCES = (
    held.resource,
    originals.resource,
    senders.resource,
    mine.resource,
    sent.resource,
    record.resource,
    inspections.resource,
    policy.resource,
    specimens.resource,
    approvals.resource,
    delays.resource,
    incidents.resource,
    audits.resource,
    stops.resource,
    reports.resource,
    self_checks.resource,
    status.resource,
    people.resource,
    files.resource,
)


def declared() -> tuple[Declared, ...]:
    """Every route with the scope and the right that it needs."""
    return tuple(each for one in RESOURCES for each in one.declared)


def application(desk: Desk) -> Starlette:
    door = Door(desk)

    async def document(request: Request) -> Response:
        """For whoever has a token, whatever its scopes: how to ask is no secret among them."""
        try:
            await door.admitted(request)
        except Problem as problem:
            return door.refused(problem)
        return Response(openapi.text(desk.settings.console.origin, declared()), media_type="application/json")

    async def unknown(request: Request, error: Exception) -> Response:
        """No such route, or not by this method."""
        assert isinstance(error, HTTPException)
        words, headers = TITLES.get(error.status_code, TITLES[400]), dict[str, str]()
        if error.status_code == 405:  # RFC 9110 15.5.6: all that the resource knows, not the first of its routes
            fitting = (each for each in routes if each.matches(request.scope)[0] is not Match.NONE)
            headers["Allow"] = ", ".join(sorted({method for each in fitting for method in each.methods or ()}))
        return door.refused(Problem(f"{words.ja}。", f"{words.en}.", error.status_code, headers))

    routes = [Route(f"{ROOT}/openapi.json", document, methods=["GET"]), *(door.route(ROOT, each) for each in declared())]
    app = Starlette(routes=routes, exception_handlers={HTTPException: unknown})
    app.router.redirect_slashes = False  # no program is led from what is none to what is none
    return app
