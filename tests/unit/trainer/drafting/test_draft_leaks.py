"""Columns that hold the answer are left out, and a target with gaps or one class is still a draft."""

import io
import random
from collections.abc import Callable

import pandas as pd
import pytest

from tests.support.drafts import ROWS, column, made, table
from trainer.drafting.draft import draft


def test_a_column_that_says_the_class_is_a_leak() -> None:
    content = table(outcome=lambda row: "").replace(b",a\n", b",a\n").decode()
    frame = pd.read_csv(io.StringIO(content))
    frame["outcome"] = frame["kind"].map({"a": "left", "b": "stayed"})
    found, contract, _ = made(frame.to_csv(index=False).encode())
    assert contract.ignore == ("outcome",)
    assert "holds the answer" in column(found, "outcome")[1]


def test_numbers_that_add_up_to_the_target_are_leaks_and_others_are_not() -> None:
    rng = random.Random(3)
    rows = [(rng.randrange(90), rng.randrange(90), round(rng.uniform(0, 30), 1)) for _ in range(300)]
    content = "early,late,heat,total,cents\n" + "".join(f"{a},{b},{c},{a + b},{(a + b) * 100}\n" for a, b, c in rows)
    found, contract, _ = made(content.encode(), "total")
    assert contract.features == ("early", "late", "heat")
    assert "a straight line" in column(found, "cents")[1]
    without = "\n".join(line.rpartition(",")[0] for line in content.splitlines())
    found, contract, _ = made(without.encode(), "total")
    assert (contract.features, contract.ignore) == (("heat",), ("early", "late"))
    assert "early and late add up to the target" in column(found, "late")[1]


@pytest.mark.parametrize("write", ["{:.2f}", "€ {:,.2f}", "{:.2f} EUR"])
def test_a_leak_is_found_however_the_file_writes_its_numbers(write: str) -> None:
    """With a decimal comma and groups of three, with a currency: the target is read as its column would be."""
    rng = random.Random(4)
    rows = [(rng.uniform(0, 900), rng.uniform(100, 90_000)) for _ in range(300)]
    lines = [f"{heat:.1f};{write.format(price)};{price / 4:.4f}" for heat, price in rows]
    swapped = "\n".join(["heat;price;quarter", *lines]).translate(str.maketrans(",.", ".,"))
    for content in (swapped, "\n".join(["heat;price;quarter", *lines])):
        found, contract, _ = made(content.encode(), "price")
        assert contract.task == "regression"
        assert contract.ignore == ("quarter",)
        assert "a straight line" in column(found, "quarter")[1]


def test_rows_without_a_target_are_counted_and_left_out() -> None:
    content = table(x=lambda row: row % 7).replace(b",a\n", b",\n", 5)
    found, _, parsed = made(content)
    assert "5 of 120 rows have no kind: they are left out, and counted" in found.problems
    assert (len(parsed.frame), parsed.left_out) == (ROWS - 5, {"no target": 5})


def test_a_target_with_one_class_or_none_is_still_a_draft() -> None:
    for content, message in (
        (b"x,kind\n1,a\n2,a\n2,a\n", "one class alone (a)"),
        (b"x,kind\n1,\n2,\n", "no row has a kind"),
    ):
        found = draft(content, "rows.csv", "kind")
        assert any(message in problem for problem in found.problems)
        assert found.contract is not None
        assert "TODO: another class" in found.page


def test_few_different_numbers_in_few_rows_are_a_value_to_predict() -> None:
    _, contract, _ = made(b"area,rent\n50,700\n60,\n70,950\n40,600\n90,\n55,720\n", "rent")
    assert contract.task == "regression"
    assert contract.features == ("area",)


@pytest.mark.parametrize(
    ("made_from", "used", "digits", "words"),
    [
        (lambda a, b, c: (a + b) / 2, "ab", 2, "0.5 × a + 0.5 × b"),
        (lambda a, b, c: 0.3 * a + 0.7 * b, "ab", 2, "0.3 × a + 0.7 × b"),
        (lambda a, b, c: 5 + a - 2 * b + 3 * c, "abc", 1, "1 × a + -2 × b + 3 × c"),
        (lambda a, b, c: a / b, "ab", 2, "a × b^-1"),
        (lambda a, b, c: a / b / b * 100, "ab", 1, "100 × a × b^-2"),
        (lambda a, b, c: a * b * c, "abc", 2, "a × b × c"),
        (lambda a, b, c: 100 * a / (a + b), "ab", 1, "100 × a / (a + b)"),
        (lambda a, b, c: a / (a + b), "ab", 4, "a / (a + b)"),
        (lambda a, b, c: a * b * (1 - c / 100), "abc", 2, "a × b × (1 - c/100)"),
        (lambda a, b, c: a * b * (1 + c), "abc", 2, "a × b × (1 + c)"),
    ],
)
def test_columns_that_make_the_target_by_a_formula_hold_the_answer(
    made_from: Callable[[float, float, float], float], used: str, digits: int, words: str
) -> None:
    found, contract, _ = made(three_columns(made_from, digits, 0.0), "y")
    assert set(contract.ignore) == set(used)
    assert words in column(found, "a")[1]


@pytest.mark.parametrize(
    "made_from",
    [lambda a, b, c: 0.3 * a + 0.7 * b, lambda a, b, c: a / b, lambda a, b, c: a * b * c, lambda a, b, c: a / (a + b)],
)
def test_a_formula_with_noise_is_something_to_learn(made_from: Callable[[float, float, float], float]) -> None:
    _, contract, _ = made(three_columns(made_from, 3, 0.05), "y")
    assert contract.features == ("a", "b", "c", "d")


def three_columns(made_from: Callable[[float, float, float], float], digits: int, noise: float) -> bytes:
    draw = random.Random(5)
    lines = ["a,b,c,d,y"]
    for _ in range(300):
        a, b, c = (round(draw.uniform(1, most), 2) for most in (50, 20, 9))
        value = made_from(a, b, c) * (1 + draw.gauss(0, noise))
        lines.append(f"{a},{b},{c},{draw.uniform(0, 1):.3f},{value:.{digits}f}")
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "cell",
    [lambda row: f"2024-{row % 12 + 1:02}-{row % 27 + 1:02}", lambda row: row * 7 % 31, lambda row: "ab"[row % 2]],
)
def test_a_column_with_values_in_one_class_alone_holds_the_answer(cell: Callable[[int], object]) -> None:
    frame = pd.read_csv(io.BytesIO(table(closed=cell)), dtype=str)
    frame["closed"] = frame["closed"].where(frame["kind"] == "b")
    found, contract, _ = made(frame.to_csv(index=False).encode())
    assert contract.ignore == ("closed",)
    assert contract.roles.time is None
    assert "one class alone" in column(found, "closed")[1]


def test_gaps_that_more_than_one_class_has_are_gaps() -> None:
    frame = pd.read_csv(io.BytesIO(table(closed=lambda row: row * 7 % 31)), dtype=str)
    frame["closed"] = frame["closed"].where((frame["kind"] == "b") & (frame.index % 5 > 0))
    _, contract, _ = made(frame.to_csv(index=False).encode())
    assert "closed" in contract.features


@pytest.mark.parametrize(
    ("header", "target", "row"),
    [
        ("x,y", "y", lambda a, b: f"{a},{2 * a + 1}"),
        ("width,height,area", "area", lambda a, b: f"{a},{b % 37 + 1},{a * (b % 37 + 1)}"),
        ("number,hours,passed", "passed", lambda a, b: f"{a * 1000 + b},{a},{'yes' if a > 45 else 'no'}"),
    ],
)
def test_leaks_are_kept_with_their_reason_where_no_other_column_is_left(
    header: str, target: str, row: Callable[[int, int], str]
) -> None:
    rng = random.Random(3)
    rows = [(rng.randrange(1, 90), number) for number in range(1, 301)]
    content = "\n".join([header, *(row(a, b) for a, b in rows)]) + "\n"
    found, contract, _ = made(content.encode(), target)
    assert contract.features
    assert all("kept, because no other column is left" in column(found, name)[1] for name in contract.features)
    assert any("every column holds the answer" in problem for problem in found.problems)
