"""What the courier answers over HTTP, and what alive means."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPMethod
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from courier.http.health import FollowedModel, Health, Heartbeat
from courier.http.pages import Report, make_pages
from courier.http.server import Pages, Request, Response, answer
from courier.journal.backlog import Backlog
from courier.journal.outbox import Outbox
from courier.journal.segments import Journal
from courier.metrics import Metrics
from courier.records.records import FeedbackRow, PredictionRow
from courier.store.reader import Reader
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource
from tests.unit.courier.journals import encode, prediction, write_segment


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def well() -> tuple[bool, dict[str, object]]:
    return True, {}


def pages_of(folder: Path, report: Report = well, registry: CollectorRegistry | None = None) -> Pages:
    """The pages of a courier whose store is `folder`/store.db and whose journal is `folder`/journal."""

    def reader() -> Reader:
        return Reader(SqliteSource(folder / "store.db"), "iris_clf")

    outbox, log = Outbox(folder / "journal"), structlog.get_logger()
    return make_pages(registry or CollectorRegistry(), report, outbox, reader, log)


def get(pages: Pages, path: str, **query: str) -> Response:
    return answer(pages, HTTPMethod.GET, Request(path, query))


def text_of(response: Response) -> str:
    body = response.body
    return (body if isinstance(body, bytes) else b"".join(body)).decode()


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
    clock = Clock()
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
    metrics.watch(Backlog(Journal(tmp_path)))
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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    store.open()
    yield store
    store.close()


def uuid(number: int) -> str:
    """An id of the second `number` of 2026-11-22."""
    milliseconds = int(datetime(2026, 11, 22, 0, 0, number, tzinfo=UTC).timestamp() * 1000)
    return str(UUID(int=milliseconds << 80 | 0x7000_8000 << 48 | number))


def answered(number: int, **changes: Any) -> PredictionRow:
    at = f"2026-11-22T00:00:{number:02}.000000+00:00"
    row = PredictionRow(
        uuid(number), at, "iris_clf", "1", "production", "b" * 64, '{"a":1.50,"b":2}', "x", "{}", 1, "r"
    )
    return row._replace(**changes)


def judged(number: int, prediction: int, label: str, at: str = "2026-11-23T00:00:00+00:00") -> FeedbackRow:
    return FeedbackRow(uuid(number), uuid(prediction), at, label, "a botanist, really", "r")


def test_labelled_rows_come_newest_first_with_the_last_word_on_each(tmp_path: Path, store: SqliteStore) -> None:
    with store.transaction():
        store.add_predictions([answered(n) for n in range(4)])
        store.add_predictions([answered(9, features='{"b":null,"c":"one, two","a":true}', version="2")])
        store.add_feedback([judged(20, 1, "old"), judged(21, 1, "x", "2026-11-24T00:00:00+00:00"), judged(22, 3, "y")])
        store.add_feedback([judged(23, 9, "z"), judged(24, 50, "of what nobody answered")])

    page = get(pages_of(tmp_path), "/labelled.csv")

    assert page.content_type == "text/csv; charset=utf-8"
    assert text_of(page).splitlines() == [
        "prediction_id,at,version,b,c,a,predicted,label,source",
        f'{uuid(9)},2026-11-22T00:00:09.000000+00:00,2,,"one, two",true,x,z,"a botanist, really"',
        f'{uuid(3)},2026-11-22T00:00:03.000000+00:00,1,2,,1.5,x,y,"a botanist, really"',
        f'{uuid(1)},2026-11-22T00:00:01.000000+00:00,1,2,,1.5,x,x,"a botanist, really"',
    ]


def test_labelled_rows_are_bounded_by_time_and_number_and_read_in_pages(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("courier.http.labelled.PAGE_ROWS", 2)
    with store.transaction():
        store.add_predictions([answered(n) for n in range(7)])
        store.add_feedback([judged(20 + n, n, "x") for n in range(7)])
    pages = pages_of(tmp_path)

    def seconds(**query: str) -> list[int]:
        return [
            int(line.split(",")[0][-12:], 16) for line in text_of(get(pages, "/labelled.csv", **query)).splitlines()[1:]
        ]

    assert seconds() == [6, 5, 4, 3, 2, 1, 0]
    assert seconds(limit="3") == [6, 5, 4]
    assert seconds(since="2026-11-22T00:00:05Z") == [6, 5]
    assert seconds(since="2026-11-22T01:00:05 01:00") == [6, 5]
    assert seconds(since="2030-01-01") == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/labelled.csv", {"since": "yesterday"}),
        ("/labelled.csv", {"since": "0001-01-01T00:00:00+14:00"}),
        ("/labelled.csv", {"limit": "0"}),
        ("/labelled.csv", {"limit": "all"}),
        ("/labelled.csv", {"limit": "9999999"}),
        ("/moves.json", {"limit": "-1"}),
        ("/moves.json", {"limit": "1e3"}),
    ],
)
def test_a_question_that_is_none_is_refused_with_the_reason(tmp_path: Path, path: str, query: dict[str, str]) -> None:
    response = get(pages_of(tmp_path), path, **query)
    assert response.status == 400
    assert next(iter(query)) in json.loads(text_of(response))["error"]


@pytest.mark.parametrize("path", ["/labelled.csv", "/moves.json", "/quality.json"])
def test_a_store_that_is_down_is_reported(tmp_path: Path, path: str) -> None:
    response = get(pages_of(tmp_path), path)
    assert response.status == 503
    assert "store.db" in json.loads(text_of(response))["error"]


def test_quality_is_the_view_s(tmp_path: Path, store: SqliteStore) -> None:
    with store.transaction():
        store.add_predictions([answered(n) for n in range(4)])
        store.add_feedback([judged(20, 1, "x"), judged(21, 2, "y")])

    [row] = json.loads(text_of(get(pages_of(tmp_path), "/quality.json")))

    assert (row["version"], row["day"], row["predictions"], row["judged"], row["accuracy"]) == (
        "1",
        "2026-11-22",
        4,
        2,
        0.5,
    )


def test_labelled_without_any_feedback_is_a_header(tmp_path: Path, store: SqliteStore) -> None:
    assert text_of(get(pages_of(tmp_path), "/labelled.csv")) == "prediction_id,at,version,predicted,label,source\n"
    assert text_of(get(pages_of(tmp_path), "/moves.json")) == "[]\n"
