"""The application of one worker: FastAPI behind the edge that serves the hot endpoints itself."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException

from api.access.host_check import HostCheck, read_hosts, read_origins
from api.access.keys import Permission
from api.access.prefix import read_root
from api.access.rate_limit import RateLimits
from api.bundle.prover import Proving
from api.errors import ApiError, BadRequestError, MethodNotAllowedError, NotFoundError
from api.http.cross_origin import CrossOrigin
from api.http.edge import Edge
from api.http.guard import guarded
from api.http.routing import RouteTable
from api.lifespan import running
from api.routes import docs, feedback, model, ops, playground, predict, scoring, status, v2
from api.routes.openapi.document import describe
from api.serving.worker_readiness import WorkerReadiness
from api.settings import Settings
from api.state import make_state
from api.telemetry.logs import request_id_of_task


def create_app(
    settings: Settings,
    *,
    slot: int = 0,
    registry: CollectorRegistry | None = None,
    rates: RateLimits | None = None,
    readiness: WorkerReadiness | None = None,
    prover: Proving | None = None,
) -> Edge:
    """Build the application. Nothing is opened before its lifespan starts.

    ``rates`` and ``readiness`` are those of all workers; ``prover`` replaces proofs in a process of their own.
    """
    state = make_state(
        settings,
        slot=slot,
        registry=registry or CollectorRegistry(),
        rates=rates or RateLimits(),
        readiness=readiness or WorkerReadiness(),
        prover=prover,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(state):
            yield

    hot = [route for part in (predict, feedback, v2, scoring, playground, status) for route in part.hot_routes(state)]
    scopes: dict[str, Permission] = {}
    if state.guard is not None:
        scopes = {route.template: route.scope for route in hot if route.scope is not None}
        hot = [guarded(route, state.guard) for route in hot]
    if state.tracing is not None:
        hot = [state.tracing.traced(route) for route in hot]
    # after the guard and the tracing: a visit's twenty files would be twenty traces
    hot += [route for part in (playground, status) for route in part.page_routes(state)]
    root = read_root(settings.root_path)
    app = FastAPI(lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    for router in (
        model.router(state),
        ops.health_router(state),
        ops.metrics_router(state),
        docs.router(lambda: describe(app, state, scopes), root),
    ):
        app.include_router(router)
    origins = read_origins(settings.allowed_origins)
    edge = Edge(
        app,
        RouteTable(hot),
        state.metrics.http,
        state.admission,
        state.drain,
        HostCheck(read_hosts(settings.allowed_hosts), origins),
        most_body=state.settings.max_body_bytes,
        cross_origin=CrossOrigin(origins),
        root=root,
    )
    _install_problems(app, edge)
    return edge


def _install_problems(app: FastAPI, edge: Edge) -> None:
    def respond(error: ApiError) -> Response:
        reply = edge.refuse(error, request_id_of_task.get(""))
        headers = {name.decode(): value.decode() for name, value in reply.headers}
        return Response(reply.body, reply.status, headers | {"content-type": reply.content_type.decode()})

    async def api_error(_: Request, error: Exception) -> Response:
        return respond(error if isinstance(error, ApiError) else ApiError())

    async def http_error(_: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        headers: dict[str, Any] = getattr(error, "headers", None) or {}
        known = {404: NotFoundError(), 405: MethodNotAllowedError(headers.get("Allow", ""))}
        return respond(known.get(status, BadRequestError() if status < 500 else ApiError()))

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, http_error)
