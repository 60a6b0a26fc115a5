"""Which class a literal names: a name wins everywhere, and an index is only meant where no name is a number."""

from typing import Any

import pytest

from api.bundle.class_names import ClassNames, typed_names

DIGITS, FLOWERS = ["1", "2", "3"], ["setosa", "versicolor"]


@pytest.mark.parametrize(
    ("classes", "literal", "found"),
    [
        (DIGITS, 1, "1"),
        (DIGITS, 3, "3"),
        (DIGITS, 2.0, "2"),
        (DIGITS, "2", "2"),
        (DIGITS, 0, None),
        (DIGITS, 4, None),
        (DIGITS, "2.0", None),
        (DIGITS, True, None),
        (DIGITS, float("nan"), None),
        (["0", "1"], 1, "1"),
        (["1", "0"], 1, "1"),
        (["-1", "1"], -1, "-1"),
        (["0.5", "1.0"], 1, "1.0"),
        (["1", "1.0"], 1, None),
        (["1", "many"], 1, "1"),
        (["1", "many"], 0, None),
        (["no", "yes"], True, None),
        (["True", "False"], True, "True"),
        (["false", "true"], False, "false"),
        (FLOWERS, 1, "versicolor"),
        (FLOWERS, 1.0, None),
        (FLOWERS, True, None),
        (FLOWERS, 2, None),
        (FLOWERS, -1, None),
        (FLOWERS, 10**400, None),
        (FLOWERS, None, None),
        (FLOWERS, "SETOSA", "setosa"),
        (["Straße", "Weg"], "STRASSE", "Straße"),
        (["a", "A", "b"], "a", "a"),
        (["a", "A", "b"], "A", "A"),
        (["Yes", "yEs", "No"], "YES", None),
        (FLOWERS, ["setosa"], None),
        (FLOWERS, {"setosa": 1}, None),
    ],
)
def test_a_json_value_names_a_class_or_none(classes: list[str], literal: Any, found: str | None) -> None:
    assert ClassNames(classes).find(literal) == found


@pytest.mark.parametrize(
    ("classes", "text", "found"),
    [
        (DIGITS, "1", "1"),
        (DIGITS, "1.0", "1"),
        (DIGITS, "0", None),
        (DIGITS, "1_0", None),
        (["1.0", "2.0"], "1", "1.0"),
        (["yes", "no"], "yes", "yes"),
        (["True", "False"], "true", "True"),
        (["Yes", "No"], "YES", "Yes"),
        (["Yes", "yes", "No"], "YES", None),
        (FLOWERS, "1", "versicolor"),
        (FLOWERS, "1.0", None),
        (FLOWERS, "²", None),
        (FLOWERS, "9" * 5000, None),
        (FLOWERS, "", None),
        (FLOWERS, "nan", None),
    ],
)
def test_a_cell_names_a_class_or_none(classes: list[str], text: str, found: str | None) -> None:
    assert ClassNames(classes).find_text(text) == found


@pytest.mark.parametrize(
    ("classes", "typed"),
    [
        (DIGITS, [1, 2, 3]),
        (["-1", "1"], [-1, 1]),
        (["1", "02"], ["1", "02"]),
        (["1.0", "2.0"], ["1.0", "2.0"]),
        (["1", "many"], ["1", "many"]),
        (FLOWERS, FLOWERS),
        ([], []),
    ],
)
def test_classes_that_are_integers_come_back_as_integers(classes: list[str], typed: list[Any]) -> None:
    found = typed_names(classes)
    assert (found, list(map(type, found))) == (typed, list(map(type, typed)))
