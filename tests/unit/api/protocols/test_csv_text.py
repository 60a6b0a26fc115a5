"""A table that comes as the training table is written: its quotes, and separators behind each line."""

import pytest

from api.bundle.manifest import Csv
from api.protocols.csv_text import open_table


@pytest.mark.parametrize(
    ("quotes", "line", "cells"),
    [
        ("single", "'St. John, B','a'", ["St. John, B", "a"]),
        ("backslash", r'"the \"first\", B",a', ['the "first", B', "a"]),
        ("backslash", r"St. John\, B,a", ["St. John, B", "a"]),
        ("backslash", r"\N,a", [r"\N", "a"]),
        ("strict", '"5"" pipe, B",a', ['5" pipe, B', "a"]),
        ("lines", '"""St. John, B"",a"', ["St. John, B", "a"]),
        ("lines", '"5"""" pipe",a', ['5"" pipe', "a"]),
        ("lines", "5,a", ["5", "a"]),
        ("none", "5' pipe,a", ["5' pipe", "a"]),
    ],
)
def test_quotes_are_those_of_the_training_table(quotes: str, line: str, cells: list[str]) -> None:
    opened = open_table(f"town,kind\n{line}\n".encode(), ["town", "kind"], Csv.model_validate({"quotes": quotes}))
    assert [record for _, record in opened.records] == [cells]


def test_separators_behind_each_line_are_columns_without_a_name() -> None:
    opened = open_table(b"town,kind\n" + b"x,a,,,\n" * 4, ["town", "kind"], Csv())
    assert opened.header == ["town", "kind", "", "", ""]
