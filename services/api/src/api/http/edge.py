"""The edge of the application, pure ASGI: request ids, metrics, errors, and the short way to the hot endpoints."""

import asyncio
import time
from collections.abc import Callable

import structlog
import uuid_utils

from api.access.admission import Admission
from api.access.host_check import HostCheck
from api.access.prefix import below
from api.errors import ApiError, CrowdedError, MethodNotAllowedError, OverloadedError
from api.http.asgi_exchange import AsgiExchange
from api.http.body import CLIENT_GONE, Body, ClientGoneError, Message, Receive
from api.http.closing import CLOSE, closing
from api.http.cross_origin import CrossOrigin, preflight, shared
from api.http.early_refusals import EarlyRefusals
from api.http.exchange import App, Call, Exchange, Reply, Scope, Send
from api.http.head_decision import HeadDecision
from api.http.problem import problem
from api.http.request_head import asked_for, is_trial, milliseconds
from api.http.routing import Refusal, Route, RouteTable, within
from api.http.shortcut import Shortcut
from api.telemetry.http_metrics import HttpMetrics
from api.telemetry.logs import request_id_of_task

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.stdlib.get_logger(__name__)


class Edge:
    """Wraps the application. Requests for a hot route go straight to its endpoint and never meet the framework."""

    def __init__(
        self,
        app: App,
        hot: RouteTable,
        metrics: HttpMetrics,
        admission: Admission,
        on_drain: Callable[[], None],
        host_check: HostCheck,
        *,
        most_body: int,
        cross_origin: CrossOrigin,
        root: str = "",
    ) -> None:
        """``most_body`` is the longest body that is ever taken, in bytes; ``root`` is a path before all addresses."""
        self._app, self._hot, self._metrics, self._admission = app, hot, metrics, admission
        self._on_drain = on_drain
        self._host_check = host_check
        self._cross_origin = cross_origin
        self._root = root
        self._draining = False
        self.unread = EarlyRefusals(
            hot, metrics, admission, self.refuse, most_body=most_body, cross_origin=cross_origin, root=root
        )
        self.shortcut = Shortcut(hot.fixed(), metrics, admission, host_check, self.refuse)

    def drain(self) -> None:
        """From now on each answer is the last on its connection, and says so."""
        self._draining = self.shortcut.draining = self.unread.draining = True
        self._on_drain()

    def refuse_connection(self) -> bytes:
        """The answer to a request that is not even parsed, because there are too many connections."""
        request_id = str(uuid_utils.uuid7())
        return self.refuse(CrowdedError(), request_id).as_http(request_id, CLOSE)

    def refuse_last(self, error: ApiError) -> bytes:
        """The answer to a request that never reaches the application. The connection ends with it."""
        request_id = str(uuid_utils.uuid7())
        reply = self.refuse(error, request_id)
        self._metrics.count_exchange("other", "unmatched", reply.status, 0.0)
        return reply.as_http(request_id, CLOSE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: the lifespan, and requests under any server but ours."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] == "http":
            await self.serve(AsgiExchange(scope, receive, send))
        else:
            await self._app(scope, receive, send)

    async def serve(self, exchange: Exchange) -> None:
        """Answer one request."""
        started = time.perf_counter()
        request_id, allowed, routing_key, version, _, host, origin = asked_for(exchange.headers)
        request_id_of_task.set(request_id)
        self._metrics.count_in_flight(1.0)
        decision = HeadDecision(request_id)
        if origin or host not in self._host_check.known:
            denial = self._host_check.denial(host, origin, http_1_0=exchange.http_1_0)
            decision = HeadDecision(
                request_id, denial, self._cross_origin.headers(origin) if origin and denial is None else ()
            )
        status, route, method = CLIENT_GONE, "unmatched", exchange.method
        try:
            path = below(exchange.path, self._root) if self._root else exchange.path
            if path[-1:] == "/" and path != "/":
                path = path[:-1]
            found = self._hot.find(path)
            if found is not None:
                route = found[0].template
            if decision.cors and (permission := preflight(method, exchange.headers, decision.cors)) is not None:
                status = permission.status
                await exchange.reply(shared(permission, decision.cors), request_id, last=self._draining)
            elif found is not None:
                body = Body(exchange.headers, exchange, self._admission)
                call = Call(
                    exchange.headers, body, request_id, found[1],
                    routing_key=routing_key, version=version, query=exchange.query,
                )  # fmt: skip
                status = await self._hot_path(found[0], call, exchange, decision, allowed)
            else:
                scope = exchange.scope(path)
                if method == "HEAD":
                    # whatever can be read can be asked about: the framework's routes know only GET
                    scope["method"] = "GET"
                status = await self._framework(scope, exchange, decision)
                route = _route_template(scope)
        finally:
            self._metrics.count_in_flight(-1.0)
            method = method if method in _METHODS else "other"
            self._metrics.count_exchange(method, route, status, time.perf_counter() - started)

    async def _hot_path(
        self, route: Route, call: Call, exchange: Exchange, decision: HeadDecision, allowed: bytes | None
    ) -> int:
        delay = 0.0
        try:
            if decision.denial is not None:
                raise decision.denial
            endpoint = route.methods.get("GET" if exchange.method == "HEAD" else exchange.method)
            if endpoint is None:
                raise MethodNotAllowedError(", ".join(route.methods))
            call.trial = is_trial(call.header(b"x-trial", b"false"))
            reply = await (endpoint(call) if allowed is None else within(milliseconds(allowed), endpoint, call))
        except ApiError as error:
            reply = self.refuse(error, call.request_id, route.refusal)
            if isinstance(error, OverloadedError):
                delay = self._admission.refusals.delay()
        except ClientGoneError:
            return CLIENT_GONE
        except Exception:
            log.exception("request failed", path=exchange.path[:200], request_id=call.request_id)
            reply = route.refusal(ApiError(), call.request_id)
        finally:
            call.body.leave()
        if delay:
            await asyncio.sleep(delay)
        if decision.cors:
            reply = shared(reply, decision.cors)
        # asked now and not when the request came: the drain may have started in between
        await exchange.reply(reply, call.request_id, last=self._draining)
        return reply.status

    async def _framework(self, scope: Scope, exchange: Exchange, decision: HeadDecision) -> int:
        status, request_id = 0, decision.request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    *decision.cors,
                    (b"x-request-id", request_id.encode()),
                ]
            await (closing(exchange.send) if self._draining else exchange.send)(message)

        try:
            if decision.denial is not None:
                raise decision.denial
            await self._app(scope, exchange.receive, send_with_id)
        except ApiError as error:
            reply = self.refuse(error, request_id)
        except Exception:
            log.exception("request failed", path=exchange.path[:200], request_id=request_id)
            reply = problem(ApiError(), request_id)
        else:
            return status or 500
        if status == 0:
            await exchange.reply(shared(reply, decision.cors), request_id, last=self._draining)
        return reply.status

    def refuse(self, error: ApiError, request_id: str, refusal: Refusal = problem) -> Reply:
        """Make an error an answer; what is the service's own fault is counted and logged."""
        if error.shed_reason is not None:
            self._metrics.shed.labels(error.shed_reason).inc()
        elif error.status >= 500:
            log.error("request failed", error=error.detail, kind=error.slug, request_id=request_id, exc_info=error)
        return refusal(error, request_id)


def _route_template(scope: Scope) -> str:
    """The matched route's template, because the path itself would be a label per client."""
    return getattr(scope.get("route"), "path", "unmatched")
