"""An answer without a task: for a complete request whose endpoint only waits for the turn in which its model runs.

It saves a task, a future and five coroutines, and of a request whose head is known the parser. Every refusal, and a
request that is not simple, goes the usual way.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
import uuid_utils

from api.access.admission import Gate
from api.access.callers import Callers
from api.errors import ApiError
from api.http.body import CLIENT_GONE, MARK, Body
from api.http.exchange import Reply
from api.http.http_exchange import HttpExchange
from api.http.known_heads import KnownHeads, SoonHead
from api.http.request_head import asked_for
from api.http.routing import Refusal, Route
from api.telemetry.http_metrics import HttpMetrics

OnEnd = Callable[[HttpExchange], None]

log = structlog.stdlib.get_logger(__name__)


class Soon:
    """A request for predictions (an asker), and the place of its answer: the methods of a future that are needed."""

    trial = False
    """A trial goes the usual way."""

    __slots__ = ("_shortcut", "arrived", "exchange", "head", "on_end", "origin", "over", "request_id", "size")

    def __init__(
        self,
        shortcut: "Shortcut",
        head: SoonHead,
        size: int,
        request_id: str,
        exchange: HttpExchange,
        on_end: OnEnd,
    ) -> None:
        self._shortcut = shortcut
        self.head = head
        self.size = size
        self.request_id = request_id
        self.exchange = exchange
        self.on_end = on_end
        self.origin = ""
        self.over = False
        self.arrived = time.perf_counter()

    def done(self) -> bool:
        """Whether no answer is wanted any more."""
        return self.over

    def set_result(self, result: Any, /) -> None:
        self._shortcut.answer(self, result)

    def set_exception(self, error: Exception, /) -> None:
        self._shortcut.fail(self, error)

    def add_done_callback(self, _: Callable[[Any], object], /) -> None:
        """A run that was started beside the loop goes on when its client leaves, and is not recorded."""


class Shortcut:
    """``refuse`` makes an error a reply. While ``draining``, each answer is the last on its connection."""

    def __init__(
        self,
        routes: Iterable[Route],
        metrics: HttpMetrics,
        gate: Gate,
        callers: Callers,
        refuse: Callable[[ApiError, str, Refusal], Reply],
    ) -> None:
        self._routes = {route.template: route for route in routes if route.soon is not None}
        self._metrics = metrics
        self._gate = gate
        self._callers = callers
        self._refuse = refuse
        self._heads = KnownHeads()
        self.draining = False

    def take_known(self, data: bytes, exchange: HttpExchange, on_end: OnEnd) -> Soon | None:
        """Have a request with a known head answered into ``exchange``, which is empty.

        None where ``data`` is not exactly one such request; then nothing was changed, and it goes the usual way.
        """
        found = self._heads.find(data)
        if found is None:
            return None
        return self._ask(found[0], found[1], str(uuid_utils.uuid7()), exchange, on_end)

    def take(self, exchange: HttpExchange, data: bytes, on_end: OnEnd) -> Soon | None:
        """Have a complete request answered. None where it has to go the usual way; then nothing was changed.

        ``data`` are the bytes it came in, if they came between two requests.
        """
        route = self._routes.get(exchange.path)
        if route is None or route.soon is None or exchange.method != "POST" or exchange.query:
            return None
        request_id, allowed, routing_key, version, trial, host, origin = asked_for(exchange.headers)
        if allowed is not None or trial or origin or host not in self._callers.known:
            return None
        try:
            raw = Body(exchange.headers, exchange, self._gate).simple(route.soon.limit, (b"application/json",))
        except ApiError:
            return None
        if raw is None:
            return None
        counters = self._metrics.exchange("POST", route.template, 200)
        head = SoonHead(route, route.soon, routing_key, version, len(raw), *counters)
        soon = self._ask(head, raw, request_id, exchange, on_end)
        if soon is not None and exchange.is_repeatable:
            self._heads.add(data, exchange.headers, head)
        return soon

    def answer(self, soon: Soon, result: Any) -> None:
        """The request's row is in the journal: ``result`` is its endpoint's."""
        if soon.over:
            return
        try:
            body = soon.head.endpoint.encode(result)
        except Exception as error:
            self.fail(soon, error)
            return
        exchange, count = soon.exchange, self._metrics.count_in_flight
        exchange.write_answer(body, soon.request_id, last=self.draining)
        soon.over = True
        self._gate.leave(soon.size)
        count(-1.0)
        soon.head.answered(1.0)
        soon.head.observe(time.perf_counter() - soon.arrived)
        soon.on_end(exchange)

    def fail(self, soon: Soon, error: Exception) -> None:
        """The request has no answer but this error."""
        if soon.over:
            return
        refusal = soon.head.route.refusal
        if isinstance(error, ApiError):
            reply = self._refuse(error, soon.request_id, refusal)
        else:
            log.error("request failed", path=soon.head.route.template, request_id=soon.request_id, exc_info=error)
            reply = refusal(ApiError(), soon.request_id)
        soon.exchange.write_reply(reply, soon.request_id, last=self.draining)
        self._leave(soon, reply.status)
        soon.on_end(soon.exchange)

    def give_up(self, soon: Soon) -> None:
        """The client went away before its answer."""
        self._leave(soon, CLIENT_GONE)

    def _ask(self, head: SoonHead, raw: bytes, request_id: str, exchange: HttpExchange, on_end: OnEnd) -> Soon | None:
        size = len(raw)
        if not self._gate.try_enter(size):
            return None
        soon = Soon(self, head, size, request_id, exchange, on_end)
        try:
            head.endpoint.ask(raw.removeprefix(MARK), soon, head.routing_key, head.version)
        except Exception:
            # the usual way meets the same error, counts it and answers it
            self._gate.leave(size)
            return None
        self._metrics.count_in_flight(1.0)
        return soon

    def _leave(self, soon: Soon, status: int) -> None:
        soon.over = True
        self._gate.leave(soon.size)
        self._metrics.count_in_flight(-1.0)
        self._metrics.count_exchange("POST", soon.head.route.template, status, time.perf_counter() - soon.arrived)
