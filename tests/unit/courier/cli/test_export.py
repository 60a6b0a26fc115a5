"""The files of an export: each is whole under its name, or is not there."""

import csv
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from courier.cli.export import opened, write_csv, write_parquet
from courier.errors import ConfigurationError
from courier.records.records import PredictionRow


def row(number: int, **changes: Any) -> PredictionRow:
    made = PredictionRow(
        id=f"id-{number}",
        at="2026-11-22T10:00:00.000000+00:00",
        model="iris_clf",
        version="1",
        variant="production",
        bundle="ab" * 32,
        features='{"name": "a, \\"b\\"\\nc"}',
        label="setosa",
        probabilities='{"setosa": 1.0}',
        latency_ms=0.5,
        request_id="request-1",
    )
    return made._replace(**changes)


def test_a_csv_reads_back_as_the_rows_that_were_written() -> None:
    file = BytesIO()
    assert write_csv(file, [[row(0), row(1)], [row(2, api_key="team", value=1.5, trial=True)]]) == 3
    assert not file.closed, "standard output is left open"
    first, _, last = csv.DictReader(StringIO(file.getvalue().decode()))
    assert first == row(0)._asdict() | dict.fromkeys(PredictionRow._field_defaults, "") | {"latency_ms": "0.5"}
    assert (last["id"], last["api_key"], last["value"], last["trial"]) == ("id-2", "team", "1.5", "True")


def test_parquet_keeps_numbers_booleans_and_what_is_missing() -> None:
    file = BytesIO()
    assert write_parquet(file, [[row(0)], [row(1, value=2.5, trial=True)]]) == 2
    plain, full = parquet.read_table(BytesIO(file.getvalue())).to_pylist()
    assert plain == row(0)._asdict()
    assert (full["value"], full["trial"], full["latency_ms"]) == (2.5, True, 0.5)


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    output = tmp_path / "audit.csv"
    output.write_bytes(b"of last week")
    with opened(output) as file:
        file.write(b"new")
        assert output.read_bytes() == b"of last week"
    assert output.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["audit.csv"]


def test_what_fails_in_the_middle_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    output = tmp_path / "audit.csv"
    output.write_bytes(b"of last week")
    with pytest.raises(ZeroDivisionError), opened(output) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert output.read_bytes() == b"of last week"
    assert [path.name for path in tmp_path.iterdir()] == ["audit.csv"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    output = tmp_path / "no" / "audit.csv"
    with pytest.raises(ConfigurationError, match=r"audit\.csv can't be written: "), opened(output):
        pass
