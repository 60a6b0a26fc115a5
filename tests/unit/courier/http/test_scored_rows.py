"""The page that takes rows of a scored file: what it takes it keeps once, and the rest it refuses by name."""

from http import HTTPMethod
from pathlib import Path
from typing import Any

import orjson
import pytest

from courier.http.server import Request, Response, answer
from courier.identifiers import new_id
from courier.journal.outbox import MOST_BULK_SEGMENTS
from tests.support.courier_pages import pages_of, text_of
from tests.unit.courier.journals import prediction


def post(folder: Path, record: Any) -> Response:
    pages = pages_of(folder)
    return answer(pages, HTTPMethod.POST, Request("/scored/rows", body=orjson.dumps(record)))


def segments(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "journal").glob("*.journal"))


def test_a_record_that_comes_again_is_one_segment_named_by_its_first_row(tmp_path: Path) -> None:
    first, second = new_id(), new_id()
    record = prediction([first, second])
    for _ in range(2):
        response = post(tmp_path, record)
        assert (response.status, text_of(response)) == (202, '{"taken":2}\n')
    assert segments(tmp_path) == [f"courier-{first}.journal"]
    assert post(tmp_path, prediction([second])).status == 202
    assert len(segments(tmp_path)) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "feedback"}, "is missing"),
        ({"kind": "shadow"}, "its kind is shadow"),
        ({"ids": ["../../etc/passwd"]}, "an id is no UUID"),
        ({"ids": ["3b241101-e2bb-4255-8caf-4136c566a962"]}, "UUIDs of version 7"),
        ({"labels": [99]}, "row does not fit its columns"),
        ({"rows": []}, "differ in length"),
    ],
)
def test_what_is_no_record_of_predictions_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    response = post(tmp_path, prediction([new_id()]) | changes)
    assert response.status == 400
    assert reason in text_of(response)
    assert segments(tmp_path) == []


def test_rows_wait_elsewhere_when_the_store_does_not_take_them(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    for _ in range(MOST_BULK_SEGMENTS):
        assert post(tmp_path, prediction([new_id()])).status == 202
    assert post(tmp_path, prediction([new_id()])).status == 503
    assert len(segments(tmp_path)) == MOST_BULK_SEGMENTS
