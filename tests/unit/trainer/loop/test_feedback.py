"""Labelled predictions become files: what is new, what was corrected, what breaks the contract."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.trainer.labelled_rows import day_of, labelled
from trainer.contract.contract import Contract
from trainer.data.dataset import held_out, load
from trainer.data.labelled import Row, read_folder, read_rows, to_csv
from trainer.data.prepare import prepare
from trainer.errors import ColumnsDifferError, DataError
from trainer.loop.feedback import FeedbackCounts, land
from trainer.params import Params
from trainer.workspace.layout import Layout


def nothing(file: Path) -> None:
    """Keeps no file."""


@pytest.fixture
def kept() -> list[Path]:
    return []


def landed(layout: Layout, iris: Contract, rows: list[Row], kept: list[Path] | None = None) -> FeedbackCounts:
    return land(to_csv(rows), layout, iris, "here", keep=(kept if kept is not None else []).append)


def test_what_comes_is_in_today_s_file_and_handed_to_who_keeps_it(
    layout: Layout, iris: Contract, kept: list[Path]
) -> None:
    done = landed(layout, iris, day_of(6), kept)
    assert (done.came, done.known, done.new, done.refused) == (6, 0, 6, [])
    assert kept == [layout.feedback / f"{datetime.now(UTC).date()}.csv"]
    assert read_folder(layout.feedback, iris) == day_of(6)


def test_what_comes_again_is_known_and_what_comes_later_is_added(layout: Layout, iris: Contract) -> None:
    landed(layout, iris, day_of(6))
    done = landed(layout, iris, day_of(9))
    assert (done.known, done.new) == (6, 3)
    assert len(read_folder(layout.feedback, iris)) == 9
    assert landed(layout, iris, day_of(9)).file is None


def test_a_corrected_label_is_the_last_word(layout: Layout, iris: Contract) -> None:
    landed(layout, iris, [labelled(1, label="virginica")])
    (today,) = layout.feedback.glob("*.csv")
    today.rename(layout.feedback / "2026-11-20.csv")
    assert landed(layout, iris, [labelled(1)]).new == 1
    assert [row["label"] for row in read_folder(layout.feedback, iris)] == ["setosa"]


def test_what_breaks_the_contract_is_refused_with_the_rule_and_kept_apart(layout: Layout, iris: Contract) -> None:
    rows = [
        labelled(1),
        labelled(2, label="rose"),
        labelled(3, petal_width="99"),
        labelled(4, petal_width="wide\nand more"),
        labelled(5, petal_width=""),
        labelled(6),
    ]
    done = landed(layout, iris, rows)
    assert done.new == 2
    assert {row["prediction_id"][-1]: why for row, why in done.refused} == {
        "2": "species: is an unknown class; known are setosa, versicolor, virginica",
        "3": "petal_width: is above the maximum 3",
        "4": "petal_width: is no float64",
        "5": "petal_width: is missing",
    }
    (apart,) = layout.rejected.glob("*.csv")
    assert [row["why"] for row in read_rows(apart.read_bytes(), iris, "")] == [why for _, why in done.refused]


@pytest.mark.parametrize("content", [b"", to_csv([]), b"prediction_id,at,version,predicted,label,source\n"])
def test_no_rows_are_no_file(layout: Layout, iris: Contract, content: bytes) -> None:
    done = land(content, layout, iris, "here", keep=nothing)
    assert (done.came, done.file) == (0, None)
    assert not layout.feedback.exists()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"a,b\n1,2\n", ColumnsDifferError, "column 'prediction_id', 'at', 'sepal_length'"),
        (b"\xff\xfe", DataError, "no CSV in UTF-8"),
        (to_csv([labelled(1)]) + b"1,2\n", DataError, "row 3 has not the number of cells"),
        (to_csv([{**labelled(1), "at": "yesterday"}]), DataError, "'yesterday' is not its time"),
        (to_csv([{**labelled(1), "at": "2026-11-20T08:00:00"}]), DataError, "is not its time"),
    ],
)
def test_something_else_is_refused_and_writes_nothing(
    layout: Layout, iris: Contract, content: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        land(content, layout, iris, "here", keep=nothing)
    assert list(layout.root.iterdir()) == []


def test_without_labelled_rows_the_data_set_is_the_same_to_the_byte(
    layout: Layout, iris: Contract, fast: Params
) -> None:
    prepare(layout, iris)
    before = {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file()}
    prepare(layout, iris, fast.feedback)
    assert {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file()} == before


def test_labelled_rows_come_last_and_a_row_is_held_out_for_ever(layout: Layout, iris: Contract, fast: Params) -> None:
    landed(layout, iris, [*day_of(60), labelled(99, "setosa", label="virginica")])
    found = prepare(layout, iris, fast.feedback)
    assert found["rows"] == 210
    assert found["feedback"]["kept"] == 60
    assert found["feedback"]["left_out"] == {"a label that none of its neighbours has": 1}
    first = load(layout.processed("iris"), iris).rows
    held = held_out(first, share=0.2, seed=7)
    assert 4 < held[150:].sum() < 24
    landed(layout, iris, day_of(30, first=200, day=1))
    prepare(layout, iris, fast.feedback)
    second = load(layout.processed("iris"), iris).rows
    assert held_out(second, share=0.2, seed=7)[:210].tolist() == held.tolist()
    assert second.features[:210].equals(first.features)
