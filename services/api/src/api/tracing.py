"""Traces by OpenTelemetry: a span for a request, and in it validation, inference and journal.

Imported only where OTEL_EXPORTER_OTLP_ENDPOINT is set. Without it the routes are the plain ones, and the observer of
the predictions does nothing.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, Tracer, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.errors import ApiError
from api.http.exchange import Call, Reply
from api.http.routing import Endpoint, Route
from api.serving.answers import RequestContext
from api.serving.observer import Observer
from api.serving.served_models import ServedModel
from api.telemetry.logs import trace_id_of_task

_LAST_EXPORT_SECONDS = 2.0


class Tracing:
    """One worker's tracer; spans are sent by a thread of its own. Made after the fork."""

    def __init__(self, endpoint: str, slot: int) -> None:
        # the library reads its other variables itself: service name, sampler, headers, timeouts
        resource = Resource.create({"service.instance.id": str(slot)})
        if resource.attributes.get("service.name", "").startswith("unknown_service"):  # type: ignore[union-attr]
            resource = resource.merge(Resource({"service.name": "mlops-iris-api"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer: Tracer = self._provider.get_tracer("api")
        self._propagator = TraceContextTextMapPropagator()

    def traced(self, route: Route) -> Route:
        """The route, with a span for each request that could be answered by the model or kept by it."""
        if route.scope is None:
            return route
        methods = {method: self._spanning(method, route, endpoint) for method, endpoint in route.methods.items()}
        return route._replace(methods=methods, immediate=None)

    def close(self) -> None:
        """Send what is left, for a moment: the collector may be gone."""
        last = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(_LAST_EXPORT_SECONDS)

    def _spanning(self, method: str, route: Route, endpoint: Endpoint) -> Endpoint:
        name, attributes = f"{method} {route.template}", {"http.request.method": method, "http.route": route.template}

        async def answer(call: Call) -> Reply:
            carrier = {key: call.header(key.encode()).decode("latin-1") for key in ("traceparent", "tracestate")}
            with self.tracer.start_as_current_span(
                name,
                self._propagator.extract(carrier),
                SpanKind.SERVER,
                attributes,
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                trace_id = format_trace_id(span.get_span_context().trace_id)
                trace_id_of_task.set(trace_id)
                call.origin += f',"trace_id":"{trace_id}"'
                span.set_attribute("http.request.header.x-request-id", call.request_id)
                status = 500
                try:
                    reply = await endpoint(call)
                    status = reply.status
                except ApiError as error:
                    status = error.status
                    raise
                finally:
                    span.set_attribute("http.response.status_code", status)
                    if status >= 500:
                        span.set_status(StatusCode.ERROR)
                return reply

        return answer


class Spans(Observer):
    """Each request's stages as spans. A stage that many requests share is as long in each of them."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._validated: dict[int, float] = {}
        self._kept: dict[int, tuple[float, float, float]] = {}

    def begins(self, context: RequestContext, rows: int) -> None:
        validated = self._validated[id(context)] = time.perf_counter()
        self._record("validation", context.arrived, validated, {"rows": rows})

    def keeps(self, contexts: Sequence[RequestContext], started: float, writing: float, written: float) -> None:
        for context in contexts:
            if id(context) in self._validated:  # else its client is gone
                self._kept[id(context)] = (started, writing, written)

    def ends(self, model: ServedModel, context: RequestContext) -> None:
        validated = self._validated.pop(id(context))
        started, writing, written = self._kept.pop(id(context), (0.0, 0.0, 0.0))
        attributes = {"model.version": model.version, "model.variant": model.variant}
        # a request that failed has no record, and its stages end with it
        self._record("inference", started or validated, writing or time.perf_counter(), attributes)
        if written:
            self._record("journal", writing, written, {})

    def _record(self, name: str, started: float, ended: float, attributes: dict[str, Any]) -> None:
        since_epoch = time.time_ns() - time.perf_counter_ns()
        span = self._tracer.start_span(name, attributes=attributes, start_time=since_epoch + int(started * 1e9))
        span.end(since_epoch + int(ended * 1e9))
