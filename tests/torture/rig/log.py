"""What clients saw: every complete answer, every refusal, and every request whose answer never came."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered row. A request of many rows is as many answers."""

    request_id: str
    prediction_id: str
    version: str
    bundle: str
    row: dict[str, float]
    label: str
    probabilities: dict[str, float]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A complete answer that is not 200."""

    request_id: str
    status: int
    retry_after: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A request that was sent, at least in part, and got no complete answer."""

    request_id: str
    error: str
    fresh: bool = False
    """It was the first on its connection, which the kernel may have accepted in the name of a server that was gone."""


@dataclass(frozen=True, slots=True)
class Timed:
    """When a request was sent, by the monotonic clock, and the seconds until its answer was complete."""

    at: float
    seconds: float


@dataclass(slots=True)
class Log:
    """Filled by the clients' thread and read by the test's: lists only grow."""

    answers: list[Answer] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    """One for each answered request."""
    asked: int = 0
    unreached: int = 0
    """Connections that nobody accepted: nothing was sent on them."""

    def percentile(self, share: float, since: float = 0.0, until: float = float("inf")) -> float:
        """Of the requests sent between two moments of the monotonic clock, in milliseconds; 0 when there are none."""
        ordered = sorted(one.seconds for one in self.timed if since <= one.at < until)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0
