"""Numbers read without a Python object for each are the numbers that json reads, and every request has one answer."""

import json
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiError
from api.protocols import tensors
from api.protocols.number_text import LONGEST, doubles
from api.protocols.v2_request import RequestReader
from tests.support.iris_features import FEATURES

READER = RequestReader(max_rows=200)
ROWS = np.round(np.random.default_rng(5).uniform(0.1, 9, (100, 4)), 1)
BODY = orjson.dumps(
    {
        "id": "a",
        "inputs": [{"name": "x", "shape": [100, 4], "datatype": "FP32", "data": ROWS.ravel().tolist()}],
        "outputs": [{"name": "label"}],
    }
)
WRITTEN = r"\A-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?\Z"
"""A number of JSON."""

PIECES = [
    b'"data"', b'"data":', b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"null", b"true", b"NaN", b"1e400", b"-0.0",
    b"123456789012345678901234567890", b"01", b"1.", b" ", b"\n", b"\x00", b"\xff",
    b'"data":[1],', b"[[", b"4", b"FP64", b"BF16",
]  # fmt: skip


@given(st.lists(st.binary(min_size=8, max_size=8).map(lambda raw: struct.unpack("d", raw)[0]).filter(math.isfinite)))
def test_each_double_is_read_to_its_last_bit(numbers: list[float]) -> None:
    read = doubles(json.dumps(numbers).encode())
    assert read is not None
    assert read.tobytes() == np.array(numbers, np.float64).tobytes()


@given(st.lists(st.from_regex(WRITTEN), min_size=1, max_size=5))
def test_a_number_is_the_double_next_to_it_or_is_left_to_the_other_reader(numbers: list[str]) -> None:
    read = doubles(f"[{','.join(numbers)}]".encode())
    expected = [float(number) for number in numbers]
    if read is None:
        assert any(math.isinf(one) or abs(one) >= 2.0**63 for one in expected)
    else:
        assert read.tolist() == expected


@pytest.mark.parametrize(
    "text",
    [
        b"", b"1", b"{}", b'"1"', b"null", b"[true]", b"[null]", b'["1"]', b"[{}]", b"[1,]", b"[,1]", b"[1", b"1]",
        b"[1]]", b"[01]", b"[1.]", b"[.5]", b"[+1]", b"[NaN]", b"[Infinity]", b"[1e400]", b"[0x1]", b"[1]\x00",
        b"[\xff]", b"[1 2]",
        b"[" + b"1," * LONGEST + b"1]",
    ],
)  # fmt: skip
def test_anything_else_is_left_to_the_other_reader(text: bytes) -> None:
    assert doubles(text) is None


def test_the_reader_of_numbers_is_installed_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bool] = []
    monkeypatch.setattr(tensors, "doubles", lambda text: _seen(taken, text))
    assert np.asarray(READER.read(BODY, b"", FEATURES, ["label"]).rows).tobytes() == ROWS.astype(np.float32).tobytes()
    assert taken == [True]


@given(st.integers(0, len(BODY)), st.integers(0, 12), st.sampled_from(PIECES))
def test_a_changed_request_has_the_same_answer_from_either_reader(at: int, cut: int, piece: bytes) -> None:
    raw = BODY[:at] + piece + BODY[at + cut :]
    with other_reader():
        expected = outcome(raw)
    assert outcome(raw) == expected


@pytest.mark.parametrize(
    "old_new",
    [
        (b'"name":"x"', b'"name":"data"'),
        (b'"id":"a"', b'"data":[1,2]'),
        (b'"id":"a"', b'"parameters":{"data":[1,2]}'),
        (b'"data":', b'"content":'),
        (b'"data":', b'"parameters":{"binary_data_size":0},"data":'),
        (b"[100,4]", b"[400]"),
        (b"[100,4]", b"[0,4]"),
        (b"[100,4]", b"[100,5]"),
        (b"[100,4]", b"[201,4]"),
        (b"[100,4]", b"[10,10,4]"),
        (b"FP32", b"INT32"),
        (b"FP32", b"BYTES"),
        (b"FP32", b"FP64"),
        (b"FP32", b"FP16"),
        (b'{"name":"label"}', b'{"name":"nothing"}'),
        (b'"data":[', b'"data":[1e39,'),
        (b'"data":[', b'"data":[true,'),
    ],
    ids=lambda pair: pair[1].decode(),
)
def test_a_request_of_another_form_has_the_same_answer_from_either_reader(old_new: tuple[bytes, bytes]) -> None:
    raw = BODY.replace(*old_new, 1)
    assert raw != BODY
    with other_reader():
        expected = outcome(raw)
    assert outcome(raw) == expected


@contextmanager
def other_reader() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensors, "doubles", lambda _: None)
        yield


def outcome(raw: bytes) -> object:
    """All that a request says, or the refusal."""
    try:
        read = READER.read(raw, b"", FEATURES, ["label", "probabilities"])
    except ApiError as error:
        return type(error), error.status, error.detail, error.errors
    rows = np.asarray(read.rows)
    return read.id, read.parameters, rows.dtype, rows.shape, rows.tobytes(), read.outputs, read.written


def _seen(taken: list[bool], text: bytes) -> object:
    found = doubles(text)
    taken.append(found is not None)
    return found


def test_a_request_like_the_last_one_is_read_with_its_own_numbers() -> None:
    """What stands around the numbers is kept from one request to the next."""
    reader = RequestReader(max_rows=200)
    for body, rows in ((BODY, ROWS), (other := BODY.replace(b'"id":"a"', b'"id":"b"'), ROWS), (other, ROWS + 1)):
        numbers = orjson.dumps(rows.ravel().tolist())
        start, end = body.index(b"[", body.index(b'"data"')), body.index(b"]", body.index(b'"data"'))
        request = reader.read(body[:start] + numbers + body[end + 1 :], b"", FEATURES, known=["label"])
        assert request.id == orjson.loads(body)["id"]
        assert np.array_equal(request.rows, rows.astype(np.float32))
    with pytest.raises(ApiError):
        reader.read(other.replace(b"[100,4]", b"[50,4]"), b"", FEATURES, known=["label"])
