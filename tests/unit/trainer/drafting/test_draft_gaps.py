"""Cells without a value in a draft: which words and marks are gaps, and which are categories."""

import pytest

from tests.support.drafts import ROWS, column, made, table, values
from tests.support.tables import category_of


@pytest.mark.parametrize(
    "marker", ["#N/A", "#DIV/0!", "\\N", "<NA>", "Infinity", "-inf", "?", "NA", "null", "n.a.", "none"]
)
def test_a_sign_for_no_value_is_a_gap(marker: str) -> None:
    found, contract, parsed = made(table(heat=lambda row: marker if row % 9 == 0 else values(row) / 7))
    assert contract.columns[0].nullable
    assert parsed.frame["heat"].isna().sum() == len(range(0, ROWS, 9))
    assert "14 missing" in column(found, "heat")[1]


@pytest.mark.parametrize("word", ["k.A.", "(blank)", "\N{EN DASH}", "Varies with device"])
def test_one_text_among_many_numbers_is_a_gap_however_often_it_stands(word: str) -> None:
    found, contract, parsed = made(table(heat=lambda row: word if row % 2 else values(row) / 7))
    assert f"read as missing: {word}" in column(found, "heat")[1]
    assert word in contract.csv.missing
    assert parsed.frame["heat"].isna().sum() == ROWS // 2


def test_one_word_among_few_numbers_is_a_category() -> None:
    found, *_ = made(table(dose=lambda row: "as needed" if row % 2 else row % 4 + 1))
    assert column(found, "dose")[0] == "category"


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


@pytest.mark.parametrize("mark", ["NA", "none"])
def test_a_mark_among_texts_that_are_learned_is_a_gap_of_that_column(mark: str) -> None:
    space = "" if mark == "NA" else " "
    texts = [f"{first}{space}{second}" for first in "ABCDEFGH" for second in "KLMNOPQR"]
    found, contract, parsed = made(table(state=lambda row: mark if row % 20 == 3 else texts[row % len(texts)]))
    assert "learned" in column(found, "state")[1]
    assert contract.columns[0].nullable
    assert parsed.frame["state"].isna().sum() == len(range(3, ROWS, 20))


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
