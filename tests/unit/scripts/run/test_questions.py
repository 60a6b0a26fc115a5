"""The figures of the demo's report come from the rows asked and the rows found, not from hope."""

import sqlite3
from pathlib import Path

import pytest

from scripts.run.errors import NotInTimeError
from scripts.run.questions import Answers, count_landed, find_in_audit, read_rows, spread

CONTRACT = """
name: flowers
columns: [{name: length, dtype: float64}, {name: petals, dtype: int64}]
target: {name: kind}
"""


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE predictions (id TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO predictions VALUES (?)", [("a",), ("b",)])
    connection.close()
    return path


def test_rows_are_typed_as_the_contract_says(tmp_path: Path) -> None:
    (tmp_path / "processed").mkdir()
    (tmp_path / "processed/flowers.csv").write_text("length,petals,kind\n5.1,3,setosa\n")
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    [(features, truth)] = read_rows(tmp_path)
    assert (features, truth) == ({"length": 5.1, "petals": 3}, "setosa")
    assert [type(value) for value in features.values()] == [float, int]


def test_categories_booleans_and_gaps_are_asked_as_the_values_they_are(tmp_path: Path) -> None:
    (tmp_path / "processed").mkdir()
    (tmp_path / "processed/orders.csv").write_text("count,shop,paid,colour,price\n3.0,a,true,,12.5\n,b,false,1,7\n")
    (tmp_path / "contract.yaml").write_text(
        """
name: orders
task: regression
columns:
  - {name: count, dtype: int64, nullable: true}
  - {name: shop, kind: category}
  - {name: paid, kind: boolean}
  - {name: colour, kind: category, nullable: true}
target: {name: price}
"""
    )
    assert list(read_rows(tmp_path)) == [
        ({"count": 3, "shop": "a", "paid": True, "colour": None}, "12.5"),
        ({"count": None, "shop": "b", "paid": False, "colour": "1"}, "7"),
    ]


def test_only_rows_that_are_there_count_as_landed(audit: Path) -> None:
    assert count_landed(audit, ["a", "b", "never answered"]) == 2


def test_an_audit_that_does_not_exist_yet_holds_nothing(tmp_path: Path) -> None:
    assert count_landed(tmp_path / "none.db", ["a"]) == 0
    assert not (tmp_path / "none.db").exists()


def test_a_missing_row_is_an_error_and_not_a_smaller_number(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.run.questions.LANDED_SECONDS", 0)
    with pytest.raises(NotInTimeError, match="all 2 answers"):
        find_in_audit(audit, ["a", "lost"])


def test_percentiles_are_in_milliseconds_and_in_order() -> None:
    answers = Answers(["x"] * 100, 97, [n / 1000 for n in range(1, 101)])
    assert answers.accuracy == 0.97
    assert answers.latency_ms() == {"p50": 50.5, "p95": 95.05, "p99": 99.01}


@pytest.mark.parametrize(
    ("rows", "most", "places"), [(3, 5, [0, 1, 2]), (10, 5, [0, 2, 4, 6, 8]), (7, 3, [0, 2, 4]), (0, 5, [])]
)
def test_a_large_table_is_asked_about_at_even_distances(rows: int, most: int, places: list[int]) -> None:
    table = [({"row": place}, "yes") for place in range(rows)]
    assert [features["row"] for features, _ in spread(table, most)] == places
