"""The api's own server, its application replaced by one that does nothing."""

from typing import Any

from api.server.master import Server
from api.settings import Settings


class Nothing:
    """Reads one message of the body, answers 200 and two bytes."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
            return
        await receive()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    def drain(self) -> None:
        """The worker says when it stops."""


class EmptyServer(Server):
    def load(self) -> Nothing:
        return Nothing()


if __name__ == "__main__":
    EmptyServer(Settings()).run()
