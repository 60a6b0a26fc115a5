"""Columns that hold the answer are left out, and a target with gaps or one class is still a draft."""

import io
import random

import pandas as pd

from tests.support.drafts import ROWS, column, made, table
from trainer.contract.draft import draft


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
