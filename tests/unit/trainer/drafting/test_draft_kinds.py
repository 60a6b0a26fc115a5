"""Every kind of column becomes a draft that the file fits, with the right values."""

from collections.abc import Callable

import pytest

from tests.support.drafts import ROWS, column, made, table, values
from tests.support.tables import category_of, number_of


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
        ("unit", lambda row: f'{values(row)}"', values),
        (
            "currency",
            lambda row: f"({values(row)}.5)" if row % 20 == 0 else f"{values(row)}.5",
            lambda row: (values(row) + 0.5) * (-1 if row % 20 == 0 else 1),
        ),
        (
            "currency",
            lambda row: f"- {values(row)}" if row % 20 == 0 else f"{values(row)}",
            lambda row: values(row) * (-1 if row % 20 == 0 else 1),
        ),
        ("decimal_comma", lambda row: f"1\u202f{values(row) % 900 + 100},5", lambda row: 1100.5 + values(row) % 900),
        ("unit", lambda row: f"{values(row):,} km/h" if row % 5 else f"{values(row)}", values),
        ("unit_decimal_comma", lambda row: f"{values(row) / 10} m²".replace(".", ","), lambda row: values(row) / 10),
        ("magnitude", lambda row: f"{values(row)}{'KM'[row % 2]}", lambda row: values(row) * (1e3, 1e6)[row % 2]),
        (
            "magnitude",
            lambda row: f"{values(row)}K" if row % 2 else f"{values(row)}",
            lambda row: values(row) * (1, 1e3)[row % 2],
        ),
        ("magnitude", lambda row: f"€{values(row)}.5k", lambda row: values(row) * 1e3 + 500),
        ("unit", lambda row: f"{values(row)}M", values),
        (
            "decimal_comma",
            lambda row: f"{values(row) / 10:.3E}".replace(".", ","),
            lambda row: float(f"{values(row) / 10:.3E}"),
        ),
        ("plain", lambda row: f"{values(row) / 10:.1e}", lambda row: float(f"{values(row) / 10:.1e}")),
    ],
)
def test_a_formatted_number_is_a_number(form: str, cell: Callable[[int], str], value: Callable[[int], float]) -> None:
    found, contract, parsed = made(table(amount=lambda row: cell(row % 90)))
    assert column(found, "amount")[0] == "number"
    assert number_of(contract, 0).format == form
    assert parsed.frame["amount"].tolist() == pytest.approx([value(row % 90) for row in range(ROWS)])


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
    assert "differ in case alone are read as one (2)" in column(found, "paint")[1]


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


def test_a_weight_may_be_zero() -> None:
    found, *_ = made(table(sample_weight=lambda row: row % 3))
    assert column(found, "sample_weight")[0] == "weight"


def test_a_file_with_decimal_commas_may_group_by_a_narrow_space() -> None:
    lines = [f"{1 + row % 9}\u202f{values(row) % 900 + 100},{row % 90 + 10};{'ab'[row % 2]}" for row in range(ROWS)]
    _, contract, parsed = made(("prix;kind\n" + "\n".join(lines)).encode())
    assert (contract.csv.decimal, number_of(contract, 0).format) == (",", "thousands")
    assert parsed.frame["prix"].tolist() == [
        pytest.approx(1000 * (1 + row % 9) + values(row) % 900 + 100 + (row % 90 + 10) / 100) for row in range(ROWS)
    ]


def test_groups_of_three_with_points_and_no_decimals_are_whole_numbers() -> None:
    """1.211.684 can't have a decimal point, so 45.000 in the same file has none either."""
    rows = [f"{'a' if row % 3 else 'b'};{values(row) * 1237:,};{(row % 40 + 1) * 1000:,}" for row in range(ROWS)]
    found, contract, parsed = made("\n".join(["kind;people;tax", *rows]).replace(",", ".").encode())
    assert contract.csv.decimal == ","
    assert parsed.frame["people"].tolist() == [values(row) * 1237 for row in range(ROWS)]
    assert parsed.frame["tax"].max() == 40_000
    assert column(found, "tax")[0] == "number"


def test_points_before_three_digits_are_decimal_signs_where_another_cell_has_other_decimals() -> None:
    rows = [f"{'a' if row % 3 else 'b'};{values(row)}.{row % 9}25;{row % 7}.5;1.211.684" for row in range(ROWS)]
    _, contract, parsed = made("\n".join(["kind;weight;heat;code", *rows]).encode())
    assert contract.csv.decimal == "."
    assert parsed.frame["weight"].max() < 2000


@pytest.mark.parametrize("name", ["rownames", "member_id"])
def test_numbers_of_rows_that_are_written_in_groups_of_three_are_ids(name: str) -> None:
    found, contract, _ = made(table(**{name: lambda row: f"{row + 950:,}"}))
    assert column(found, name) == ("id", "counts the rows")
    assert contract.roles.id == (name,)


def test_years_in_groups_of_three_are_no_times() -> None:
    found, contract, _ = made(table(year=lambda row: f"{1890 + row:,}"))
    assert column(found, "year")[0] == "id"
    assert contract.roles.time is None
