"""A client's own numbers in the record: the same numbers row by row, and only where they are certainly the tensor's."""

import json
from typing import Any

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from api.protocols.tensor_text import as_rows, cut_numbers
from api.settings import Settings
from tests.support.journals import records

NUMBERS = np.round(np.random.default_rng(3).uniform(0.1, 9, (100, 4)), 1).tolist()
FLAT = [number for row in NUMBERS for number in row]


def body(data: str, **more: Any) -> bytes:
    tensor = {"name": "features", "shape": [100, 4], "datatype": "FP32", "data": "here"}
    return json.dumps({**more, "inputs": [tensor]}).replace('"here"', data).encode()


def rows_of(raw: bytes, datatype: str, rows: int, width: int) -> bytes | None:
    own = cut_numbers(raw)
    return None if own is None else as_rows(own.numbers, datatype, rows, width)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (",\n\t ", ": ")])
def test_the_numbers_are_those_that_came(separators: tuple[str, str]) -> None:
    written = rows_of(body(json.dumps(FLAT, separators=separators)), "FP32", 100, 4)
    assert written == orjson.dumps(NUMBERS)


def test_one_column_has_a_list_for_each_row() -> None:
    raw = b'{"data":[' + b",".join([b"1.5"] * 64) + b"]}"
    assert rows_of(raw, "FP64", 64, 1) == b"[" + b",".join([b"[1.5]"] * 64) + b"]"


@pytest.mark.parametrize(
    ("raw", "datatype"),
    [
        (body(json.dumps(FLAT)), "INT32"),
        (body(json.dumps(FLAT), id="a \\ escape"), "FP32"),
        (body(json.dumps(FLAT), parameters={"data": 1}), "FP32"),
        (body(json.dumps(NUMBERS)), "FP32"),
        (body(json.dumps([number + 1e-13 for number in FLAT])), "FP32"),
    ],
    ids=["integers", "an escape", "data twice", "nested", "long numbers"],
)
def test_others_are_spelled_again(raw: bytes, datatype: str) -> None:
    assert rows_of(raw, datatype, 100, 4) is None


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
def test_the_record_of_a_large_tensor_has_its_rows(
    client: TestClient, settings: Settings, datatype: str, separators: tuple[str, str]
) -> None:
    tensor = {"name": "features", "shape": [100, 4], "datatype": datatype, "data": FLAT}
    raw = json.dumps({"inputs": [tensor]}, separators=separators).replace(str(FLAT[7]), f"{FLAT[7]}000", 1)
    answer = client.post("/v2/models/iris_clf/infer", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    (record,) = records(settings.journal_dir)
    assert record["rows"] == NUMBERS
    (segment,) = settings.journal_dir.glob("*.journal")
    assert f",{FLAT[7]}000],[".encode() in segment.read_bytes()
