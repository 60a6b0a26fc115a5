"""Every kind of file becomes a draft that the file fits, with the right values; nothing is lost in silence."""

import io
import random
import unicodedata
from collections.abc import Callable

import pandas as pd
import pytest
import yaml

from tests.support.tables import category_of, number_of
from trainer.contract.contract import Contract
from trainer.contract.draft import Draft, draft
from trainer.data.table import Parsed, parse_source
from trainer.errors import DataError

ROWS = 120


def made(content: bytes, target: str = "kind", source: str = "rows.csv") -> tuple[Draft, Contract, Parsed]:
    """The draft, as a contract, and the file read by it."""
    found = draft(content, source, target)
    contract = Contract.model_validate(yaml.safe_load(found.page))
    return found, contract, parse_source(content, contract, source)


def table(**columns: Callable[[int], object]) -> bytes:
    """A number of one's own beside the columns, so that no table is empty; the classes are a and b by turns."""
    rng = random.Random(5)
    rows = {name: [cell(row) for row in range(ROWS)] for name, cell in columns.items()}
    size = [f"{rng.uniform(0, 9):.2f}" for _ in range(ROWS)]
    kind = ["ab"[rng.randrange(2)] for _ in range(ROWS)]
    return pd.DataFrame(rows | {"size": size, "kind": kind}).to_csv(index=False).encode()


def column(found: Draft, name: str) -> tuple[str, str]:
    return next((one.kept, one.why) for one in found.columns if one.name == name)


def values(row: int) -> int:
    return (row * 7919) % 977 + 1000


def indian(row: int) -> int:
    return 1_200_000 + (values(row) % 90 + 10) * 1000 + values(row) % 900 + 100


@pytest.mark.parametrize(
    ("form", "cell", "value"),
    [
        ("thousands", lambda row: f"{values(row) * 100:,}.25", lambda row: values(row) * 100 + 0.25),
        ("currency", lambda row: f"${values(row):,}", values),
        ("currency", lambda row: f"{values(row)} €", values),
        ("currency", lambda row: f"(${values(row):,}.50)", lambda row: -values(row) - 0.5),
        ("percent", lambda row: f"{values(row) / 10}%", lambda row: values(row) / 10),
        ("decimal_comma", lambda row: f"{values(row) / 100:.2f}".replace(".", ","), lambda row: values(row) / 100),
        (
            "currency_decimal_comma",
            lambda row: f"1.{values(row) % 900 + 100},50 €",
            lambda row: 1000 + values(row) % 900 + 100 + 0.5,
        ),
        ("percent_decimal_comma", lambda row: f"{values(row) / 10} %".replace(".", ","), lambda row: values(row) / 10),
        ("thousands", lambda row: f"12,{values(row) % 90 + 10},{values(row) % 900 + 100}", indian),
        ("thousands", lambda row: f"\N{MINUS SIGN}{values(row) / 10}", lambda row: -values(row) / 10),
        ("unit", lambda row: f"{values(row) / 10} cm", lambda row: values(row) / 10),
        ("unit", lambda row: f"{values(row)}kg", values),
        ("unit", lambda row: f"{values(row):,} km/h" if row % 5 else f"{values(row)}", values),
        ("unit_decimal_comma", lambda row: f"{values(row) / 10} m²".replace(".", ","), lambda row: values(row) / 10),
        ("plain", lambda row: f"{values(row) / 10:.1e}", lambda row: float(f"{values(row) / 10:.1e}")),
    ],
)
def test_a_formatted_number_is_a_number(form: str, cell: Callable[[int], str], value: Callable[[int], float]) -> None:
    found, contract, parsed = made(table(amount=lambda row: cell(row % 90)))
    assert column(found, "amount")[0] == "number"
    assert number_of(contract, 0).format == form
    assert parsed.frame["amount"].tolist() == pytest.approx([value(row % 90) for row in range(ROWS)])


@pytest.mark.parametrize(
    "marker", ["#N/A", "#DIV/0!", "\\N", "<NA>", "Infinity", "-inf", "?", "NA", "null", "n.a.", "none"]
)
def test_a_sign_for_no_value_is_a_gap(marker: str) -> None:
    found, contract, parsed = made(table(heat=lambda row: marker if row % 9 == 0 else values(row) / 7))
    assert contract.columns[0].nullable
    assert parsed.frame["heat"].isna().sum() == len(range(0, ROWS, 9))
    assert "14 missing" in column(found, "heat")[1]


def test_few_texts_among_numbers_are_read_as_missing_and_named() -> None:
    found, _, parsed = made(table(heat=lambda row: "broken" if row in {3, 70} else values(row) / 7))
    assert "read as missing: broken" in column(found, "heat")[1]
    assert parsed.frame["heat"].isna().sum() == 2


@pytest.mark.parametrize("word", ["none", "None", "NONE"])
def test_none_is_a_word_among_words(word: str) -> None:
    found, contract, parsed = made(table(bag=lambda row: (word, "front", "side")[row % 3]))
    assert set(category_of(contract, 0).categories) == {word, "front", "side"}
    assert not parsed.frame["bag"].isna().any()
    assert "kept as a word" in column(found, "bag")[1]
    _, contract, parsed = made(table(bag=lambda row: row % 2).replace(b",a\n", f",{word}\n".encode()))
    assert word in contract.target.classes
    assert len(parsed.frame) == ROWS


def test_na_is_a_word_among_codes_of_two_letters_and_a_gap_among_others() -> None:
    _, contract, _ = made(
        table(land=lambda row: ("NA", "DE", "FR", "US")[row % 4], pet=lambda row: ("NA", "cat", "dog")[row % 3])
    )
    assert category_of(contract, 0).categories == ("DE", "FR", "NA", "US")
    assert contract.columns[1].nullable


@pytest.mark.parametrize("pair", ["Yes No", "TRUE FALSE", "T F", "on off", "ja nein", "Y n", "Oui non", "wahr FALSCH"])
def test_booleans_of_any_spelling(pair: str) -> None:
    yes, no = pair.split()
    _, contract, parsed = made(table(wet=lambda row: yes if row % 3 else no))
    assert contract.columns[0].kind == "boolean"
    assert parsed.frame["wet"].tolist() == [bool(row % 3) for row in range(ROWS)]


def test_spellings_that_differ_in_case_are_one_category() -> None:
    found, contract, parsed = made(table(paint=lambda row: ("Blue", "blue", "Blue", " RED ", "red", "red")[row % 6]))
    assert category_of(contract, 0).categories == ("Blue", "red")
    assert parsed.frame["paint"].value_counts().to_dict() == {"Blue": ROWS / 2, "red": ROWS / 2}
    assert "2 spellings" in column(found, "paint")[1]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (lambda row: row, "counts the rows"),
        (lambda row: ROWS - row, "counts the rows"),
        (lambda row: row * 3 + row // 7, "rises from row to row"),
        (lambda row: (row * 49) % ROWS if ROWS % 7 else 0, "numbers the rows in another order"),
        (values, "a different whole number in each row"),
        (lambda row: 2**53 + 1 + row % 60, "beyond 2^53"),
        (lambda row: f"A-{values(row)}", "as many different texts as rows"),
    ],
)
def test_an_id_is_kept_with_its_role_and_is_no_feature(cell: Callable[[int], object], why: str) -> None:
    found, contract, parsed = made(table(number=cell))
    kept, because = column(found, "number")
    assert (kept, contract.roles.id, contract.features) == ("id", ("number",), ("size",))
    assert why in because
    assert parsed.frame["number"].tolist() == [str(cell(row)) for row in range(ROWS)]


def test_whole_numbers_that_repeat_are_measured_and_their_range_is_whole() -> None:
    _, contract, _ = made(table(rooms=lambda row: row % 4, doors=lambda row: "" if row % 5 == 0 else f"{row % 4}.0"))
    for one in (number_of(contract, 0), number_of(contract, 1)):
        assert one.dtype == "int64"
        assert (one.minimum % 1, one.maximum % 1, one.outside) == (0, 0, "warn")
    assert contract.columns[1].nullable


def test_codes_are_categories_by_their_zeros_or_their_name() -> None:
    _, contract, parsed = made(table(branch_code=lambda row: 100 + row % 5, plz=lambda row: f"0{1200 + row % 9}"))
    assert [one.kind for one in contract.columns[:2]] == ["category", "category"]
    assert parsed.frame["plz"][2] == "01200"


def test_steps_are_listed_in_their_order() -> None:
    _, contract, _ = made(
        table(
            risk=lambda row: ("high", "Low", "medium")[row % 3],
            place=lambda row: f"{row % 3 + 9}th",
            cut=lambda row: ("Ideal", "Premium", "Very Good", "Good", "Fair")[row % 5],
            priority=lambda row: ("Critical", "High", "Low")[row % 3],
        )
    )
    assert category_of(contract, 0).categories == ("Low", "medium", "high")
    assert category_of(contract, 1).categories == ("9th", "10th", "11th")
    assert category_of(contract, 2).categories == ("Fair", "Good", "Very Good", "Premium", "Ideal")
    assert category_of(contract, 3).categories == ("Low", "High", "Critical")


@pytest.mark.parametrize(
    "cell",
    [
        lambda row: f"2024-{row % 12 + 1:02}-{row % 27 + 1:02}",
        lambda row: f"2024-01-{row % 27 + 1:02}T10:{row % 60:02}:00Z",
        lambda row: f"{row % 27 + 1}.{row % 12 + 1}.2024",
        lambda row: f"{row % 12 + 1}/{row % 27 + 1}/2024",
        lambda row: f"Jan {row % 27 + 1}, 2024",
        lambda row: 1_700_000_000_000 + values(row),
    ],
)
def test_dates_and_moments_have_the_role_time(cell: Callable[[int], object]) -> None:
    found, contract, parsed = made(table(sold=cell))
    assert contract.roles.time == "sold"
    if not str(cell(0)).isdecimal():
        assert contract.features == ("sold", "size")
        assert parsed.frame["sold"].str.startswith("2024-").all()
        assert parsed.frame["sold"].str[8:10].astype(int).tolist() == [row % 27 + 1 for row in range(ROWS)]
    assert column(found, "sold")[0] in {"time", "date", "datetime"}


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (lambda row: "", "empty"),
        (lambda row: "same", "always 'same'"),
        (lambda row: f"word {row} of many", "as many different texts as rows"),
    ],
)
def test_a_column_that_is_left_out_says_why(cell: Callable[[int], str], why: str) -> None:
    found, contract, _ = made(table(note=cell))
    assert (column(found, "note")[0], contract.ignore) == ("left out", ("note",))
    assert why in column(found, "note")[1]
    assert f"#   note: left out: {why}" in found.page


@pytest.mark.parametrize(("mark", "kept"), [("x", "category"), ("Yes", "boolean"), ("1", "boolean"), ("7", "left out")])
def test_a_mark_beside_empty_cells_is_learnt_from(mark: str, kept: str) -> None:
    found, contract, parsed = made(table(late=lambda row: mark if row % 3 == 0 else ""))
    assert column(found, "late")[0] == kept
    if kept != "left out":
        assert (contract.columns[0].kind, contract.columns[0].nullable) == (kept, True)
        assert parsed.frame["late"].isna().sum() == ROWS * 2 // 3


def test_a_few_gaps_do_not_make_a_constant_a_mark() -> None:
    found, *_ = made(table(state=lambda row: "" if row < 5 else "open"))
    assert column(found, "state") == ("left out", "always 'open' where it has a value (5 rows have none)")


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


def test_a_table_without_anything_to_learn_from_is_still_a_page() -> None:
    found = draft(b"id,kind\n1,a\n2,b\n3,a\n", "rows.csv", "kind")
    assert found.contract is None
    assert any("to be filled in: columns" in problem for problem in found.problems)
    assert yaml.safe_load(found.page)["columns"] == []


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


def test_categories_of_any_length_are_categories() -> None:
    long = "a very long answer " * 30
    _, contract, parsed = made(table(word=lambda row: (long, "short", "two\nlines")[row % 3]))
    assert contract.columns[0].kind == "category"
    assert set(parsed.frame["word"]) == set(category_of(contract, 0).categories)
    assert "two lines" in set(parsed.frame["word"])


def test_more_than_fifty_texts_are_learned() -> None:
    found, contract, parsed = made(table(town=lambda row: f"town {row % 55}"))
    assert category_of(contract, 0).levels == "learned"
    assert "55 texts" in column(found, "town")[1]
    assert parsed.frame["town"].nunique() == 55


def test_ids_that_repeat_are_groups() -> None:
    _, contract, _ = made(table(customer_id=lambda row: f"c{row % 40}", order_id=lambda row: 900 + row % 60))
    assert (contract.roles.group, contract.roles.id) == ("customer_id", ("order_id",))


def test_few_different_numbers_in_few_rows_are_a_value_to_predict() -> None:
    _, contract, _ = made(b"area,rent\n50,700\n60,\n70,950\n40,600\n90,\n55,720\n", "rent")
    assert contract.task == "regression"
    assert contract.features == ("area",)


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


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("%Y%m%d", "date"),
        ("%d.%m.%y", "date"),
        ("%d-%b-%Y", "date"),
        ("%B %d, %Y", "date"),
        ("%m/%d/%Y %I:%M %p", "datetime"),
        ("%d/%m/%Y %H:%M:%S", "datetime"),
    ],
)
def test_a_date_in_any_usual_way_is_learnt_from(written: str, kind: str) -> None:
    start = pd.Timestamp("2023-02-14 05:07:00")
    found, contract, parsed = made(table(seen=lambda row: (start + pd.Timedelta(hours=31 * row)).strftime(written)))
    assert column(found, "seen")[0] == kind
    first = parsed.frame["seen"].iloc[0]
    assert first == ("2023-02-14" if kind == "date" else "2023-02-14T05:07:00")
    assert contract.roles.time == "seen"


def test_a_month_is_the_date_of_its_first_day() -> None:
    found, _, parsed = made(table(month=lambda row: f"{2010 + row // 12}-{row % 12 + 1:02d}"))
    assert column(found, "month")[0] == "date"
    assert parsed.frame["month"].iloc[1] == "2010-02-01"


@pytest.mark.parametrize(("unit", "scale"), [("microseconds", 10**6), ("nanoseconds", 10**9)])
def test_parts_of_seconds_since_1970_are_the_time(unit: str, scale: int) -> None:
    found, contract, _ = made(table(logged=lambda row: (1_700_000_000 + (row * 37) % 997) * scale + row))
    assert column(found, "logged") == ("time", f"{unit} since 1970")
    assert contract.roles.time == "logged"


def test_a_duration_is_left_out_with_the_way_to_keep_it() -> None:
    found, *_ = made(table(took=lambda row: f"{row}:{row % 60:02d}:07"))
    assert column(found, "took")[0] == "left out"
    assert "minutes" in column(found, "took")[1]


def test_a_weight_may_be_zero() -> None:
    found, *_ = made(table(sample_weight=lambda row: row % 3))
    assert column(found, "sample_weight")[0] == "weight"
