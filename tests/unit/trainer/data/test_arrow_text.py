"""Columns of Arrow become the text that pandas writes of the same column."""

import io

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from trainer.data.arrow_text import finest_units, plain_column

TIMES = {
    "days": ["2020-01-01", "2021-05-03", None],
    "seconds": ["2020-01-01 00:00:00", "2021-05-03 04:05:06"],
    "milliseconds": ["2020-01-01 00:00:00.000", "2021-05-03 04:05:06.120"],
    "microseconds": ["2020-01-01 00:00:00.000000", "2021-05-03 04:05:06.123456"],
    "nanoseconds": ["2020-01-01 00:00:00.000000001", "2021-05-03 04:05:06.123456789"],
    "none": [None, None],
}


def arrow(frame: pd.DataFrame) -> pa.Array:
    return pa.Table.from_pandas(frame).column(0).combine_chunks()


def by_pandas(frame: pd.DataFrame) -> list[str | None]:
    lines = frame.to_csv(index=False, header=False, na_rep="-").splitlines()
    return [None if line == "-" else line for line in lines]


@pytest.mark.parametrize("name", TIMES)
def test_times_have_as_many_digits_as_their_column_needs(name: str) -> None:
    frame = pd.DataFrame({"time": pd.to_datetime(pd.Series(TIMES[name], dtype=object), format="ISO8601")})
    frame = frame.astype("datetime64[ns]")
    assert plain_column(arrow(frame)).to_pylist() == by_pandas(frame) == TIMES[name]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_a_zone_is_written_as_pandas_writes_it(zone: str) -> None:
    times = pd.to_datetime(["2020-01-01", "2020-07-01T12:00:05"], format="ISO8601", utc=True)
    frame = pd.DataFrame({"time": times.tz_convert(zone)})
    column = pa.array([time.to_pydatetime() for time in times], pa.timestamp("us", zone))
    assert plain_column(column).to_pylist() == by_pandas(frame)


def test_the_digits_are_those_of_the_whole_file() -> None:
    written = io.BytesIO()
    times = pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03 00:00:01"], format="ISO8601")
    pd.DataFrame({"seen": times, "day": times.normalize(), "size": 1.0}).to_parquet(written)
    units = finest_units(parquet.ParquetFile(written), batch=2)
    assert dict(units) == {"seen": "s", "day": "day"}
    assert plain_column(pa.array(times[:1]), units["seen"]).to_pylist() == ["2020-01-01 00:00:00"]


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([b"red", None, "größe".encode()]), ["red", None, "größe"]),
        (pa.array([b"a\xff", b"b", None]), ["61ff", "62", None]),
        (pa.array([b"a\xff"], pa.large_binary()), ["61ff"]),
        (pa.array([b"\x00\xff"], pa.binary(2)), ["00ff"]),
        (pa.array(["red", None]).cast(pa.string_view()), ["red", None]),
        (pa.array([b"red"]).cast(pa.binary_view()), ["red"]),
        (pa.array([b"red", b"red"]).dictionary_encode(), ["red", "red"]),
    ],
)
def test_bytes_are_text_where_they_are_utf8_and_digits_otherwise(column: pa.Array, texts: list[str]) -> None:
    assert plain_column(column).to_pylist() == texts
