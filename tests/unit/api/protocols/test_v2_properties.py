"""Any v2 request made from a valid matrix is answered with that matrix; whatever is done to a request, no 5xx."""

import copy
import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from starlette.testclient import TestClient

from api.errors import BadRequestError, InvalidInputError, TooLargeError
from api.protocols.tensors import DTYPES
from api.protocols.v2_outputs import OUTPUTS
from api.protocols.v2_request import RequestReader
from tests.support.iris_features import FEATURES

NAMES = [feature.name for feature in FEATURES]
READER = RequestReader(max_rows=50)
INFER = "/v2/models/iris_clf/infer"


@st.composite
def matrices(draw: st.DrawFn) -> tuple[str, Any]:
    datatype = draw(st.sampled_from(sorted(DTYPES)))
    dtype = DTYPES[datatype]
    most = 2.0**15 if dtype.itemsize == 2 else 2.0**127
    finite: dict[str, Any] = {"width": dtype.itemsize * 8, "min_value": -most, "max_value": most}
    elements = st.floats(**finite) if dtype.kind == "f" else arrays.from_dtype(dtype)
    return datatype, draw(arrays.arrays(dtype, (draw(st.integers(1, 50)), len(NAMES)), elements=elements))


@st.composite
def requests(draw: st.DrawFn) -> tuple[bytes, bytes, Any]:
    """A body, its Inference-Header-Content-Length, and the matrix in it."""
    datatype, matrix = draw(matrices())
    binary, per_feature = draw(st.booleans()), draw(st.booleans())
    parts = [(name, matrix[:, [index]]) for index, name in enumerate(NAMES)] if per_feature else [("x", matrix)]
    inputs, tail = [], b""
    for name, part in draw(st.permutations(parts)):
        flat = per_feature and draw(st.booleans())
        declared = {"name": name, "datatype": datatype, "shape": [len(part)] if flat else list(part.shape)}
        if binary:
            tail += part.tobytes()
            inputs.append(declared | {"parameters": {"binary_data_size": part.nbytes}})
        else:
            data = (part if not flat and draw(st.booleans()) else part.ravel()).tolist()
            inputs.append(declared | {"data": data})
    head = orjson.dumps({"inputs": inputs})
    return head + tail, str(len(head)).encode() if binary else b"", matrix


@given(requests())
def test_a_request_made_from_a_matrix_reads_back_as_that_matrix(request: tuple[bytes, bytes, Any]) -> None:
    raw, length, matrix = request
    rows = READER.read(raw, length, FEATURES, OUTPUTS).rows
    assert not isinstance(rows, list)
    assert rows.shape == matrix.shape
    assert np.array_equal(rows, matrix.astype(rows.dtype))
    wide = np.float32 if matrix.dtype.itemsize == 2 else matrix.dtype
    assert rows.dtype == (wide if matrix.dtype.kind == "f" else np.float64)


@given(requests(), st.data())
def test_a_request_with_other_bytes_in_it_is_read_or_refused(
    request: tuple[bytes, bytes, Any], data: st.DataObject
) -> None:
    raw, length, _ = request
    start = data.draw(st.integers(0, len(raw)))
    changed = raw[:start] + data.draw(st.binary(max_size=8)) + raw[start + data.draw(st.integers(0, 8)) :]
    try:
        rows = READER.read(changed, data.draw(st.sampled_from([length, b"", b"5", b"x"])), FEATURES, OUTPUTS).rows
    except (BadRequestError, InvalidInputError, TooLargeError):
        return
    assert not isinstance(rows, list)
    assert np.isfinite(rows.astype(np.float32)).all()


GOOD = {
    "id": "1",
    "parameters": {"binary_data_output": True, "a": 1},
    "inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP64", "data": [5.1, 3.5, 1.4, 0.2], "parameters": {}}],
    "outputs": [{"name": "label", "parameters": {"binary_data": True}}],
}
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**31,
        2**63,
        10**30,
        1.5,
        1e39,
        float("inf"),
        "",
        "\x00",
        "FP64",
        "label",
        [],
        [[]],
        {},
        {"a": {}},
    ]
)


def _paths(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [*([path] if path else []), *(deeper for key, value in items for deeper in _paths(value, (*path, key)))]


@pytest.mark.parametrize("path", _paths(GOOD), ids=str)
@given(value=ODD)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_whatever_stands_in_a_requests_place_the_server_is_not_at_fault(
    client: TestClient, path: tuple[Any, ...], value: Any
) -> None:
    changed = copy.deepcopy(GOOD)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    answer = client.post(INFER, content=json.dumps(changed).encode())
    assert answer.status_code in {200, 400, 413}, answer.text
    assert answer.status_code == 200 or answer.json().keys() == {"error"}
