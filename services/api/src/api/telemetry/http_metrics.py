"""Metrics of all requests."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from api.telemetry.buckets import SECONDS
from api.telemetry.counting import Add, Timer, adder


class HttpMetrics:
    """Labels are methods, templates of routes and statuses."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "http_requests_total", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "From the request's headers to its answer",
            ["method", "route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "http_requests_in_flight", "Requests being answered", multiprocess_mode="livesum", registry=registry
        )
        self.shed = Counter("requests_shed_total", "Requests refused with 503 or 504", ["reason"], registry=registry)
        for reason in ("no_model", "journal", "overload", "connections", "deadline", "overrun"):
            self.shed.labels(reason)
        self.count_in_flight = adder(self._in_flight)
        self._exchanges: dict[tuple[str, str, int], tuple[Add, Add]] = {}

    def count_exchange(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request; the labels are looked up once."""
        count, observe = self.exchange(method, route, status)
        count(1.0)
        observe(seconds)

    def exchange(self, method: str, route: str, status: int) -> tuple[Add, Add]:
        """How an answered request is counted: a number of them, and the seconds that one took."""
        key = (method, route, status)
        known = self._exchanges.get(key)
        if known is None:
            count = adder(self._requests.labels(method, route, status))
            known = self._exchanges[key] = count, Timer(self._duration.labels(method, route)).observe
        return known
