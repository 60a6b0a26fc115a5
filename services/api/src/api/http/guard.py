"""Checks permission: finds the caller of a request by its key. Follows the file of keys without a restart."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from api.access.errors import ForbiddenError, RateLimitedError, UnauthorizedError
from api.access.keys import Key, Keys, Permission, digest, read_keys
from api.access.rate_limit import RateLimits, places
from api.errors import KeysUnreadableError
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.telemetry.key_metrics import KeyMetrics

_BEARER = b"bearer "
_LONGEST_KEY = 256
_HALF = 32

log = structlog.stdlib.get_logger(__name__)

Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Caller:
    """A key, its name's place among the rates, and what goes into the records of what it asks."""

    key: Key
    place: int
    origin: str


class Guard:
    """Finds the caller of a request by its API key, and follows the file of keys.

    Without a readable file there are no keys, and every request is refused.
    """

    def __init__(self, path: Path, rates: RateLimits, metrics: KeyMetrics) -> None:
        self._path = path
        self._rates = rates
        self._metrics = metrics
        self._callers: dict[str, Caller] = {}  # by the first half of a digest
        self._seen: Mark | None = None
        self._failure: str | None = None

    async def step(self) -> None:
        """Take the file over if it changed; one that can't be read changes nothing, and is logged once."""
        mark = _mark(self._path)
        if mark is not None and mark == self._seen:
            return
        try:
            keys = read_keys(self._path)
        except KeysUnreadableError as error:
            self._seen = mark
            if mark is not None or str(error) != self._failure:
                self._failure = str(error)
                self._metrics.reloads.labels("refused").inc()
                log.error("the keys file can't be read, the keys stay as they were", error=str(error), keys=len(self))
            return
        self._seen, self._failure = mark, None
        self._take_over(keys)

    def admit(self, call: Call, scope: Permission) -> Caller:
        """Find out who asks, and count it.

        Raises:
            UnauthorizedError: there is no key, or none that is known.
            ForbiddenError: the key is not for this.
            RateLimitedError: it asks too often.
        """
        key = _key_of(call)
        if not key:
            self._metrics.refusals.labels("missing").inc()
            raise UnauthorizedError
        sha256 = digest(key)
        # Finding it in the table may take longer for one digest than for another. That tells a guesser something about
        # the digest of a guess, which nobody can steer towards a digest that is there; the last word has no such time.
        caller = self._callers.get(sha256[:_HALF])
        if caller is None or not hmac.compare_digest(caller.key.sha256, sha256):
            self._metrics.refusals.labels("unknown").inc()
            raise UnauthorizedError("this API key is not known; it may have been revoked", known=False)
        if scope not in caller.key.scopes:
            self._metrics.refusals.labels("scope").inc()
            raise ForbiddenError(scope)
        rate = caller.key.rate
        if rate is not None and (wait := self._rates.take(caller.place, rate)):
            self._metrics.refusals.labels("rate").inc()
            raise RateLimitedError(rate, seconds=wait)
        return caller

    def __len__(self) -> int:
        return len(self._callers)

    def _take_over(self, keys: Keys) -> None:
        place_of = places(key.name for key in keys.keys)
        self._callers = {
            key.sha256[:_HALF]: Caller(key, place_of[key.name], f',"key":"{key.name}"') for key in keys.keys
        }
        self._metrics.reloads.labels("done").inc()
        self._metrics.known.set(len(self))
        log.info("keys are in force", keys=len(self), names=sorted(place_of))


def guarded(route: Route, guard: Guard) -> Route:
    """The route, for callers with a key of its scope alone."""
    scope = route.scope
    if scope is None:
        return route

    def behind(endpoint: Callable[[Call], Awaitable[Reply]]) -> Callable[[Call], Awaitable[Reply]]:
        def admitted(call: Call) -> Awaitable[Reply]:
            call.origin += guard.admit(call, scope).origin
            return endpoint(call)

        return admitted

    methods = {method: behind(endpoint) for method, endpoint in route.methods.items()}
    return route._replace(immediate=None, methods=methods)


def _key_of(call: Call) -> bytes:
    authorization = call.header(b"authorization")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return authorization[len(_BEARER) :].strip()[:_LONGEST_KEY]
    return call.header(b"x-api-key")[:_LONGEST_KEY]


def _mark(path: Path) -> Mark | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
