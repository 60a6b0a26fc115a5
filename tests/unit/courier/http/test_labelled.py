"""Labelled rows and quality over HTTP, read from the store."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from courier.records.records import FeedbackRow, PredictionRow
from courier.store.sqlite import SqliteStore
from tests.support.courier_pages import get, pages_of, text_of


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
