"""An ASGI application that does nothing: one message of the body read, 200 and two bytes answered."""

from typing import Any


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer any request, and the lifespan."""
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
