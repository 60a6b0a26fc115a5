"""One request while it is read: its head, and its body as it arrives."""

import asyncio
from collections.abc import Callable

from api.http.body import Header, Message

MOST_UNREAD = 256 * 1024
"""Bytes of a body that are kept for an application that has not asked for them; then the client has to wait."""


class Request:
    """The source of a :class:`api.http.body.Body`, and of ASGI's ``receive``."""

    __slots__ = (
        "_kept", "_parts", "_waiter", "complete", "dropped", "expects", "headers", "http_1_0", "keep_alive", "length",
        "lost", "method", "on_end", "path", "query", "target",
    )  # fmt: skip

    def __init__(self) -> None:
        self.method = self.path = ""
        self.target = self.query = b""
        self.headers: list[Header] = []
        self.http_1_0 = False
        self.keep_alive = True
        self.length: int | None = 0
        """Bytes of the body by Content-Length; None where it is chunked."""
        self.expects = False
        """Whether the client waits for 100 Continue before it sends the body."""
        self.complete = False
        self.lost = False
        """The rest of the body will never come."""
        self.dropped = False
        """The rest of the body is not read."""
        self.on_end: Callable[[], None] | None = None
        self._parts: list[bytes] = []
        self._kept = 0
        self._waiter: asyncio.Future[None] | None = None

    @property
    def whole(self) -> bytes | None:
        """The body if all of it is here and none of it was taken, or None."""
        if not self.complete or self._waiter is not None:
            return None
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    @property
    def is_full(self) -> bool:
        return self._kept > MOST_UNREAD

    def feed(self, data: bytes) -> None:
        """A piece of the body has arrived."""
        if self.dropped:
            return
        self._parts.append(data)
        self._kept += len(data)
        self._wake()

    def finish(self) -> None:
        """The body is complete."""
        self.complete = True
        self._wake()
        if self.on_end is not None:
            self.on_end()

    def lose(self) -> None:
        """The client is gone, or what it sends can't be read."""
        self.lost = True
        self._wake()

    def drop(self) -> None:
        """The rest of the body is not read and not kept."""
        self.dropped = True
        self._parts.clear()
        self._kept = 0

    async def receive(self) -> Message:
        """ASGI's ``receive``: waits for the next piece, and after the last one for the client to leave."""
        if not self._parts and not self.complete and not self.lost:
            self.before_wait()
        while not self._parts and not self.lost:
            if self.complete and not self.dropped:
                self.dropped = True
                return {"type": "http.request", "body": b"", "more_body": False}
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if not self._parts:
            return {"type": "http.disconnect"}
        body = b"".join(self._parts)
        self._parts.clear()
        self._kept = 0
        self.after_take()
        if self.complete:
            self.dropped = True
        return {"type": "http.request", "body": body, "more_body": not self.complete}

    def before_wait(self) -> None:
        """The application waits for the body: the moment for 100 Continue."""

    def after_take(self) -> None:
        """There is room for more of the body."""

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
