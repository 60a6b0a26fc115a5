"""A target by its cells: a value, classes, classes to leave out, or nothing that can be learnt."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.drafts import ROWS, column, made, table
from trainer.contract.outliers import outweighing
from trainer.drafting.draft import draft
from trainer.drafting.leaks import Answers, leaks
from trainer.drafting.target import LOPSIDED
from trainer.errors import EmptyDataError
from trainer.training import threshold as training


def test_classes_with_too_few_rows_are_left_out_and_counted() -> None:
    names = ["red"] * 60 + ["blue"] * 50 + ["green"] * 7 + ["Rust", "rust", "mauve"]
    found, contract, parsed = made(table(colour=lambda row: names[row]), target="colour")
    assert contract.target.classes == ("blue", "green", "red")
    assert set(map(str.lower, contract.target.leave_out)) == {"rust", "mauve"}
    assert set(parsed.frame["colour"]) == {"blue", "green", "red"}
    assert parsed.left_out == {"left out by target.leave_out": 3}
    assert any("target.leave_out" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("cell", "task"),
    [
        (lambda row: row % 3 + 1, "classification"),
        (lambda row: row % 10, "classification"),
        (lambda row: min(row * row % 97 % 13, 9), "regression"),
        (lambda row: row % 8 / 4, "regression"),
        (lambda row: [0.5, 1.0, 2.0][row % 3], "classification"),
        (lambda row: row % 30, "regression"),
    ],
)
def test_a_few_numbers_are_classes_where_each_has_rows_enough(cell: Callable[[int], Any], task: str) -> None:
    found, contract, _ = made(table(count=cell), target="count")
    assert contract.task == task
    assert (task == "classification") == bool(contract.target.classes)
    few = "write task: classification" in " ".join(found.problems)
    assert few == (task == "regression" and len({cell(row) for row in range(ROWS)}) <= 20)


def test_a_target_that_names_rows_is_reported_and_its_names_are_not_listed() -> None:
    found = draft(table(who=lambda row: f"person {row}"), "rows.csv", "who")
    (problem,) = [one for one in found.problems if "choose another target" in one]
    assert "they name rows" in problem
    assert found.contract is None
    assert "classes: [] # its texts name rows: choose another target" in found.page
    assert "person 7" not in found.page


def test_a_target_of_dates_is_reported() -> None:
    found, contract, parsed = made(table(day=lambda row: f"2026-{row % 12 + 1:02d}-{row % 28 + 1:02d}"), target="day")
    (problem,) = [one for one in found.problems if "choose another target" in one]
    assert "different dates" in problem
    assert len(parsed.frame) == ROWS
    assert len(contract.target.classes) > 50


def test_a_target_without_a_single_value_ends_in_what_to_do() -> None:
    empty = table(gone=lambda row: "")
    found = draft(empty, "rows.csv", "gone")
    assert "no row has a gone: there is nothing to learn yet" in found.problems
    with pytest.raises(EmptyDataError, match=r"of 120 rows none has a value .* name another column as the target"):
        made(empty, target="gone")


def test_a_table_without_a_column_to_learn_from_says_so() -> None:
    found = draft(
        pd.DataFrame({"id": range(60), "kind": ["a", "b"] * 30}).to_csv(index=False).encode(), "t.csv", "kind"
    )
    assert found.contract is None
    assert any("there is no column to learn from" in problem for problem in found.problems)


def test_years_and_times_that_never_repeat_are_the_time_and_a_feature() -> None:
    for name, cell in (("Year", lambda row: 1900 + row), ("time", lambda row: 5 + row * row)):
        found, contract, _ = made(table(**{name: cell}))
        assert column(found, name) == ("number", "also the time of the row")
        assert contract.roles.time == name
        assert name in contract.features


def test_a_time_whose_split_would_hold_out_all_of_a_class_is_no_role() -> None:
    found, contract, _ = made(
        table(year=lambda row: 1900 + row, late=lambda row: "new" if row > 100 else "old"), "late"
    )
    assert contract.roles.time is None
    assert "year" in contract.features
    assert any("rows are held out by chance" in problem for problem in found.problems)


def test_whole_numbers_that_gather_somewhere_are_measured_also_when_each_is_there_once() -> None:
    draw = random.Random(4)
    people = [int(draw.lognormvariate(11, 1.2)) for _ in range(ROWS)]
    given = draw.sample(range(10_000_000), ROWS)
    cells = table(population=lambda row: people[row], licence=lambda row: given[row], client_id=lambda row: people[row])
    found, _, _ = made(cells)
    assert column(found, "population")[0] == "number"
    assert column(found, "licence") == ("id", "a different whole number in each row")
    assert column(found, "client_id")[0] == "id"


def test_rows_of_one_person_are_a_group() -> None:
    for name in ("Subject", "id", "patient_no"):
        found, contract, _ = made(table(**{name: lambda row: f"P{row // 4}"}))
        assert column(found, name) == ("group", "names the 30 groups that rows belong to")
        assert contract.roles.group == name


def test_a_column_that_is_constant_among_the_rows_without_gaps_is_no_part_of_a_sum() -> None:
    draw = random.Random(6)
    one, other = ([draw.uniform(0, 9) for _ in range(200)] for _ in range(2))
    target = pd.Series([str(a + b) for a, b in zip(one, other, strict=True)])
    frame = pd.DataFrame({"one": one, "other": other, "odd": [7.0] * 200, "gap": [1.0] * 200})
    frame.loc[:4, "odd"], frame.loc[:4, "gap"] = 3.0, float("nan")
    numbers = {str(name): values.to_numpy() for name, values in frame.items()}
    assert set(leaks({}, numbers, Answers.of(target))) == {"one", "other"}


def test_a_number_with_a_range_for_each_class_is_a_leak_and_one_that_overlaps_is_not() -> None:
    draw = random.Random(3)
    names = [draw.choice("abc") for _ in range(ROWS)]
    target = pd.Series(names)
    apart = np.array(["bca".index(name) + draw.random() * 0.9 for name in names])
    close = np.array(["bca".index(name) + draw.random() * 1.1 for name in names])
    gaps = np.where(np.arange(ROWS) % 4 == 0, np.nan, apart)
    ties = np.floor(apart / 2)
    assert set(leaks({}, {"apart": apart, "close": close, "gaps": gaps, "ties": ties}, Answers.of(target))) == {"apart"}


def test_a_function_that_only_rises_of_the_target_is_a_leak() -> None:
    draw = np.random.default_rng(3)
    values = np.exp(draw.normal(size=ROWS))
    numbers = {"log": np.log(values), "noisy": np.log(values) + draw.normal(size=ROWS) / 10}
    assert set(leaks({}, numbers, Answers.of(pd.Series(values.astype(str))))) == {"log"}


def test_long_classes_of_several_lines_are_classes() -> None:
    words = ["no, never again\nafter that", "accepted after a long review " * 12]
    found, contract, parsed = made(table(word=lambda row: words[row % 2]), target="word")
    assert found.problems == ()
    assert len(contract.target.classes) == 2
    assert set(parsed.frame["word"]) == set(contract.target.classes)


def test_four_rows_are_reported_as_too_few() -> None:
    found = draft(b"a,kind\n1,x\n2,y\n4,x\n3,y\n", "rows.csv", "kind")
    problem = "kind has 2 of 'x', 2 of 'y' in 4 rows: too few to learn from and to judge; add rows"
    assert problem in found.problems


def test_a_rare_class_is_named_with_its_share_and_the_keys_that_concern_it() -> None:
    assert LOPSIDED == training.LOPSIDED
    content = "a,kind\n" + "".join(f"{row * 7 % 31},{'fraud' if row % 20 == 0 else 'fine'}\n" for row in range(400))
    found = draft(content.encode(), "rows.csv", "kind")
    [problem] = [one for one in found.problems if one.startswith("5.0% of the rows are 'fraud'")]
    assert "(scoring and threshold in params.yaml)" in problem
    even = draft(content.replace("fine", "fraud", 60).encode(), "rows.csv", "kind")
    assert not any("params.yaml" in one for one in even.problems)


def test_the_class_that_is_too_rare_is_named() -> None:
    content = "a,kind\n" + "".join(f"{row * 7 % 31},{'fraud' if row in (3, 50) else 'fine'}\n" for row in range(90))
    found = draft(content.encode(), "rows.csv", "kind")
    assert "kind has 2 of 'fraud' in 90 rows: too few to learn from and to judge; add rows" in found.problems


def test_spellings_of_yes_and_no_that_are_classes_are_named() -> None:
    words = ["Yes", "Y", "No", "N"]
    found, *_ = made(table(paid=lambda row: words[row % 4]), target="paid")
    assert any("4 spellings of yes and no (N, No, Y, Yes)" in one for one in found.problems)


def test_a_name_that_the_file_has_is_not_called_the_second_of_another() -> None:
    found = draft(table(a=lambda row: row % 7).replace(b"size", b"a.1", 1), "rows.csv", "kind")
    assert not any("two columns" in one for one in found.problems)


def test_one_class_and_one_row_are_named_in_the_singular() -> None:
    names = ["red"] * 60 + ["blue"] * 52 + ["green"] * 7 + ["mauve"]
    found, *_ = made(table(colour=lambda row: names[row]), target="colour")
    assert found.problems == (
        "a class of colour has fewer than 5 rows, e.g. 'mauve': left out and counted, 1 row (target.leave_out)",
        "a class has fewer than 10 rows, e.g. 'green': little to learn from, and to judge by",
    )


def test_a_few_values_that_outweigh_all_others_are_named_with_the_loss_that_bears_them() -> None:
    found, *_ = made(table(cost=lambda row: 90_000.5 if row in {7, 90} else 300 + row * 37 % 97), target="cost")
    assert [problem for problem in found.problems if "2 of 120 values make 100%" in problem and "quantile" in problem]


@pytest.mark.parametrize("draws", ["normal", "exponential", "uniform"])
def test_a_long_tail_alone_is_not_outweighing(draws: str) -> None:
    assert outweighing(getattr(np.random.default_rng(3), draws)(size=2000)) is None
    assert outweighing(np.full(200, 3.0)) is None


def test_a_few_words_among_the_values_of_the_target_are_gaps() -> None:
    found, contract, parsed = made(table(rent=lambda row: "On request" if row % 40 == 0 else 500 + row * 7), "rent")
    assert contract.task == "regression"
    assert parsed.left_out == {"no target": 3}
    assert any("On request is none: read as missing" in problem for problem in found.problems)
