"""Durations and times of day are minutes, by the same rules in the api and in the trainer."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.protocols import written_durations
from trainer.contract import durations
from trainer.contract.number_text import plain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2:30", 150),
        ("02:30:00", 150),
        ("0:00:45", 0.75),
        ("0:00:45,6", 0.76),
        ("130:05", 7805),
        ("-0:15", -15),
        ("8:30 PM", 1230),
        ("8:30am", 510),
        ("12:05 a.m.", 5),
        ("12:05 PM", 725),
        ("20h15", 1215),
        ("1 day, 2:00:00", 1560),
        ("0 days 00:20:00", 20),
        ("2h 30m", 150),
        ("2 hrs 30 min", 150),
        ("1.5 hours", 90),
        ("45s", 0.75),
        ("1d 2h", 1560),
        ("PT2H30M", 150),
        ("P1DT30M", 1470),
        ("pt90s", 1.5),
        ("90", 90),
    ],
)
def test_a_duration_and_a_time_of_day_are_minutes(text: str, wanted: float) -> None:
    assert float(durations.minutes(text)) == pytest.approx(wanted)


@pytest.mark.parametrize(
    "text", ["", "P", "T", "1:60", "13:00 PM", "0:10 AM", "h", "2 h ago", "1:2", "١:٣٠ ", "2026-11-30"]
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert durations.minutes(text) == text


@given(st.text(alphabet="0123456789:.,+- hHmMsSdDaApPtTyr", max_size=16))
def test_api_and_trainer_read_a_duration_alike(text: str) -> None:
    assert written_durations.minutes(text) == durations.minutes(text)


def test_a_plain_number_beside_durations_has_the_decimal_sign_of_the_file() -> None:
    assert list(plain(pd.Series(["1:30", "12,5"]), "minutes", ",")) == ["90.0", "12.5"]
