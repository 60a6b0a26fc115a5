"""A request and its answer under any other ASGI server, as tests have it."""

from collections.abc import Sequence

from api.http.body import Header, Message, Receive
from api.http.closing import CLOSE
from api.http.exchange import Reply, Scope, Send


class AsgiExchange:
    """The same as :class:`api.http.http_exchange.HttpExchange`, over ASGI's three arguments."""

    whole = None
    """The body is never here before it is asked for."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self.receive = receive
        self._send = send
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: Sequence[Header] = scope["headers"]
        self.http_1_0 = scope.get("http_version") == "1.0"

    async def reply(self, reply: Reply, request_id: str, *, last: bool) -> None:
        await reply.send(self.send, request_id, *((CLOSE,) if last else ()))

    def scope(self, path: str) -> Scope:
        return {**self._scope, "path": path}

    async def send(self, message: Message) -> None:
        if self.method == "HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)
