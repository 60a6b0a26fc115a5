"""The two pages, and what alive means."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from courier.health import Health, Pulse
from courier.journal.backlog import Backlog
from courier.journal.segments import Journal
from courier.metrics import Metrics
from courier.server import make_app
from tests.unit.courier.journals import encode, prediction, write_segment


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def get(app: Any, path: str) -> tuple[str, dict[str, str], bytes]:
    environ: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    seen: list[tuple[str, dict[str, str]]] = []
    body = b"".join(app(environ, lambda status, headers, *_: seen.append((status, dict(headers)))))
    return (*seen[0], body)


def health(clock: Clock, directory: Path) -> Health:
    return Health(
        following=Pulse(180, clock),
        landing=Pulse(60, clock),
        registry_up=lambda: False,
        store_up=lambda: False,
        store_name=lambda: "sqlite:x",
        backlog=Backlog(Journal(directory)),
    )


def test_health_is_about_this_process_and_reports_its_neighbours_as_details(tmp_path: Path) -> None:
    write_segment(tmp_path, encode(prediction()))
    clock = Clock()
    state = health(clock, tmp_path)
    app = make_app(CollectorRegistry(), state.report)

    status, headers, body = get(app, "/health")
    assert (status, headers["Content-Type"]) == ("200 OK", "application/json")
    assert json.loads(body)["registry"]["up"] is False
    assert json.loads(body)["journal"]["pending_records"] == 1

    clock.now = 61
    status, _, body = get(app, "/health")
    assert (status[:3], json.loads(body)["ok"]) == ("503", False)
    state.landing.beat()
    assert get(app, "/health")[0] == "200 OK"


def test_metrics_come_with_the_library_s_content_type_and_every_name_others_rely_on(tmp_path: Path) -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.watch(Backlog(Journal(tmp_path)))
    write_segment(tmp_path, encode(prediction()))
    status, headers, body = get(make_app(metrics.registry, lambda: (True, {})), "/metrics")

    # Prometheus 3 refuses a page without a content type it knows.
    assert (status, headers["Content-Type"]) == ("200 OK", choose_encoder("")[1])
    text = body.decode()
    for sample in (
        "journal_pending_records 1.0",
        "journal_oldest_pending_seconds",
        'records_landed_total{kind="prediction"} 0.0',
        "records_quarantined_total 0.0",
        "# TYPE feedback_total counter",
        "registry_last_success_timestamp_seconds 0.0",
        'registry_polls_total{outcome="unavailable"} 0.0',
        "store_up 0.0",
    ):
        assert f"\n{sample}" in text


def test_another_path_is_not_found() -> None:
    assert get(make_app(CollectorRegistry(), lambda: (True, {})), "/")[0] == "404 Not Found"


def test_two_sets_of_metrics_live_in_one_process() -> None:
    Metrics(CollectorRegistry())
    Metrics(CollectorRegistry())


def test_importing_the_courier_does_nothing_and_leaves_the_registry_s_client_for_later() -> None:
    code = "import courier.__main__, sys; sys.exit('mlflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={})
