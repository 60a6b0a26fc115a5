"""The refusal of a large body without room: decided by its head alone, and made once for all of them."""

import time
from collections.abc import Callable, Sequence

import uuid_utils

from api.access.admission import Admission
from api.access.prefix import below
from api.errors import ApiError, OverloadedError
from api.http.body import Header
from api.http.closing import CLOSE
from api.http.cross_origin import CrossOrigin, shared
from api.http.exchange import EarlyReply, Reply
from api.http.known_heads import KnownHeads, RefusedHead
from api.http.request_head import asked_for
from api.http.routing import Refusal, Route, RouteTable
from api.telemetry.counting import adder
from api.telemetry.http_metrics import HttpMetrics

_ANY_ID = "00000000-0000-0000-0000-000000000000"
"""Stands in an answer for the id of a request, which mostly has as many characters."""


class EarlyRefusals:
    """Refuses large bodies unread while the queue is too full for them.

    ``refuse`` makes an error a reply and counts it; ``most_body`` is the longest body that is ever taken, in bytes;
    ``root`` is a path before all addresses. While ``draining``, each answer is the last on its connection.
    """

    def __init__(
        self,
        hot: RouteTable,
        metrics: HttpMetrics,
        admission: Admission,
        refuse: Callable[[ApiError, str, Refusal], Reply],
        *,
        most_body: int,
        cross_origin: CrossOrigin,
        root: str,
    ) -> None:
        self._hot, self._metrics, self._admission = hot, metrics, admission
        self._refuse = refuse
        self._most_body = most_body
        self._cross_origin = cross_origin
        self._root = root
        self._count = adder(metrics.shed.labels(OverloadedError.shed_reason))
        self._made: dict[tuple[str, bool], bytes] = {}
        self._heads = KnownHeads[RefusedHead]()
        self.draining = False

    def refuse_known(self, data: bytes) -> tuple[EarlyReply, int] | None:
        """Refuse a request whose head was refused before, if the queue is too full again.

        Returns the refusal and how many bytes of the body are to come. None where there is room, or ``data`` do not
        start such a request or hold more than it; then it goes the usual way.
        """
        found = self._heads.find_start(data)
        if found is None or not self._admission.is_full(found[0].length):
            return None
        (route, length), start = found
        refusal = self._reply(route, str(uuid_utils.uuid7()), b"", time.perf_counter())
        return refusal, start + length - len(data)

    def refusal(
        self, path: str, headers: Sequence[Header], size: int, *, here: int = 0, data: bytes = b""
    ) -> EarlyReply | None:
        """Refuse a POST by its head if the queue is too full for its body of ``size`` bytes; None where it is not.

        ``here`` of them have come with the head, and count for the heads that are read next: what a client only
        announces takes no place from others. ``data`` are the bytes that start with the head, if the same bytes
        would be the same request.
        A body longer than the limit is left to the application, whose refusal does not ask the client to retry.
        """
        if size > self._most_body:
            return None
        if not self._admission.is_full(size):
            if here:
                self._admission.expect(here)
            return None
        found = self._hot.find(below(path, self._root))
        if found is None or "POST" not in found[0].methods:
            return None
        started, route = time.perf_counter(), found[0]
        request_id, *_, origin = asked_for(headers)
        if data and not origin:
            self._heads.add(data, headers, RefusedHead(route, size))
        return self._reply(route, request_id, origin, started)

    def _reply(self, route: Route, request_id: str, origin: bytes, started: float) -> EarlyReply:
        """The refusal, which is counted."""
        made = None if origin or len(request_id) != len(_ANY_ID) else self._made.get((route.template, self.draining))
        if made is None:
            answer = self._answer(route, request_id, origin)
        else:
            self._count(1.0)
            answer = made.replace(_ANY_ID.encode(), request_id.encode())
        delay = self._admission.refusals.delay()
        taken = time.perf_counter() - started + delay
        self._metrics.count_exchange("POST", route.template, OverloadedError.status, taken)
        return EarlyReply(answer, self.draining, delay)

    def _answer(self, route: Route, request_id: str, origin: bytes) -> bytes:
        ending = (CLOSE,) if self.draining else ()
        reply = self._refuse(OverloadedError(), request_id, route.refusal)
        if origin:
            return shared(reply, self._cross_origin.headers(origin)).as_http(request_id, *ending)
        self._made[route.template, self.draining] = route.refusal(OverloadedError(), _ANY_ID).as_http(_ANY_ID, *ending)
        return reply.as_http(request_id, *ending)
