"""An answer without a task: for a complete request whose endpoint only waits for the turn in which its model runs.

It saves a task, a future and five coroutines. Every refusal, and a request that is not simple, goes the usual way.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from api.access.admission import Gate
from api.access.callers import Callers
from api.errors import ApiError
from api.http.body import CLIENT_GONE, Body
from api.http.exchange import Reply
from api.http.http_exchange import HttpExchange
from api.http.request_head import asked_for
from api.http.routing import Refusal, Route
from api.telemetry.metrics import Metrics

log = structlog.stdlib.get_logger(__name__)


class Soon:
    """A request for predictions (an asker), and the place of its answer: the methods of a future that are needed."""

    __slots__ = (
        "_end",
        "arrived",
        "body",
        "encode",
        "exchange",
        "on_end",
        "origin",
        "over",
        "request_id",
        "route",
        "started",
    )

    def __init__(
        self,
        exchange: HttpExchange,
        body: Body,
        request_id: str,
        route: Route,
        encode: Callable[[Any], bytes],
        end: Callable[["Soon", Any, Exception | None], None],
        on_end: Callable[[HttpExchange], None],
    ) -> None:
        self.exchange = exchange
        self.body = body
        self.request_id = request_id
        self.route = route
        self.encode = encode
        self.on_end = on_end
        self.origin = ""
        self.over = False
        self._end = end
        self.started = time.perf_counter()
        self.arrived = self.started

    def done(self) -> bool:
        """Whether nobody waits for the answer."""
        return self.over

    def set_result(self, result: Any, /) -> None:
        self._end(self, result, None)

    def set_exception(self, error: Exception, /) -> None:
        self._end(self, None, error)

    def add_done_callback(self, _: Callable[[Any], object], /) -> None:
        """A run that was started beside the loop goes on when its client leaves, and is not recorded."""


class Shortcut:
    """``refuse`` makes an error a reply; ``is_last`` says whether an answer is the last on its connection."""

    def __init__(
        self,
        routes: Iterable[Route],
        metrics: Metrics,
        gate: Gate,
        callers: Callers,
        refuse: Callable[[ApiError, str, Refusal], Reply],
        is_last: Callable[[], bool],
    ) -> None:
        self._routes = {route.template: route for route in routes if route.soon is not None}
        self._metrics = metrics
        self._gate = gate
        self._callers = callers
        self._refuse = refuse
        self._is_last = is_last

    def take(self, exchange: HttpExchange, on_end: Callable[[HttpExchange], None]) -> Soon | None:
        """Have a complete request answered, or return None: it goes the usual way, and nothing was done about it."""
        route = self._routes.get(exchange.path)
        if route is None or route.soon is None or exchange.method != "POST" or exchange.query:
            return None
        request_id, allowed, routing_key, version, host, origin = asked_for(exchange.headers)
        if allowed is not None or origin or host not in self._callers.known:
            return None
        body = Body(exchange.headers, exchange, self._gate)
        soon = Soon(exchange, body, request_id, route, route.soon.encode, self._end, on_end)
        try:
            raw = body.take(route.soon.limit, (b"application/json",))
            if raw is None:
                return None
            soon.arrived = body.arrived
            route.soon.ask(raw, soon, routing_key, version)
        except Exception:
            # the usual way meets the same error, counts it and answers it
            body.leave()
            return None
        self._metrics.count_in_flight(1.0)
        return soon

    def give_up(self, soon: Soon) -> None:
        """The client went away before its answer."""
        self._leave(soon, CLIENT_GONE)

    def _end(self, soon: Soon, result: Any, error: Exception | None) -> None:
        if soon.over:
            return
        try:
            reply = self._reply(soon, result, error)
        except ApiError as refused:
            reply = self._refuse(refused, soon.request_id, soon.route.refusal)
        except Exception:
            log.exception("request failed", path=soon.route.template, request_id=soon.request_id)
            reply = soon.route.refusal(ApiError(), soon.request_id)
        soon.exchange.write_reply(reply, soon.request_id, last=self._is_last())
        self._leave(soon, reply.status)
        soon.on_end(soon.exchange)

    def _reply(self, soon: Soon, result: Any, error: Exception | None) -> Reply:
        if error is not None:
            raise error
        return Reply(200, soon.encode(result))

    def _leave(self, soon: Soon, status: int) -> None:
        soon.over = True
        soon.body.leave()
        self._metrics.count_in_flight(-1.0)
        self._metrics.count_exchange("POST", soon.route.template, status, time.perf_counter() - soon.started)
