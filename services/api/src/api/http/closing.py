"""The header that ends a connection, and its way into an ASGI application's answer."""

from api.http.body import Message
from api.http.exchange import Send

CLOSE = (b"connection", b"close")


def closing(send: Send) -> Send:
    """A draining worker closes its connections. A client that does not know it loses its next request."""

    async def send_closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), CLOSE]
        await send(message)

    return send_closing
