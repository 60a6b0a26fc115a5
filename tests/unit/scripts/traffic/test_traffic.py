"""The traffic generator against an api in this process: what it asks is answered, and nothing is iris in it."""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from scripts.traffic import rows
from scripts.traffic.errors import TrafficError
from scripts.traffic.load import Outcome, Plan, run
from scripts.traffic.served import Served, ask
from tests.support.bundles import FLOWERS, IRIS, make_bundle, write_policy


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    serving = tmp_path / "serving"
    write_policy(serving, 1, make_bundle(serving))
    settings = Settings(serving_dir=serving, journal_dir=tmp_path / "journal", policy_poll_seconds=0.01)
    with TestClient(create_app(settings), "http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def served(client: TestClient) -> Served:
    return ask(client)


def played(plan: Plan, served: Served, client: TestClient, draw: rows.Draw, seen: list[int] | None = None) -> Outcome:
    """The plan on a clock that jumps to where it is wanted."""
    at = {"now": 0.0}

    def sleep(seconds: float) -> None:
        at["now"] += seconds

    def progress(so_far: Outcome) -> None:
        if seen is not None:
            seen.append(so_far.asked)

    return run(plan, served, draw, [client], Random(7), progress, clock=lambda: at["now"], sleep=sleep)


def test_it_knows_from_the_api_what_can_be_asked(served: Served) -> None:
    assert served.names == list(IRIS)
    assert served.classes == list(FLOWERS)
    assert served.accuracy == 0.9


def test_everything_asked_is_answered_and_it_ends_when_the_time_is_up(client: TestClient, served: Served) -> None:
    seen: list[int] = []
    plan = Plan(rate=10, seconds=10, bad=False, feedback=False)
    outcome = played(plan, served, client, rows.from_bins(served, Random(1)), seen)
    assert (outcome.asked, outcome.failures) == (100, {})
    assert outcome.rows == 96 + 4 * 20
    assert seen == list(range(1, 101))
    assert set(outcome.labels) <= set(FLOWERS)


def test_bad_requests_are_refused_and_feedback_is_taken(client: TestClient, served: Served) -> None:
    plan = Plan(rate=10, seconds=20, bad=True, feedback=True)
    outcome = played(plan, served, client, rows.from_bins(served, Random(1)))
    assert outcome.failures == {}
    assert 0 < outcome.refused < 30
    assert 0.35 < outcome.feedback / outcome.rows < 0.65


def test_an_api_that_fails_is_reported_and_not_hidden(served: Served) -> None:
    broken = httpx2.Client(base_url="http://api", transport=httpx2.MockTransport(lambda _: httpx2.Response(503)))
    plan = Plan(rate=10, seconds=1, bad=False, feedback=False)
    outcome = run(plan, served, rows.from_bins(served, Random(1)), [broken], Random(1), lambda _: None)
    assert outcome.failures == {"503 /predict": 10}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx2.Response(404), "not an api of this platform"),
        (httpx2.Response(200, json={"model": None}), "no model is served"),
    ],
)
def test_without_a_model_it_says_what_to_do(answer: httpx2.Response, message: str) -> None:
    with (
        httpx2.Client(base_url="http://api", transport=httpx2.MockTransport(lambda _: answer)) as client,
        pytest.raises(TrafficError, match=message),
    ):
        ask(client)


def test_real_rows_bring_their_truth_and_are_only_taken_where_they_fit(served: Served, tmp_path: Path) -> None:
    def write(name: str, columns: list[str], values: list[Any]) -> None:
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([columns, values])

    write("other.csv", ["height", "colour"], [1, "red"])
    assert rows.from_data(served, tmp_path, Random(1)) is None
    write("real.csv", [*IRIS, "species"], [5.1, 3.5, 1.4, 0.2, "setosa"])
    draw = rows.from_data(served, tmp_path, Random(1))
    assert draw is not None
    assert draw() == (dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True)), "setosa")


def test_columns_with_a_role_beside_the_truth_do_not_keep_real_rows_from_being_sent(tmp_path: Path) -> None:
    lines = "age,size,town,member,outcome,order_id,weight\n3,1.5,Ulm,true,yes,100,0.5\n"
    (tmp_path / "rows.csv").write_text(lines)
    draw = rows.from_data(MIXED, tmp_path, Random(1))
    assert draw is not None
    assert draw() == ({"age": 3, "size": 1.5, "town": "Ulm", "member": True}, "yes")
    (tmp_path / "rows.csv").write_text(lines.replace("outcome", "another"))
    assert rows.from_data(MIXED, tmp_path, Random(1)) is None


MIXED = Served(
    version="1",
    features=[
        {"name": "age", "dtype": "int64", "minimum": 0, "maximum": 100},
        {"name": "size", "kind": "number", "dtype": "float64", "minimum": 0.0, "maximum": 9.0, "nullable": True},
        {"name": "town", "kind": "category", "categories": ["Ulm", "Jena"], "unknown": "refuse"},
        {"name": "member", "kind": "boolean"},
    ],
    bins={
        "age": {"edges": [30, 60], "labels": ["a", "b", "c"], "share": [0.5, 0.25, 0.25]},
        "size": {"edges": [2.0], "labels": ["low", "high", "missing"], "share": [0.4, 0.4, 0.2]},
        "town": {"labels": ["Ulm", "Jena"], "share": [0.1, 0.9]},
        "member": {"labels": ["false", "true"], "share": [0.75, 0.25]},
    },
    target="outcome",
    classes=[],
    accuracy=0.0,
)


@pytest.mark.parametrize(("cell", "value"), [("true", True), ("false", False), ("True", True)])
def test_a_boolean_of_the_prepared_table_is_sent_as_it_is(tmp_path: Path, cell: str, value: bool) -> None:
    (tmp_path / "rows.csv").write_text(f"age,size,town,member,outcome\n3,1.5,Ulm,{cell},yes\n")
    draw = rows.from_data(MIXED, tmp_path, Random(1))
    assert draw is not None
    assert draw() == ({"age": 3, "size": 1.5, "town": "Ulm", "member": value}, "yes")


def test_any_kind_of_column_is_drawn_in_the_shares_of_training_and_moved_by_drift() -> None:
    draw = rows.from_bins(MIXED, Random(3))
    drawn = [draw()[0] for _ in range(4000)]
    assert {type(row["age"]) for row in drawn} == {int}
    assert sum(row["age"] <= 30 for row in drawn) / 4000 == pytest.approx(0.5, abs=0.03)
    assert sum(row["size"] is None for row in drawn) / 4000 == pytest.approx(0.2, abs=0.03)
    assert sum(row["town"] == "Jena" for row in drawn) / 4000 == pytest.approx(0.9, abs=0.03)
    assert sum(row["member"] for row in drawn) / 4000 == pytest.approx(0.25, abs=0.03)
    moved = rows.drifted(draw, MIXED, Random(3))
    later = [moved()[0] for _ in range(4000)]
    assert {type(row["age"]) for row in later} == {int}
    assert sum(row["age"] <= 30 for row in later) / 4000 < 0.4
    assert sum(row["town"] == "Ulm" for row in later) / 4000 == pytest.approx(0.55, abs=0.03)
    assert all(0 <= row["age"] <= 100 for row in later)
