"""Units behind numbers, numbers that mean "no value", ranges in order, products that are the target, no header."""

import random
from collections.abc import Callable

import pytest
import yaml

from tests.support.drafts import ROWS, column, made, table, values
from tests.support.tables import category_of, number_of
from trainer.contract.contract import Contract
from trainer.data.table import parse_source
from trainer.drafting.draft import Draft, draft
from trainer.drafting.ranges import in_ranges
from trainer.errors import BadRowsError, DataError


def test_a_unit_is_that_of_the_column() -> None:
    found, contract, _ = made(table(height=lambda row: f"{values(row) / 10} cm"))
    assert number_of(contract, 0).unit == "cm"
    assert "written like" in column(found, "height")[1]


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        (lambda row: f"${values(row):,}", "$"),
        (lambda row: f"{values(row)} EUR", "EUR"),
        (lambda row: f"{'$€'[row % 2]}{values(row):,}", ""),
    ],
)
def test_a_currency_is_the_unit_unless_there_are_several(cell: Callable[[int], object], unit: str) -> None:
    _, contract, _ = made(table(price=cell))
    assert number_of(contract, 0).unit == unit
    assert number_of(contract, 0).format == "currency"
    _, contract, _ = made(table(price=cell), target="price")
    assert contract.target.unit == unit


def test_a_word_for_a_gap_may_have_the_unit() -> None:
    found, contract, parsed = made(table(power=lambda row: "null bhp" if row % 7 == 0 else f"{values(row) / 10} bhp"))
    assert column(found, "power")[0] == "number"
    assert number_of(contract, 0).unit == "bhp"
    assert parsed.frame["power"].isna().sum() == len(range(0, ROWS, 7))


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        (lambda row: f"<{row % 9}" if row % 8 == 0 else f"{values(row) / 10}", "most are numbers, and '<0' is none"),
        (lambda row: f"{48 + row % 9 / 10:.4f}, {11 + row % 7 / 10:.4f}", "write them as two columns"),
        (lambda row: f"2021-W{row % 50 + 1:02}", "write their first day"),
        (lambda row: f"Q{row % 4 + 1} {2012 + row % 9}", "write their first day"),
    ],
)
def test_texts_that_could_be_measured_have_the_way_in_their_reason(cell: Callable[[int], object], hint: str) -> None:
    found, *_ = made(table(level=cell))
    assert hint in column(found, "level")[1]


def test_another_unit_is_no_number() -> None:
    content = table(height=lambda row: f"{values(row) / 10} cm")
    _, contract, _ = made(content)
    with pytest.raises(BadRowsError, match=r"1\.75 m"):
        parse_source(content.replace(b"100.0 cm", b"1.75 m"), contract, "rows.csv")


@pytest.mark.parametrize(
    "cell",
    [
        lambda row: f"{values(row)} {'cm' if row % 2 else 'm'}",
        lambda row: f"{row % 30 + 1}th",
        lambda row: f"{row % 5 + 4}th grade",
        lambda row: f"{row % 12 + 1} pm",
        lambda row: f"{36 if row % 2 else 60} months",
    ],
)
def test_several_units_ranks_hours_and_two_names_are_no_numbers_with_a_unit(cell: object) -> None:
    assert callable(cell)
    found, *_ = made(table(size_of=cell))
    assert column(found, "size_of")[0] != "number"


@pytest.mark.parametrize("mark", ["-999", "9999", "-99.0", "99999"])
def test_a_number_far_from_all_others_is_a_gap(mark: str) -> None:
    found, contract, parsed = made(table(age=lambda row: mark if row % 9 == 0 else row * 7 % 60 + 18))
    assert mark in contract.csv.missing
    assert contract.columns[0].nullable
    assert parsed.frame["age"].isna().sum() == len(range(0, ROWS, 9))
    assert any(mark in problem and "age" in problem for problem in found.problems)


def test_a_number_like_others_of_its_column_is_a_value() -> None:
    _, contract, _ = made(table(price=lambda row: [999, 99, 899, 949, 99, 149, 999, 1099][row % 8]))
    assert not {"99", "999"} & set(contract.csv.missing)


def test_a_sign_of_one_column_that_another_has_as_a_value_is_reported_and_kept() -> None:
    found, contract, _ = made(
        table(
            age=lambda row: "999" if row % 9 == 0 else row * 7 % 60 + 18,
            price=lambda row: [999, 99, 899, 949, 99, 149, 999, 1099][row % 8],
        )
    )
    assert "999" not in contract.csv.missing
    assert any("999 lies far" in problem and "value of another column" in problem for problem in found.problems)


def test_a_word_for_not_known_is_a_gap_among_numbers_and_a_category_among_words() -> None:
    found, contract, parsed = made(
        table(
            age=lambda row: "Unknown" if row % 3 == 0 else row * 7 % 60 + 18.5,
            smoker=lambda row: ["yes", "no", "Unknown"][row % 3],
        )
    )
    assert (column(found, "age")[0], number_of(contract, 0).nullable) == ("number", True)
    assert "Unknown" in category_of(contract, 1).categories
    assert parsed.frame["smoker"].notna().all()


def test_a_word_for_not_known_is_a_gap_where_any_text_is_a_value() -> None:
    _, contract, parsed = made(
        table(
            age=lambda row: "unknown" if row % 3 == 0 else row * 7 % 60 + 18.5,
            town=lambda row: "unknown" if row % 10 == 0 else f"town {row % 55}",
        )
    )
    assert (category_of(contract, 1).levels, category_of(contract, 1).nullable) == ("learned", True)
    assert len(parsed.frame) == ROWS


@pytest.mark.parametrize(
    "ordered",
    [
        ["0-17", "18-24", "25-34", "65+"],
        ["under 5", "5 to 9", "10 to 99", "100 and more"],
        ["<1", "1\N{EN DASH}5", ">5"],
        ["[0, 9.5)", "[9.5, 20)", "[20, 100)"],
        ["0", "1-2", "3+"],
        ["$0-$999", "$1,000-$9,999", "$10k+"],
        ["less than 1 year", "1-2 years", "3-10 years", "11+ years"],
        ["$0 - 25K", "$25K - 50K", "$50K+"],
    ],
)
def test_ranges_are_ordered(ordered: list[str]) -> None:
    assert in_ranges(sorted(ordered)) == ordered
    _, contract, _ = made(table(band=lambda row: ordered[row % len(ordered)]))
    assert (category_of(contract, 0).categories, category_of(contract, 0).ordered) == (tuple(ordered), True)


@pytest.mark.parametrize("texts", [["1-5", "2-3", "6+"], ["a", "1-2", "3+"], ["1", "2", "3"], ["1-2", "3-4"]])
def test_other_texts_are_no_ranges(texts: list[str]) -> None:
    assert in_ranges(texts) is None


def money(rest: str, way: str) -> Draft:
    draw = random.Random(3)
    lines = [f"quantity,price,{rest},total"]
    for _ in range(200):
        quantity, price = draw.randrange(1, 40), round(draw.uniform(2, 90), 2)
        total = quantity * price if way == "times" else price / quantity
        lines.append(
            f"{quantity},{price},{draw.uniform(0, 5):.3f},{total:.2f}"
            if way == "times"
            else f"{quantity},{price},{draw.uniform(0, 5):.3f},{total!r}"
        )
    return draft("\n".join(lines).encode(), "sales.csv", "total")


@pytest.mark.parametrize("way", ["times", "divided by"])
def test_columns_whose_product_is_the_target_hold_the_answer(way: str) -> None:
    found = money("heat", way)
    for name in ("quantity", "price"):
        assert column(found, name)[0] == "left out"
        assert f"{way} " in column(found, name)[1]
    assert column(found, "heat")[0] == "number"


def rows_without_header(count: int = 60) -> bytes:
    draw = random.Random(4)
    kinds = ["setosa", "virginica", "versicolor"]
    return "\n".join(f"{draw.uniform(4, 8):.1f},{draw.uniform(2, 4):.1f},{kinds[n % 3]}" for n in range(count)).encode()


def test_a_file_without_a_header_is_drafted_with_names_and_says_so() -> None:
    content = rows_without_header()
    found = draft(content, "rows.csv", "field_3")
    contract = Contract.model_validate(yaml.safe_load(found.page))
    assert (contract.csv.header, contract.features) == ("none", ("field_1", "field_2"))
    assert any("no header line" in problem for problem in found.problems)
    assert len(parse_source(content, contract, "rows.csv").frame) == 60


def test_a_target_that_a_file_without_a_header_lacks_names_the_columns() -> None:
    with pytest.raises(DataError, match=r"no header line.*'species'; it has .*field_3 \(e\.g\. setosa\)"):
        draft(rows_without_header(), "rows.csv", "species")


@pytest.mark.parametrize(
    "content",
    [
        "country,2019,2020,2021\n" + "\n".join(f"c{n % 4},{n}.5,{n},{n * 2}" for n in range(40)),
        "1,2,3\n" + "\n".join(f"{n}.5,{n},{n * 2}" for n in range(40)),
        "a,b,kind\n" + "\n".join(f"{n}.5,{n % 7},{'xy'[n % 2]}" for n in range(40)),
    ],
)
def test_names_that_are_numbers_are_a_header(content: str) -> None:
    found = draft(content.encode(), "rows.csv", content.splitlines()[0].split(",")[-1])
    assert not any("no header line" in problem for problem in found.problems)
