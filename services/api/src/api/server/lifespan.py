"""An ASGI application's lifespan: started before the worker listens, ended after its last answer."""

import asyncio
from typing import Any

from api.http.exchange import App

_START_SECONDS, _STOP_SECONDS = 30.0, 30.0


class Lifespan:
    """The start and the end of an ASGI application.

    Raises RuntimeError where the application says that it failed, or ends before it was asked to.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="lifespan")
        await self._ask("startup", _START_SECONDS)

    async def stop(self) -> None:
        await self._ask("shutdown", _STOP_SECONDS)
        if self._task is not None:
            await self._task

    async def _ask(self, event: str, seconds: float) -> None:
        self._asked.put_nowait({"type": f"lifespan.{event}"})
        answer = await asyncio.wait_for(self._answers.get(), seconds)
        if answer != f"lifespan.{event}.complete":
            raise RuntimeError(f"the application's {event} failed: {answer}")

    async def _run(self) -> None:
        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._asked.get, self._send)
        except Exception as error:
            self._answers.put_nowait(repr(error))
        else:
            self._answers.put_nowait("it ended")

    async def _send(self, message: Any) -> None:
        self._answers.put_nowait(str(message.get("message") or message["type"]))
