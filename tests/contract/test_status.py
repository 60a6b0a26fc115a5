"""The courier writes how it is; the api shows it, and nothing depends on it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog

from api.status.courier_file import read_courier
from api.status.report import make_report
from courier.errors import RegistryUnavailableError, StoreUnavailableError
from courier.following.registry import ModelVersion
from courier.http.status_file import StatusFile
from courier.store.reader import Reader

Validate = Callable[[Any, str], None]
HEALTH: dict[str, Any] = {
    "registry": {"up": True},
    "store": {"up": True, "name": "sqlite:logs/predictions.db", "bytes": 4096},
    "journal": {"pending_records": 3, "oldest_pending_seconds": 0.25},
}
LABELLED = [("id", "now", "4", "{}", "setosa", label, "person") for label in ("setosa", "setosa", "virginica")]
ALERT = ("FeatureDrift", "ticket", "2026-11-28T12:00:00+00:00", None, "petal_length_cm drifted")
WATCHDOG = ("Watchdog", "none", "2026-11-28T11:00:00+00:00", None, "Alerts are evaluated and delivered")
VERSION = ModelVersion(
    "5", "run", {"gate.verdict": "failed", "gate.reasons": "worse", "quality": "accuracy 0.9"}, 10**12
)
MOVE = ("2026-11-28T12:00:00Z", "iris_clf", "canary", "5", None, 10.0, "b", "x\n" * 400, "passed")


class Answers:
    """A source that gives these rows, or fails."""

    def __init__(self, rows: dict[str, list[tuple[Any, ...]]] | None) -> None:
        self._rows = rows

    def connect(self) -> None:
        if self._rows is None:
            raise StoreUnavailableError("down")

    def close(self) -> None:
        """Nothing is open."""

    def ask(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        assert self._rows is not None
        return self._rows[statement]


def write(folder: Path, rows: dict[str, list[tuple[Any, ...]]] | None) -> None:
    reader = Reader(Answers(rows), "iris_clf")
    file = StatusFile(folder, lambda: (True, HEALTH), lambda: reader, lambda _: [VERSION], structlog.get_logger())
    assert file.work() > 0


def test_the_api_reads_what_the_courier_wrote(tmp_path: Path, validate: Validate) -> None:
    write(tmp_path, {"labelled": LABELLED, "moves": [MOVE], "past_alerts": [ALERT, WATCHDOG]})
    validate(json.loads((tmp_path / "status.json").read_text()), "status")
    status = read_courier(tmp_path)
    assert status is not None
    assert (status.pending_records, status.store_bytes, status.registry_up) == (3, 4096, True)
    assert [(one.version, one.judged, one.correct) for one in status.quality] == [("4", 3, 2)]
    assert [(move.variant, move.previous, move.version) for move in status.moves] == [("canary", None, "5")]
    assert [(one.name, one.ended) for one in status.alerts] == [("FeatureDrift", None), ("Watchdog", None)]
    assert status.trainings[0].model_dump() == {
        "at": "2001-09-09T01:46:40+00:00", "version": "5", "verdict": "failed", "quality": "accuracy 0.9",
        "adopted": False, "why": "worse",
    }  # fmt: skip
    assert len(status.moves[0].reason or "") == 300


def test_the_labelled_answers_are_counted_by_segment(tmp_path: Path, validate: Validate) -> None:
    feature = {"name": "shop", "kind": "category", "categories": ["north", "south"], "unknown": "other"}
    manifest = {"features": [feature], "segments": ["shop"], "target": {"classes": ["a", "b"]}}
    (tmp_path / "bundles" / ("f" * 64)).mkdir(parents=True)
    (tmp_path / "bundles" / ("f" * 64) / "manifest.json").write_text(json.dumps(manifest))
    shops = ("north", "north", "south", "elsewhere")
    rows = [("id", "now", "4", json.dumps({"shop": shop}), "a", "a", "person", "f" * 64) for shop in shops]
    wrong = ("id", "now", "4", '{"shop": "north"}', "a", "b", "person", "f" * 64)
    unknown = ("id", "now", "4", '{"shop": "north"}', "a", "a", "person", "e" * 64)
    write(tmp_path, {"labelled": [*rows, wrong, unknown, *LABELLED], "moves": [], "past_alerts": []})
    validate(json.loads((tmp_path / "status.json").read_text()), "status")
    status = read_courier(tmp_path)
    assert status is not None
    assert [(one.version, one.judged) for one in status.quality] == [("4", 9)]
    assert [(one.version, one.feature, one.segment, one.judged, one.correct) for one in status.segments] == [
        ("4", "shop", "north", 3, 2), ("4", "shop", "south", 1, 1), ("4", "shop", "other", 1, 1),
    ]  # fmt: skip


def test_a_store_that_is_down_leaves_the_rest(tmp_path: Path, validate: Validate) -> None:
    write(tmp_path, None)
    validate(json.loads((tmp_path / "status.json").read_text()), "status")
    status = read_courier(tmp_path)
    assert status is not None
    assert status.quality == []


def test_a_store_that_did_not_answer_is_asked_again_before_the_next_turn(tmp_path: Path) -> None:
    times = iter([0.0, 1.0, 1.0, 12.0, 12.0])
    rows: list[dict[str, list[tuple[Any, ...]]] | None] = [None, {"labelled": LABELLED, "moves": [], "past_alerts": []}]
    file = StatusFile(
        tmp_path,
        lambda: (True, HEALTH),
        lambda: Reader(Answers(rows.pop(0)), "iris_clf"),
        lambda _: [],
        structlog.get_logger(),
        clock=lambda: next(times),
    )
    file.work()
    file.work()
    assert json.loads((tmp_path / "status.json").read_text())["quality"] != []


def test_a_registry_that_does_not_answer_leaves_the_rest(tmp_path: Path) -> None:
    def silent(_: int) -> list[ModelVersion]:
        raise RegistryUnavailableError("down")

    rows: dict[str, list[tuple[Any, ...]]] = {"labelled": LABELLED, "moves": [], "past_alerts": []}
    reader = Reader(Answers(rows), "iris_clf")
    StatusFile(tmp_path, lambda: (True, HEALTH), lambda: reader, silent, structlog.get_logger()).work()
    status = read_courier(tmp_path)
    assert status is not None
    assert (status.trainings, status.quality[0].judged) == ([], 3)


def test_a_folder_that_takes_no_file_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path / "gone", None)
    assert read_courier(tmp_path / "gone") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 2}', b"\xff", b"7" * 300_000])
def test_a_file_that_can_t_be_read_says_nothing_and_stops_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "status.json").write_bytes(content)
    assert read_courier(tmp_path) is None


def test_the_watchdog_which_always_fires_is_no_past_alert(tmp_path: Path) -> None:
    write(tmp_path, {"labelled": LABELLED, "moves": [], "past_alerts": [ALERT, WATCHDOG]})
    report = make_report(
        now=0.0, samples=[], held=[], traffic={}, unserved=[], courier=read_courier(tmp_path), past=[],
        journal_writable=True, links={},
    )  # fmt: skip
    assert [one["name"] for one in report["past_alerts"]] == ["FeatureDrift"]
