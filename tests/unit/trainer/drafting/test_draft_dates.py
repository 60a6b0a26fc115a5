"""Dates, times and durations in a file: learnt from, the time of the row, or left out with the way to keep them."""

from collections.abc import Callable

import pandas as pd
import pytest

from tests.support.drafts import ROWS, column, made, table, values
from tests.support.tables import number_of


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
    ("written", "kind"),
    [
        ("%Y%m%d", "date"),
        ("%d.%m.%y", "date"),
        ("%d-%b-%Y", "date"),
        ("%B %d, %Y", "date"),
        ("%A, %d %B %Y", "date"),
        ("%a %d %b %Y", "date"),
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


@pytest.mark.parametrize(
    "cell",
    [
        lambda row: f"{row}:{row % 60:02d}:00",
        lambda row: f"{row}h {row % 60}m" if row % 60 else f"{row}h",
        lambda row: f"PT{row}H{row % 60}M",
        lambda row: f"{row // 24} days {row % 24:02d}:{row % 60:02d}:00",
    ],
    ids=["clock", "spelled", "iso", "pandas"],
)
def test_a_duration_is_a_number_of_minutes(cell: Callable[[int], str]) -> None:
    found, contract, parsed = made(table(took=lambda row: cell(row * 7 % 119)))
    assert column(found, "took")[1].endswith("learned as minutes")
    number = number_of(contract, 0)
    assert (number.format, number.unit, number.dtype) == ("minutes", "min", "float64")
    rows = [row * 7 % 119 for row in range(ROWS)]
    assert parsed.frame["took"].tolist() == [row * 60 + row % 60 for row in rows]


@pytest.mark.parametrize(
    "cell",
    [lambda row: f"{row % 40 + 1}M" if row % 25 else "900K", lambda row: f"{row % 13 + 1}{'HDSC'[row % 4]}"],
    ids=["millions", "cards"],
)
def test_letters_behind_numbers_need_not_be_units_of_time(cell: Callable[[int], str]) -> None:
    found, *_ = made(table(worth=cell))
    assert "minutes" not in column(found, "worth")[1]


def test_a_duration_is_a_value_to_predict() -> None:
    _, contract, parsed = made(table(took=lambda row: f"{row % 97}:{row % 60:02d}"), target="took")
    assert (contract.target.unit, contract.target.format) == ("min", "minutes")
    assert parsed.frame["took"].iloc[61] == 61 * 60 + 1


@pytest.mark.parametrize("written", ["%m/%Y", "%b-%y", "%b %Y", "%B %Y", "%b-%Y"])
def test_a_month_with_its_year_is_a_date(written: str) -> None:
    found, contract, parsed = made(
        table(month=lambda row: f"{pd.Timestamp(2012 + row // 12, row % 12 + 1, 1):{written}}")
    )
    assert column(found, "month")[0] == "date"
    assert parsed.frame["month"].iloc[1] == "2012-02-01"
    assert contract.roles.time == "month"


@pytest.mark.parametrize("ways", [("%d/%m/%Y", "%m/%d/%Y"), ("%Y-%m-%d", "%d.%m.%Y"), ("%d.%m.%Y", "%b %d, %Y")])
def test_dates_in_several_ways_are_left_out_with_the_way_to_keep_them(ways: tuple[str, str]) -> None:
    start = pd.Timestamp("2023-02-14")
    found, contract, _ = made(table(seen=lambda row: (start + pd.Timedelta(days=row)).strftime(ways[row % 2])))
    assert column(found, "seen")[0] == "left out"
    assert "write it in one way, 2026-11-28" in column(found, "seen")[1]
    assert contract.roles.time is None
