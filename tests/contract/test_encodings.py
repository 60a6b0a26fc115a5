"""The trainer and the api make the same numbers of the same values, whatever they are."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from api.bundle.encoding import Encoder
from api.bundle.features import Feature, LearnedCategory
from trainer.contract.columns import Category, Column, Moment, Number
from trainer.data.encoding import encode

LEVELS = ("a", "b", "other", "ü\n")
COLUMNS: list[Column] = [
    Moment(name="day", description="", kind="date", minimum="2020-01-01", maximum="2026-11-28", nullable=True),
    Moment(name="time", description="", kind="datetime", minimum="2020-01-01", maximum="2026-11-28", nullable=True),
    Category(name="level", description="", kind="category", levels="learned", categories=(), nullable=True).model_copy(
        update={"categories": LEVELS}
    ),
    Number(name="stamp", description="", dtype="int64", unit="", minimum=0, maximum=2e12, nullable=True).model_copy(
        update={"offset": 1.7e12, "scale": 3.3e8}
    ),
]
ZONES: st.SearchStrategy[Any] = st.sampled_from([None, UTC]) | st.integers(-23 * 60, 23 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
# Hypothesis adds the zone.
FIRST, LAST = datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31")
MOMENTS = st.datetimes(FIRST, LAST, timezones=ZONES)
ROWS = st.tuples(
    st.none() | st.dates().map(lambda day: day.isoformat()),
    st.none() | MOMENTS.map(lambda at: at.isoformat().replace("+00:00", "Z")),
    st.none() | st.sampled_from(LEVELS) | st.text(min_size=1),
    st.none() | st.integers(-(2**53), 2**53),
)


@given(st.lists(ROWS, min_size=1, max_size=5))
def test_every_value_becomes_the_same_number_in_trainer_and_api(rows: list[tuple[Any, ...]]) -> None:
    features = TypeAdapter(list[Feature]).validate_python([column.described() for column in COLUMNS])
    for feature in features:
        if isinstance(feature, LearnedCategory):
            feature.learn(LEVELS)
    answered = Encoder(features).encode(rows).astype(np.float32)
    frame = pd.DataFrame(rows, columns=[column.name for column in COLUMNS], dtype=object)
    trained = encode(frame.astype({"stamp": "float64"}), COLUMNS)
    assert answered.shape == (len(rows), 13)
    np.testing.assert_array_equal(answered, trained)
