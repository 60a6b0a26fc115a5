"""An answer without a task: for a complete request whose endpoint only waits for the turn in which its model runs.

It saves a task, a future and five coroutines, and of a request whose head is known the parser. Every refusal, and a
request that is not simple, goes the usual way.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
import uuid_utils

from api.access.admission import Admission
from api.access.host_check import HostCheck
from api.errors import ApiError
from api.http.body import CLIENT_GONE, MARK, Body
from api.http.exchange import Reply
from api.http.http_exchange import HttpExchange
from api.http.known_heads import KnownHeads, OneRowHead
from api.http.request_head import asked_for
from api.http.routing import Refusal, Route
from api.telemetry.http_metrics import HttpMetrics

OnEnd = Callable[[HttpExchange], None]

log = structlog.stdlib.get_logger(__name__)


class PendingAnswer:
    """The context of a request for predictions, and the place of its answer: the methods of a future that it needs."""

    trial = False
    """A trial goes the usual way."""

    __slots__ = ("_shortcut", "arrived", "exchange", "head", "on_end", "origin", "over", "request_id", "size")

    def __init__(
        self,
        shortcut: "Shortcut",
        head: OneRowHead,
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
    """Answers complete requests of immediate endpoints without a task of their own.

    ``refuse`` makes an error a reply. While ``draining``, each answer is the last on its connection.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        metrics: HttpMetrics,
        admission: Admission,
        host_check: HostCheck,
        refuse: Callable[[ApiError, str, Refusal], Reply],
    ) -> None:
        self._routes = {route.template: route for route in routes if route.immediate is not None}
        self._metrics = metrics
        self._admission = admission
        self._host_check = host_check
        self._refuse = refuse
        self._heads = KnownHeads[OneRowHead]()
        self.draining = False

    def take_known(self, data: bytes, exchange: HttpExchange, on_end: OnEnd) -> PendingAnswer | None:
        """Have a request with a known head answered into ``exchange``, which is empty.

        None where ``data`` is not exactly one such request; then nothing was changed, and it goes the usual way.
        """
        found = self._heads.find(data)
        if found is None:
            return None
        head, start = found
        return self._ask(head, data[start:], str(uuid_utils.uuid7()), exchange, on_end)

    def take(self, exchange: HttpExchange, data: bytes, on_end: OnEnd) -> PendingAnswer | None:
        """Have a complete request answered. None where it has to go the usual way; then nothing was changed.

        ``data`` are the bytes it came in, if they came between two requests.
        """
        route = self._routes.get(exchange.path)
        if route is None or route.immediate is None or exchange.method != "POST" or exchange.query:
            return None
        request_id, allowed, routing_key, version, trial, host, origin = asked_for(exchange.headers)
        if allowed is not None or trial or origin or host not in self._host_check.known:
            return None
        try:
            body = Body(exchange.headers, exchange, self._admission)
            raw = body.simple(route.immediate.limit, (b"application/json",))
        except ApiError:
            return None
        if raw is None:
            return None
        counters = self._metrics.exchange("POST", route.template, 200)
        head = OneRowHead(route, route.immediate, routing_key, version, len(raw), *counters)
        pending = self._ask(head, raw, request_id, exchange, on_end)
        if pending is not None and exchange.is_repeatable:
            self._heads.add(data, exchange.headers, head)
        return pending

    def answer(self, pending: PendingAnswer, result: Any) -> None:
        """The request's row is in the journal: ``result`` is its endpoint's."""
        if pending.over:
            return
        try:
            body = pending.head.endpoint.encode(result)
        except Exception as error:
            self.fail(pending, error)
            return
        exchange, count = pending.exchange, self._metrics.count_in_flight
        exchange.write_answer(body, pending.request_id, last=self.draining)
        pending.over = True
        self._admission.leave(pending.size)
        count(-1.0)
        pending.head.answered(1.0)
        pending.head.observe(time.perf_counter() - pending.arrived)
        pending.on_end(exchange)

    def fail(self, pending: PendingAnswer, error: Exception) -> None:
        """The request has no answer but this error."""
        if pending.over:
            return
        refusal = pending.head.route.refusal
        if isinstance(error, ApiError):
            reply = self._refuse(error, pending.request_id, refusal)
        else:
            log.error("request failed", path=pending.head.route.template, request_id=pending.request_id, exc_info=error)
            reply = refusal(ApiError(), pending.request_id)
        pending.exchange.write_reply(reply, pending.request_id, last=self.draining)
        self._leave(pending, reply.status)
        pending.on_end(pending.exchange)

    def give_up(self, pending: PendingAnswer) -> None:
        """The client went away before its answer."""
        self._leave(pending, CLIENT_GONE)

    def _ask(
        self, head: OneRowHead, raw: bytes, request_id: str, exchange: HttpExchange, on_end: OnEnd
    ) -> PendingAnswer | None:
        size = len(raw)
        if not self._admission.try_enter(size):
            return None
        pending = PendingAnswer(self, head, size, request_id, exchange, on_end)
        try:
            head.endpoint.ask(raw.removeprefix(MARK), pending, head.routing_key, head.version)
        except Exception:
            # the usual way meets the same error, counts it and answers it
            self._admission.leave(size)
            return None
        self._metrics.count_in_flight(1.0)
        return pending

    def _leave(self, pending: PendingAnswer, status: int) -> None:
        pending.over = True
        self._admission.leave(pending.size)
        self._metrics.count_in_flight(-1.0)
        self._metrics.count_exchange("POST", pending.head.route.template, status, time.perf_counter() - pending.arrived)
