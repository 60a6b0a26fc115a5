"""/status: how the service is doing, for a person; /status.json has its numbers."""

import asyncio
import time
from typing import Any

import orjson

from api.access.prefix import read_root
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.routes.other_services import other_services
from api.routes.page import Page, page_route
from api.routes.unserved import unserved
from api.state import State
from api.status.courier_file import read_courier
from api.status.report import make_report
from api.status.sample import make_sample

_FRESH_SECONDS = 1.0
_PAGE = Page("status", "Status", "figures", "GET /status.json", "/status.json")


def hot_routes(state: State) -> list[Route]:
    """For callers who may predict."""
    page = _ReportCache(state)

    async def numbers(_: Call) -> Reply:
        return Reply(200, await page.read(), headers=[(b"cache-control", b"no-store")])

    return [Route(_PAGE.numbers, {"GET": numbers}, scope="predict")]


def page_routes(state: State) -> list[Route]:
    """Open to all: the page's script asks for the numbers."""
    return [page_route("/status", _PAGE, read_root(state.settings.root_path), keys=state.guard is not None)]


class _ReportCache:
    """The page's body, made at most once a second in a worker, for all requests together."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = asyncio.Lock()
        self._made = -_FRESH_SECONDS
        self._body = b""

    async def read(self) -> bytes:
        async with self._lock:
            if time.monotonic() - self._made >= _FRESH_SECONDS:
                self._body = await asyncio.to_thread(self._make)
                self._made = time.monotonic()
            return self._body

    def _make(self) -> bytes:
        state, now = self._state, time.time()
        held = state.models.held()
        report: dict[str, Any] = make_report(
            now=now,
            samples=[*state.history.read(), make_sample(state.metrics.collect(), now)],
            held=held,
            traffic={model.variant: state.traffic.share_of(model.variant) for model in held},
            unserved=[one.model_dump() for one in unserved(state)],
            courier=read_courier(state.settings.serving_dir),
            past=state.past_alerts.read(),
            journal_writable=state.journal.writable,
            links=other_services(state),
        )
        return orjson.dumps(report)
