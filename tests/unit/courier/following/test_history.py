"""Each change of what serves is one row, whoever dies in between, and it says why where the registry does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.following.following import Following
from courier.following.history import RECORDED, MoveHistory
from courier.journal.outbox import Outbox
from courier.journal.segments import Journal
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.store.reader import PastMove, Reader
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource
from courier.testing import MemoryRegistry, make_bundle
from tests.unit.courier.http.test_alerts import SCHEMA

ONE, TWO = make_bundle(number=1), make_bundle(number=2)


def tag(why: str, origin: str | None, at: datetime | None = None) -> str:
    return json.dumps({"at": (at or datetime.now(UTC)).isoformat(), "why": why, "from": origin})


class Place:
    """A registry, and couriers that follow it into one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = MemoryRegistry()
        self.store = SqliteStore(folder / "store.db")

    def follow(self, courier: str = "one") -> None:
        """What a courier's process does once, from its start."""
        log, metrics = structlog.get_logger(), Metrics(CollectorRegistry())
        serving, journal = self.folder / courier / "serving", self.folder / courier / "journal"
        moves = MoveHistory(serving, Outbox(journal), log)
        following = Following(
            self.registry, serving, "iris_clf", metrics, log, poll_seconds=2, keep_bundles=1, moves=moves
        )
        following.step()

    def land(self, courier: str = "one") -> None:
        log, metrics = structlog.get_logger(), Metrics(CollectorRegistry())
        assert Landing(Journal(self.folder / courier / "journal"), self.store, metrics, log, 0.5).finish(30)

    def rows(self) -> list[PastMove]:
        """All moves, oldest first."""
        with Reader(SqliteSource(self.folder / "store.db"), "iris_clf") as reader:
            return reader.moves(1000)[::-1]

    def short(self) -> list[tuple[Any, ...]]:
        return [(row.variant, row.previous, row.version, row.percent, row.reason) for row in self.rows()]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.store.close()


def test_each_slot_that_changed_is_a_row_with_the_reason_and_the_verdict_of_its_version(place: Place) -> None:
    place.registry.publish("production", "1", ONE, **{"move.production": tag("publish: first", None)})
    place.follow()
    place.registry.publish(
        "canary", "2", TWO, percent="5", **{"gate.verdict": "passed", "move.canary": tag("canary", "")}
    )
    place.follow()
    place.registry.publish("canary", "2", TWO, percent="25", **{"move.canary": tag("rollout", "2")})
    place.follow()
    place.follow()
    place.registry.aliases["production"] = place.registry.aliases.pop("canary")
    place.follow()
    place.land()

    assert place.short() == [
        ("production", None, "1", None, "publish: first"),
        ("canary", None, "2", 5.0, "canary"),
        ("canary", "2", "2", 25.0, "rollout"),
        ("production", "1", "2", None, None),
        ("canary", "2", None, None, None),
    ]
    assert [row.verdict for row in place.rows()] == [None, "passed", None, None, None]
    assert {row.bundle for row in place.rows()} == {ONE[0], TWO[0], None}
    written = (place.folder / "one/serving/policy.json").stat().st_mtime
    assert abs(datetime.fromisoformat(place.rows()[-1].at).timestamp() - written) < 0.001


def test_a_verdict_that_comes_while_a_version_serves_is_in_the_policy_and_no_move(place: Place) -> None:
    place.registry.publish("production", "1", ONE)
    place.follow()
    for verdict in ("passed", "failed"):
        place.registry.publish("production", "1", ONE, **{"gate.verdict": verdict})
        place.follow()
        assert json.loads((place.folder / "one/serving/policy.json").read_text())["production"]["verdict"] == verdict
    assert len(list((place.folder / "one/journal").iterdir())) == 1
    place.registry.publish("production", "2", TWO, **{"gate.verdict": "passed"})
    place.follow()
    place.land()

    assert [(row.previous, row.version, row.verdict) for row in place.rows()] == [
        (None, "1", None),
        ("1", "2", "passed"),
    ]


def test_a_record_fits_the_journal_s_schema(place: Place) -> None:
    place.registry.publish("production", "1", ONE, **{"move.production": tag("publish", None)})
    place.follow()
    [segment] = (place.folder / "one/journal").iterdir()
    jsonschema.validate(json.loads(segment.read_bytes()[8:]), SCHEMA)


def test_a_courier_that_dies_before_it_remembers_lands_the_move_once(place: Place) -> None:
    place.registry.publish("production", "1", ONE, **{"move.production": tag("publish", None)})
    for _ in range(3):
        place.follow()
        (place.folder / "one/serving" / RECORDED).unlink()
        place.land()

    assert place.short() == [("production", None, "1", None, "publish")]


def test_a_move_that_could_not_be_kept_is_tried_again_and_never_keeps_the_model_from_serving(place: Place) -> None:
    place.registry.publish("production", "1", ONE)
    (place.folder / "one").mkdir()
    (place.folder / "one/journal").touch()
    place.follow()
    assert (place.folder / "one/serving/policy.json").exists()

    (place.folder / "one/journal").unlink()
    place.follow()
    place.land()
    assert place.short() == [("production", None, "1", None, None)]


def test_couriers_that_follow_one_registry_report_a_move_together(place: Place) -> None:
    for number, bundle in (("1", ONE), ("2", TWO), ("1", ONE)):
        place.registry.publish("production", number, bundle)
        for courier in ("one", "two"):
            place.follow(courier)
    for courier in ("two", "one"):
        place.land(courier)

    assert [row[1:3] for row in place.short()] == [(None, "1"), ("1", "2"), ("2", "1")]


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "[]",
        '{"why": "promote"}',
        '{"at": "never", "why": "promote"}',
        '{"at": "2026-11-22T10:00:00Z", "why": ""}',
        tag("promote", "7", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_tag_that_is_none_or_of_another_day_is_no_reason(place: Place, message: str) -> None:
    """The version keeps the tag of its promotion when somebody moves the alias back to it by hand."""
    place.registry.publish("production", "2", TWO)
    place.follow()
    place.registry.publish("production", "1", ONE, **{"move.production": message})
    place.follow()
    place.land()

    assert place.short()[-1] == ("production", "2", "1", None, None)


def test_a_move_made_while_the_courier_was_away_still_has_its_reason(place: Place) -> None:
    place.registry.publish("production", "1", ONE)
    place.follow()
    earlier = datetime.now(UTC) - timedelta(days=1)
    place.registry.publish("production", "2", TWO, **{"move.production": tag("promote", "1", earlier)})
    place.follow()
    place.land()

    assert place.short()[-1] == ("production", "1", "2", None, "promote")
