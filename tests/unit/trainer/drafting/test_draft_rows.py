"""Rows of a file that are none of the table, and files that enclose and separate cells in a rare way."""

import pytest

from tests.support.drafts import ROWS, column, made, table
from tests.support.tables import category_of, number_of

LINES = (
    table(speed=lambda row: row * 7 % 31 + 0.5, colour=lambda row: "red" if row % 3 else "blue").decode().splitlines()
)
HEAD, REST = LINES[0], LINES[1:]


def test_a_header_that_stands_among_the_rows_again_is_left_out_and_counted() -> None:
    found, contract, parsed = made("\n".join([HEAD, *REST[:40], HEAD, *REST[40:80], HEAD, *REST[80:]]).encode())
    assert parsed.left_out == {"the header again": 2}
    assert (len(parsed.frame), contract.target.classes) == (ROWS, ("a", "b"))
    assert category_of(contract, 1).categories == ("blue", "red")
    assert column(found, "speed") == ("number", "")
    assert "the header stands 2 times more among the rows: left out, and counted" in found.problems


@pytest.mark.parametrize("before", ["car,,driver,", "a title\n\ncar,,driver,", "1,2,3,4"])
def test_the_second_of_two_header_rows_names_the_columns(before: str) -> None:
    found, contract, parsed = made("\n".join([before, HEAD, *REST]).encode())
    assert contract.features == ("speed", "colour", "size")
    assert len(parsed.frame) == ROWS
    assert contract.csv.skip == len(before.splitlines())
    assert any("before the header: passed over" in problem for problem in found.problems)


@pytest.mark.parametrize("units", ["m/s,,kg,", "[m/s],[-],[kg],[-]", "m/s,colour of it,kg,class"])
def test_a_row_of_units_is_left_out_and_its_units_are_kept(units: str) -> None:
    found, contract, parsed = made("\n".join([HEAD, units, *REST]).encode())
    assert [number_of(contract, place).unit for place in (0, 2)] == ["m/s", "kg"]
    assert (len(parsed.frame), parsed.left_out) == (ROWS, {"left out by csv.leave_out": 1})
    assert category_of(contract, 1).categories == ("blue", "red")
    assert contract.target.classes == ("a", "b")
    assert any("a row of units" in problem for problem in found.problems)


@pytest.mark.parametrize("first", ["n/a,red,?,a", "unknown,red,2.5,a", ",blue,-,b"])
def test_a_first_row_with_gaps_is_no_row_of_units(first: str) -> None:
    found, _, parsed = made("\n".join([HEAD, first, *REST]).encode())
    assert len(parsed.frame) == ROWS + 1
    assert not any("a row of units" in problem for problem in found.problems)


def test_several_separators_behind_each_row_are_empty_columns() -> None:
    for header in (HEAD, f"{HEAD},,,"):
        found, _, parsed = made("\n".join([header, *(f"{line},,," for line in REST)]).encode())
        assert column(found, "column_7") == ("left out", "empty: no row has a value")
        assert len(parsed.frame) == ROWS


def test_merged_cells_of_a_spreadsheet_are_named() -> None:
    found, contract, _ = made(table(region=lambda row: f"region {row}" if row % 30 == 0 else ""))
    assert "merged in a spreadsheet?" in column(found, "region")[1]
    assert contract.ignore == ("region",)


@pytest.mark.parametrize("separator", ["^", "~", "\x01", ":"])
def test_a_rare_separator_is_found(separator: str) -> None:
    _, contract, parsed = made("\n".join(line.replace(",", separator) for line in LINES).encode())
    assert (contract.csv.separator, len(parsed.frame)) == (separator, ROWS)


@pytest.mark.parametrize(
    ("cell", "text", "quotes"),
    [
        ("'St. John, B'", "St. John, B", "single"),
        (r'"the \"first\", they write"', 'the "first", they write', "backslash"),
        (r"St. John\, B", "St. John, B", "backslash"),
        ('"5"" pipe, B"', '5" pipe, B', "strict"),
        (r'"C:\dir\,"', "C:\\dir\\,", "strict"),
    ],
)
def test_quotes_of_another_kind_enclose_a_cell(cell: str, text: str, quotes: str) -> None:
    other = "'blue'" if quotes == "single" else "blue"
    lines = [line.replace("red", cell).replace("blue", other) for line in REST]
    _, contract, parsed = made("\n".join([HEAD, *lines]).encode())
    assert contract.csv.quotes == quotes
    assert set(category_of(contract, 1).categories) == {"blue", text}
    assert len(parsed.frame) == ROWS


@pytest.mark.parametrize("with_header", [True, False], ids=["header too", "rows alone"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "  \n"])
def test_lines_in_quotes_as_a_whole_are_read(ending: str, *, with_header: bool) -> None:
    lines = [line.replace("red", '"St. John, B"') for line in [HEAD, *REST]]
    quoted = [f'"{line.replace(chr(34), chr(34) * 2)}"' for line in lines]
    found, contract, parsed = made(ending.join(quoted if with_header else [HEAD, *quoted[1:]]).encode())
    assert contract.csv.quotes == "lines"
    assert any("csv.quotes: lines" in problem for problem in found.problems)
    assert set(category_of(contract, 1).categories) == {"blue", "St. John, B"}
    assert len(parsed.frame) == ROWS


def test_a_mark_with_a_backslash_is_a_gap_where_backslashes_escape() -> None:
    lines = [line.replace("red", r"St. John\, B").replace("blue", r"\N") for line in REST]
    found, contract, _ = made("\n".join([HEAD, *lines]).encode())
    assert contract.csv.quotes == "backslash"
    assert "40 missing" in column(found, "colour")[1]


def test_dates_in_few_rows_are_not_taken_for_merged_cells() -> None:
    found, *_ = made(table(closed=lambda row: f"2024-{row // 28 + 1:02}-{row % 28 + 1:02}" if row % 4 == 0 else ""))
    assert column(found, "closed")[0] == "date"
