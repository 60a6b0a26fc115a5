"""What the courier answers over HTTP, and what alive means."""

import json
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from courier.http.health import FollowedModel, Health, Heartbeat
from courier.journal.backlog import Backlog
from courier.journal.segments import Journal
from courier.metrics import Metrics
from tests.support.clocks import Clock
from tests.support.courier_pages import get, pages_of, text_of
from tests.unit.courier.journals import encode, prediction, write_segment


def health(clock: Clock, directory: Path) -> Health:
    return Health(
        following=Heartbeat(180, clock),
        landing=Heartbeat(60, clock),
        registry_up=lambda: False,
        serving=lambda: {"deleted_version": None},
        store_up=lambda: False,
        store_name=lambda: "sqlite:x",
        store_size=lambda: {"bytes": None, "retention_days": None},
        backlog=Backlog(Journal(directory)),
        follows=FollowedModel("http://someone:s3cret@mlflow:5000/", "iris_clf", directory / "serving"),
    )


def test_health_is_about_this_process_and_reports_its_neighbours_as_details(tmp_path: Path) -> None:
    write_segment(tmp_path, encode(prediction()))
    clock = Clock(0.0)
    state = health(clock, tmp_path)
    pages = pages_of(tmp_path, state.report)

    response = get(pages, "/health")
    assert (response.status, response.content_type) == (200, "application/json")
    assert json.loads(text_of(response))["registry"]["up"] is False
    assert json.loads(text_of(response))["journal"]["pending_records"] == 1

    clock.now = 61
    response = get(pages, "/health")
    assert (response.status, json.loads(text_of(response))["ok"]) == (503, False)
    state.landing.beat()
    assert get(pages, "/health").status == 200


def test_health_says_what_the_courier_follows_without_the_registry_s_password(tmp_path: Path) -> None:
    page = json.loads(text_of(get(pages_of(tmp_path, health(Clock(), tmp_path).report), "/health")))
    serving = str((tmp_path / "serving").resolve())
    assert page["follows"] == {"registry": "http://mlflow:5000/", "model": "iris_clf", "serving_dir": serving}


def test_metrics_come_with_the_library_s_content_type_and_every_name_others_rely_on(tmp_path: Path) -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.landing.watch(Backlog(Journal(tmp_path)))
    write_segment(tmp_path, encode(prediction()))
    response = get(pages_of(tmp_path, registry=metrics.registry), "/metrics")

    # Prometheus 3 refuses a page without a content type it knows.
    assert (response.status, response.content_type) == (200, choose_encoder("")[1])
    text = text_of(response)
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


def test_another_path_is_not_found_and_another_method_is_not_allowed(tmp_path: Path) -> None:
    pages = pages_of(tmp_path)
    assert get(pages, "/").status == 404
    assert get(pages, "/alerts").status == 405
    assert "POST /alerts" in text_of(get(pages, "/"))


def test_two_sets_of_metrics_live_in_one_process() -> None:
    Metrics(CollectorRegistry())
    Metrics(CollectorRegistry())


def test_importing_the_courier_does_nothing_and_leaves_the_registry_s_client_for_later() -> None:
    code = "import courier.__main__, sys; sys.exit('mlflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={})
