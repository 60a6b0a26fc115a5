"""What Alertmanager sends is kept, once, or refused; it is never half taken."""

import json
from http import HTTPMethod
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.http.server import Request, Response, answer
from courier.journal import outbox
from courier.journal.frames import Frame, read_frames
from courier.journal.segments import Journal
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.store.sqlite import SqliteStore
from tests.support.courier_pages import pages_of, text_of

SCHEMA = json.loads((Path(__file__).parents[4] / "docs/formats/journal.schema.json").read_text())


def alert(**changes: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "StoreDown", "severity": "ticket", "größe": "\n\t\\"},
        "annotations": {"summary": "it is down"},
        "startsAt": "2026-11-22T11:00:00.123456789+01:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "f1e2d3c4b5a69788",
    } | changes


def notification(*alerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": "{}",
        "status": "firing",
        "receiver": "courier",
        "alerts": list(alerts),
    } | changes


def post(folder: Path, body: Any) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return answer(pages_of(folder), HTTPMethod.POST, Request("/alerts", body=content))


def land(folder: Path) -> list[tuple[Any, ...]]:
    store = SqliteStore(folder / "store.db")
    metrics = Metrics(CollectorRegistry())
    assert Landing(Journal(folder / "journal"), store, metrics, structlog.get_logger(), 0.5).finish(30)
    rows = store._open_connection.execute("SELECT * FROM alerts ORDER BY starts_at, status").fetchall()
    assert store.counts().quarantine == 0
    store.close()
    return rows


def test_an_alert_is_kept_on_disk_before_it_is_taken_and_lands_as_it_was(tmp_path: Path) -> None:
    response = post(tmp_path, notification(alert()))
    assert response.status == 202

    [segment] = (tmp_path / "journal").iterdir()
    with segment.open("rb") as file:
        [frame] = read_frames(file.fileno(), 0, closed=True)
    assert isinstance(frame, Frame)
    jsonschema.validate(json.loads(frame.payload), SCHEMA)

    [row] = land(tmp_path)
    assert row[:5] == ("f1e2d3c4b5a69788", "2026-11-22T10:00:00.123456+00:00", "firing", "StoreDown", "ticket")
    assert json.loads(row[5]) == alert()["labels"]
    assert json.loads(row[6]) == {"summary": "it is down"}
    assert row[7] is None
    assert not list((tmp_path / "journal").iterdir())


def test_repeats_are_one_row_and_the_end_is_another(tmp_path: Path) -> None:
    other = alert(fingerprint="aa", labels={})
    ended = alert(status="resolved", endsAt="2026-11-22T12:00:00Z")
    for content in (notification(alert()), notification(alert(), other), notification(ended), notification()):
        assert post(tmp_path, content).status == 202
        land(tmp_path)

    rows = {(row[0], row[2], row[3], row[4], row[7]) for row in land(tmp_path)}
    assert rows == {
        ("f1e2d3c4b5a69788", "firing", "StoreDown", "ticket", None),
        ("f1e2d3c4b5a69788", "resolved", "StoreDown", "ticket", "2026-11-22T12:00:00.000000+00:00"),
        ("aa", "firing", "unnamed", None, None),
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"version":"4","alerts":null}',
        notification(alert(), version="3"),
        notification(alert(fingerprint="../../etc")),
        notification(alert(status="perhaps")),
        notification(alert(startsAt="yesterday")),
        notification(alert(startsAt="2026-11-22T11:00:00")),
        notification(alert(labels={"alertname": 7})),
        notification(alert(labels={"alertname": "a\x00"})),
        notification(alert(), alert(annotations=["summary"])),
    ],
)
def test_what_is_no_notification_is_refused_whole_and_nothing_is_kept(tmp_path: Path, body: Any) -> None:
    response = post(tmp_path, body)
    assert response.status == 400
    assert "no Alertmanager notification: " in text_of(response)
    assert not (tmp_path / "journal").exists()


def test_when_too_much_waits_or_the_disk_takes_nothing_alertmanager_is_asked_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_SEGMENTS", 2)
    assert [post(tmp_path, notification(alert())).status for _ in range(4)] == [202, 202, 503, 503]
    assert len(land(tmp_path)) == 1
    assert post(tmp_path, notification(alert())).status == 202

    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "journal").touch()
    assert post(tmp_path / "full", notification(alert())).status == 503
