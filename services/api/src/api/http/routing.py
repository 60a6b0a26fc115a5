"""The addresses the edge answers itself. A route's template is its metric label, so clients' paths make no series."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple

from api.access.keys import Permission
from api.errors import ApiError, DeadlineExceededError
from api.http.exchange import Call, Reply
from api.http.problem import problem

REST = "{rest}"
"""At the end of a template: every address below it that no other route has."""

Endpoint = Callable[[Call], Awaitable[Reply]]
Refusal = Callable[[ApiError, str], Reply]


class ImmediateEndpoint(NamedTuple):
    """A second form of an endpoint, which never waits. ``ask`` gets a body, its context, a routing key and a version,
    and raises before it counts anything; ``encode`` makes the reply's body of the context's result.
    """

    ask: Callable[[bytes, Any, bytes, str], None]
    encode: Callable[[Any], bytes]
    limit: int
    """Bytes of a body."""


class Route(NamedTuple):
    """``template`` may have whole segments in braces; ``refusal`` makes an error and a request id an answer."""

    template: str
    methods: Mapping[str, Endpoint]
    refusal: Refusal = problem
    scope: Permission | None = None
    """The permission that an API key needs; None where no key is needed."""
    immediate: ImmediateEndpoint | None = None
    """For POST, where there is such a form; see :mod:`api.http.shortcut`."""


class RouteTable:
    """A fixed address is found by one look-up; templates are compared only for what is not a fixed address."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[str, Route] = {}
        self._templates: dict[int, list[tuple[list[str], Route]]] = {}
        self._below: list[Route] = []
        for route in routes:
            self.add(route)

    def add(self, route: Route) -> None:
        if route.template.endswith(REST):
            self._below.append(route)
        elif "{" in route.template:
            segments = route.template.split("/")
            self._templates.setdefault(len(segments), []).append((segments, route))
        else:
            self._fixed[route.template] = route

    def fixed(self) -> Iterable[Route]:
        """The routes without braces."""
        return self._fixed.values()

    def templates(self) -> list[str]:
        return [*self._fixed, *(route.template for routes in self._templates.values() for _, route in routes)]

    def find(self, path: str) -> tuple[Route, tuple[str, ...]] | None:
        """The route of a path and what stands in the place of its braces, in their order."""
        route = self._fixed.get(path)
        if route is not None:
            return route, ()
        segments = path.split("/")
        for template, route in self._templates.get(len(segments), ()):
            pairs = list(zip(template, segments, strict=True))
            if all(wanted == found or wanted[:1] == "{" for wanted, found in pairs):
                return route, tuple(found for wanted, found in pairs if wanted[:1] == "{")
        for route in self._below:
            if path.startswith(route.template[: -len(REST)]):
                return route, ()
        return None


async def within(milliseconds: int, endpoint: Endpoint, call: Call) -> Reply:
    """The endpoint's answer; raises DeadlineExceededError where it takes longer."""
    try:
        async with asyncio.timeout(milliseconds / 1000):
            return await endpoint(call)
    except TimeoutError:
        raise DeadlineExceededError from None
