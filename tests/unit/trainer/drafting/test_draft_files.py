"""Any encoding, separator and header becomes a draft; lines and cells that fit no table are dealt with and named."""

import unicodedata

import pytest
import yaml

from tests.support.drafts import ROWS, column, made, table
from tests.support.tables import category_of
from trainer.drafting.draft import draft
from trainer.errors import DataError

FILE = "mark;place;kind\n" + "".join(f"{row % 9},{row % 7};{'xyz'[row % 3]};{'ab'[row % 2]}\n" for row in range(60))


@pytest.mark.parametrize(
    ("text", "left_out", "message"),
    [
        ("sep=;\n" + FILE, {}, "a line before the header"),
        ("# made by a device\n# on a day\n" + FILE, {}, "2 lines before the header"),
        ("Sales of the year\n\n" + FILE, {}, "2 lines before the header"),
        (FILE + "1,5;x\n", {"not as many cells as the header": 1}, "a row has more or fewer than 3 cells"),
        (FILE + "Total;123;\n", {"left out by csv.leave_out": 1}, "a row of totals (Total)"),
        (FILE.replace("x;", '5" x;'), {}, ""),
        (FILE.replace("x;", '"x;', 1), {}, "a quote that is not closed"),
    ],
)
def test_what_is_odd_in_a_file_is_dealt_with_and_named(text: str, left_out: dict[str, int], message: str) -> None:
    found, contract, parsed = made(text.encode())
    assert (contract.csv.separator, contract.csv.decimal, contract.features) == (";", ",", ("mark", "place"))
    assert (len(parsed.frame), parsed.left_out) == (60, left_out)
    assert any(message in problem for problem in (*found.problems, ""))
    assert not message or message in found.page


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "  "])
def test_any_encoding_and_separator(encoding: str, separator: str) -> None:
    rows = [["größe", "kind"], *([f"{row % 7}.5", "äb"[row % 2]] for row in range(60))]
    text = unicodedata.normalize(
        "NFC" if encoding == "latin-1" else "NFD", "\n".join(separator.join(row) for row in rows)
    )
    _, contract, parsed = made(text.encode(encoding))
    assert (contract.features, contract.target.classes) == (("größe",), ("b", "ä"))
    assert parsed.frame["größe"].tolist() == [row % 7 + 0.5 for row in range(60)]


def test_headers_of_any_length_twice_or_none() -> None:
    long = "How satisfied were you, " * 30
    rows = "".join(f"{row % 8 / 4},{row % 5 / 2},{row % 9 / 5},{'ab'[row % 2]}\n" for row in range(60))
    found, contract, parsed = made(f'"{long}",heat,heat,kind\n{rows}'.encode())
    assert contract.features[0].startswith("How satisfied")
    assert contract.features[1:] == ("heat", "heat.2")
    assert parsed.frame["heat.2"].tolist() == [row % 9 / 5 for row in range(60)]
    assert any("two columns are called 'heat'" in problem for problem in found.problems)
    found, contract, _ = made(f",heat,\x07,kind\n{rows}".encode())
    assert contract.features == ("column_1", "heat", "column_3")
    assert any("without a name" in problem for problem in found.problems)


def plain_table() -> list[str]:
    return table(colour=lambda row: "red" if row % 3 else "blue").decode().splitlines()


def test_a_header_without_the_row_names_of_r_is_as_wide_as_its_rows() -> None:
    head, *rest = plain_table()
    lines = [head, *(f'"row {number}",{line}' for number, line in enumerate(rest))]
    found, _, parsed = made("\n".join(lines).encode())
    assert column(found, "column_1")[0] in {"id", "left out"}
    assert column(found, "colour")[0] == "category"
    assert set(parsed.frame["colour"]) == {"red", "blue"}
    assert len(parsed.frame) == ROWS


def test_a_separator_behind_each_row_is_an_empty_column() -> None:
    head, *rest = plain_table()
    found, _, parsed = made("\n".join([head, *(f"{line}," for line in rest)]).encode())
    assert column(found, "column_4") == ("left out", "empty: no row has a value")
    assert set(parsed.frame["colour"]) == {"red", "blue"}
    assert len(parsed.frame) == ROWS


def test_rows_cut_by_a_decimal_comma_are_not_taken_for_row_names() -> None:
    head, *rest = plain_table()
    with pytest.raises(DataError, match="no row with as many cells"):
        draft("\n".join([head, *(f"0,{line}" for line in rest)]).encode(), "rows.csv", "kind")


def test_a_space_behind_a_separator_does_not_open_a_cell() -> None:
    lines = [", ".join(f'"{cell}"' for cell in line.split(",")) for line in plain_table()]
    found, _, parsed = made("\n".join(lines).encode())
    assert column(found, "size")[0] == "number"
    assert column(found, "colour")[0] == "category"
    assert len(parsed.frame) == ROWS


def test_a_total_may_stand_behind_an_empty_cell() -> None:
    head, *rest = plain_table()
    lines = [f"number,{head}", *(f"{number},{line}" for number, line in enumerate(rest, 1)), ",Total,99,"]
    found, contract, parsed = made("\n".join(lines).encode())
    assert column(found, "number")[0] == "id"
    assert category_of(contract, 0).categories == ("blue", "red")
    assert parsed.left_out == {"left out by csv.leave_out": 1}


def test_a_table_without_anything_to_learn_from_is_still_a_page() -> None:
    found = draft(b"id,kind\n1,a\n2,b\n3,a\n", "rows.csv", "kind")
    assert found.contract is None
    assert any("to be filled in: columns" in problem for problem in found.problems)
    assert yaml.safe_load(found.page)["columns"] == []


@pytest.mark.parametrize(("encoding", "read_as"), [("cp1252", "cp1252"), ("cp1251", "cp1251"), ("cp850", "cp850")])
def test_a_file_that_is_not_utf8_says_as_what_it_was_read(encoding: str, read_as: str) -> None:
    word = "цвет" if encoding == "cp1251" else "größe"
    content = table(x=lambda row: row % 7).decode().replace("x,", f"{word},", 1).encode(encoding)
    found, contract, _ = made(content)
    [problem] = [one for one in found.problems if "not UTF-8" in one]
    assert f"read as {read_as}, e.g. {contract.features[0]!r}" in problem
    assert "csv.encoding" in problem


@pytest.mark.parametrize("word", ["no", "on", "null", "true"])
def test_a_file_whose_name_is_a_word_of_yaml_gives_a_contract_of_that_name(word: str) -> None:
    found, contract, _ = made(table(), source=f"{word}.csv")
    assert (found.name, contract.name) == (word, word)


@pytest.mark.parametrize("separator", [",", "\t", " "])
def test_single_quotes_around_the_names_alone_are_none_of_the_names(separator: str) -> None:
    rows = [separator.join(["'score'", "'hours'", "'grade'"])]
    rows += [separator.join([f"{row % 17}.5", str(row * 7 % 23), str(row % 2)]) for row in range(60)]
    _, contract, parsed = made("\n".join(rows).encode(), "grade")
    assert contract.features == ("score", "hours")
    assert len(parsed.frame) == 60
