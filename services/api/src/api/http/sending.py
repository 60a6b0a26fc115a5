"""Ways to send an answer: without its body, and as the last one on its connection."""

from api.http.body import Message
from api.http.exchange import Send

CLOSE = (b"connection", b"close")


def without_body(send: Send) -> Send:
    """The answer to HEAD: the headers of the answer to GET, and nothing else."""

    async def send_headers(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_headers


def closing(send: Send) -> Send:
    """A draining worker closes its connections. A client that does not know it loses its next request."""

    async def send_closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), CLOSE]
        await send(message)

    return send_closing
