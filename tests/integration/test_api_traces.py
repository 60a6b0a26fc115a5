"""Traces of a real server, taken by a collector on loopback; and none of it where nobody asked for traces."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.collector import Collector, collecting
from tests.support.journals import records
from tests.support.polling import eventually
from tests.support.servers import free_port

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
STAGES = ("validation", "inference", "journal")


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, Collector]]:
    folder = tmp_path_factory.mktemp("traces")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with (
        collecting() as collector,
        running_api(folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100") as api,
    ):
        yield api, collector


def ask(api: Api, path: str, body: object, trace_id: str) -> int:
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01", "x-request-id": f"for-{trace_id[:4]}"}
    return api.client.post(f"{api.url}{path}", json=body, headers=headers).status_code


def attribute(span: Span, name: str) -> object:
    value = next(entry.value for entry in span.attributes if entry.key == name)
    return getattr(value, value.WhichOneof("value"))


@pytest.mark.parametrize(("path", "body"), [("/predict", ROW), ("/predict/batch", {"rows": [ROW] * 100})])
def test_a_request_and_its_stages_are_spans_of_the_caller_s_trace(
    traced: tuple[Api, Collector], path: str, body: object
) -> None:
    api, collector = traced
    trace_id = CALLER[:-1] + str(len(path) % 10)
    assert ask(api, path, body, trace_id) == 200
    eventually(lambda: collector.of_trace(trace_id).keys() == {f"POST {path}", *STAGES})
    spans = collector.of_trace(trace_id)
    request = spans[f"POST {path}"]
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert request.kind == Span.SPAN_KIND_SERVER
    assert (attribute(request, "http.route"), attribute(request, "http.response.status_code")) == (path, 200)
    assert {spans[stage].parent_span_id for stage in STAGES} == {request.span_id}
    assert attribute(spans["inference"], "model.version") == "1"
    ends = [(spans[stage].start_time_unix_nano, spans[stage].end_time_unix_nano) for stage in STAGES]
    assert sorted(ends) == ends
    assert all(start <= end for start, end in ends)
    assert abs(request.start_time_unix_nano / 1e9 - time.time()) < 60
    assert collector.services == {"mlops-iris-api"}


def test_the_trace_s_id_is_in_the_audit(traced: tuple[Api, Collector]) -> None:
    api, _ = traced
    trace_id = "5" * 32
    assert ask(api, "/predict", ROW, trace_id) == 200
    assert ask(api, "/feedback", {"prediction_id": "01936d5a-7b9c-7000-8000-000000000000", "label": "setosa"}, trace_id)
    kept = [record for record in records(api.journal) if record.get("trace_id") == trace_id]
    assert {(record["kind"], record["request_id"]) for record in kept} == {
        ("prediction", "for-5555"),
        ("feedback", "for-5555"),
    }


def test_a_refused_request_is_a_span_with_its_status_and_no_error_of_ours(traced: tuple[Api, Collector]) -> None:
    api, collector = traced
    trace_id = "6" * 32
    assert ask(api, "/predict", {"nothing": 1}, trace_id) == 422
    eventually(lambda: "POST /predict" in collector.of_trace(trace_id))
    spans = collector.of_trace(trace_id)
    assert spans.keys() == {"POST /predict"}
    assert attribute(spans["POST /predict"], "http.response.status_code") == 422
    assert spans["POST /predict"].status.code == Status.STATUS_CODE_UNSET


@pytest.mark.parametrize("parent", ["", "00-zz-11-01", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "\xff" * 300])
def test_a_parent_that_is_none_begins_a_trace(traced: tuple[Api, Collector], parent: str) -> None:
    api, collector = traced
    headers = [(b"traceparent", parent.encode("latin-1")), (b"x-request-id", f"parent-{len(parent)}".encode())]
    assert api.client.post(f"{api.url}/predict", json=ROW, headers=headers).status_code == 200
    record = next(r for r in records(api.journal) if r["request_id"] == f"parent-{len(parent)}")
    assert len(record["trace_id"]) == 32
    eventually(lambda: "POST /predict" in collector.of_trace(record["trace_id"]))


def test_a_collector_that_is_gone_costs_no_answer_and_no_shutdown(tmp_path: Path) -> None:
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    nobody = f"http://127.0.0.1:{free_port()}"
    with running_api(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=nobody, OTEL_BSP_SCHEDULE_DELAY="50") as api:
        assert {api.predict().status_code for _ in range(20)} == {200}
        assert len(records(api.journal)) == 20
    assert all(json.loads(line) for line in (tmp_path / "api.log").read_text().splitlines())


def test_without_the_setting_nothing_of_it_is_imported() -> None:
    program = (
        "import sys; from api.app import create_app\n"
        "from api.server.master import Server; from api.settings import Settings\n"
        "create_app(Settings())\n"
        # FastAPI imports the library's interface wherever it is installed; what does the work is ours to leave out
        "sys.exit(any(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
