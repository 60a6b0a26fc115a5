"""Heads of requests that were read before, by their bytes: a request with one of them needs no parser.

A client sends the same head with nearly every request, but for its Content-Length. Between two requests llhttp keeps
nothing of those before it on a connection that stays open, so reading the same bytes again finds the same.
"""

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from api.http.body import Header
from api.http.routing import ImmediateEndpoint, Route
from api.telemetry.counting import Add

_MOST = 256
"""Heads of one worker; the oldest goes first."""

_LONGEST = 1024
"""Bytes of a head. A longer one is read each time."""

_START, _END = b"POST ", b"\r\n\r\n"

_NEW_EACH_TIME = frozenset({b"x-request-id", b"traceparent", b"authorization", b"x-api-key", b"cookie"})
"""Headers that another request does not repeat, or that are secret and are not kept."""


class Sized(Protocol):
    """A head that was read."""

    @property
    def length(self) -> int:
        """Bytes of the body."""


Head = TypeVar("Head", bound=Sized)


class OneRowHead(NamedTuple):
    """The head of a request for one row, read; the body has ``length`` bytes."""

    route: Route
    endpoint: ImmediateEndpoint
    routing_key: bytes
    version: str
    length: int
    answered: Add
    observe: Add
    """``answered`` counts answers with 200, and ``observe`` takes the seconds of each."""


class RefusedHead(NamedTuple):
    """The head of a request that was refused for its large body of ``length`` bytes, read."""

    route: Route
    length: int


class KnownHeads(Generic[Head]):
    """The heads of one worker."""

    def __init__(self) -> None:
        self._heads: dict[bytes, Head] = {}

    def find(self, data: bytes) -> tuple[Head, int] | None:
        """The head and where the body starts, where ``data`` are the whole of one request whose head is known."""
        found = self.find_start(data)
        return None if found is None or len(data) - found[1] != found[0].length else found

    def find_start(self, data: bytes) -> tuple[Head, int] | None:
        """The same where ``data`` start such a request, and nothing is behind it."""
        end = data.find(_END, 0, _LONGEST) + len(_END)
        head = self._heads.get(data[:end])
        return None if head is None or len(data) - end > head.length else (head, end)

    def add(self, data: bytes, headers: Sequence[Header], head: Head) -> None:
        """Remember the head of a request that was read from ``data``, unless these hold more than it.

        ``data`` must have come between two requests, on a connection that stays open. A head that the parser takes
        ends with its first empty line, so ``length`` bytes behind it are this request's body and nothing else.
        """
        end = data.find(_END, 0, _LONGEST) + len(_END)
        if not data.startswith(_START) or end < len(_START) or len(data) - end > head.length:
            return
        if any(name in _NEW_EACH_TIME for name, _ in headers):
            return
        if len(self._heads) >= _MOST:
            del self._heads[next(iter(self._heads))]
        self._heads[data[:end]] = head
