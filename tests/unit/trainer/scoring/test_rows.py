"""Rows that are audited one by one: their records say what the api's say, and their ids are in the output."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from courier.records.records import decode
from tests.unit.trainer.scoring.conftest import Kinds
from trainer.data.encoding import natural
from trainer.data.table import parse
from trainer.errors import ScoringError, ServiceUnreachableError
from trainer.loop.http_client import ServiceBusyError
from trainer.scoring import recording, rows, tables
from trainer.scoring.answering import Answers
from trainer.scoring.model import Bins, Model
from trainer.scoring.parts import ScoringRun
from trainer.scoring.request import ScoringRequest
from trainer.scoring.scoring import score

BINS = Bins([-1.0, 0.0, 1.0], ["a", "b", "c", "d"])
RUN = ScoringRun("2026-11-29T06:00:00.000000Z", "0123456789abcdef" * 2)


@pytest.fixture
def model(kinds: Kinds) -> Model:
    return Model(replace(kinds.model.contender, version="3"), BINS)


def audited(source: Path, target: Path, model: Model) -> list[dict[str, Any]]:
    lines: list[bytes] = []
    score(ScoringRequest(source, target, rows=True), model, deliver=lines.append)
    return [json.loads(line) for line in lines]


def test_the_records_hold_every_row_as_training_reads_it_with_its_answer(
    kinds: Kinds, model: Model, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 50)
    monkeypatch.setattr(rows, "TOGETHER", 20)
    records = audited(table, tmp_path / "out.parquet", model)
    found = pd.read_parquet(tmp_path / "out.parquet")
    landed = [row for record in records for row in decode(json.dumps(record).encode()).predictions]
    assert [row.id for row in landed] == list(found["prediction_id"]) == sorted(found["prediction_id"])
    assert max(len(record["ids"]) for record in records) == 20
    read = parse(kinds.csv, kinds.contract, "rows")[[*kinds.contract.features]]
    expected = [
        [natural(value, column) for value, column in zip(row, model.columns, strict=True)]
        for row in read.itertuples(index=False)
    ]
    assert [list(json.loads(row.features).values()) for row in landed] == expected
    assert list(json.loads(landed[0].features)) == [*kinds.contract.features]
    assert {(row.version, row.variant, row.bundle) for row in landed} == {("3", "production", model.bundle)}
    if model.classes:
        assert [row.label for row in landed] == list(found["label_name"])
        shares = [json.loads(row.probabilities)[model.classes[0]] for row in landed]
        np.testing.assert_array_equal(np.array(shares, dtype=np.float32), found[f"probability_{model.classes[0]}"])
    else:
        assert [row.value for row in landed] == list(found["value"])
        labels = [BINS.labels[int(np.searchsorted(BINS.edges, value, side="left"))] for value in found["value"]]
        assert [row.label for row in landed] == labels


def test_a_typed_table_has_the_records_of_its_text(model: Model, table: Path, tmp_path: Path) -> None:
    parquet.write_table(csv.read_csv(table), tmp_path / "rows.parquet")
    texts = audited(table, tmp_path / "a.csv", model)
    typed = audited(tmp_path / "rows.parquet", tmp_path / "b.csv", model)
    assert [one["rows"] for one in texts] == [one["rows"] for one in typed]
    assert {one["request_id"] for one in texts}.isdisjoint(one["request_id"] for one in typed)


def test_nothing_has_its_name_before_every_row_is_taken(model: Model, table: Path, tmp_path: Path) -> None:
    def refuse(_: bytes) -> None:
        raise ScoringError("no")

    with pytest.raises(ScoringError, match="no"):
        score(ScoringRequest(table, tmp_path / "out.csv", rows=True), model, deliver=refuse)
    assert not (tmp_path / "out.csv").exists()
    again = score(ScoringRequest(table, tmp_path / "out.csv", rows=True), model, deliver=lambda _: None)
    assert again.reused == again.provenance["rows"]


def test_a_record_is_split_until_the_courier_takes_it(
    kinds: Kinds, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "LARGEST", 2000)
    features = csv.read_csv(pa.BufferReader(kinds.csv)).select([column.name for column in model.columns]).slice(0, 16)
    answers = Answers(np.zeros(16, dtype=np.int64), np.full((16, len(model.classes) or 1), 0.5))
    ids = rows.prediction_ids(RUN, 0, 16)
    lines = rows.records(ids, features, answers, model, RUN).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 2000
    assert [one for line in lines for one in json.loads(line)["ids"]] == ids
    monkeypatch.setattr(rows, "LARGEST", 100)
    with pytest.raises(ScoringError, match="too large for the audit; AUDIT=file"):
        rows.records(ids, features, answers, model, RUN)


def test_ids_are_uuids_of_the_scoring_s_time_and_differ_by_row_and_scoring() -> None:
    ids = rows.prediction_ids(RUN, 5, 3)
    assert ids == sorted(set(ids))
    assert rows.prediction_ids(RUN, 0, 8)[5:] == ids
    assert {one[14] for one in ids} == {"7"}
    assert {one[19] for one in ids} <= set("89ab")
    assert int(ids[0].replace("-", "")[:12], 16) == RUN.milliseconds
    assert set(ids).isdisjoint(rows.prediction_ids(RUN._replace(token="f" * 32), 5, 3))
    with pytest.raises(ScoringError, match="at most"):
        rows.prediction_ids(RUN, 2**32 - 1, 2)


def test_a_busy_courier_is_asked_again_and_an_absent_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Exception | None] = [ServiceBusyError("full"), ServiceBusyError("full"), None]
    asked: list[str] = []

    def post(url: str, content: Any) -> bytes:
        asked.append(url)
        if (error := answers.pop(0)) is not None:
            raise error
        return b"{}"

    monkeypatch.setattr(recording, "post_json", post)
    pauses: list[float] = []
    recording.record_rows(b"{}", "http://courier:9102/", pause=pauses.append, clock=lambda: 0.0)
    assert asked == ["http://courier:9102/scored/rows"] * 3
    assert len(pauses) == 2
    answers[:] = [ServiceUnreachableError("gone")]
    with pytest.raises(ScoringError, match="The same command goes on"):
        recording.record_rows(b"{}", "http://courier:9102", pause=pauses.append, clock=lambda: 0.0)
    times = iter([0.0, 121.0])
    answers[:] = [ServiceBusyError("full")]
    with pytest.raises(ScoringError, match="full"):
        recording.record_rows(b"{}", "http://courier:9102", pause=pauses.append, clock=lambda: next(times))
