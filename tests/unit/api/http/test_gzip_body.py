"""Bodies that come as gzip: read like any other, and refused where they lie, end early or hold too much."""

import gzip
import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.errors import BadRequestError, TooLargeError
from api.http.gzip_body import inflate
from tests.support.bundles import IRIS

ROW = orjson.dumps(dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True)))
GZIP = {"content-type": "application/json", "content-encoding": "gzip"}
CSV = f"{','.join(IRIS)}\n5.1,3.5,1.4,0.2\n".encode()
TENSOR = {"name": "features", "shape": [1, 4], "datatype": "FP64", "data": [5.1, 3.5, 1.4, 0.2]}


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/predict", ROW, "application/json"),
        ("/predict/batch", b'{"rows":[' + ROW + b"]}", "application/json"),
        ("/predict/batch", CSV, "text/csv"),
        ("/invocations", b'{"dataframe_records":[' + ROW + b"]}", "application/json"),
        ("/v2/models/iris_clf/infer", orjson.dumps({"inputs": [TENSOR]}), "application/json"),
        ("/predict", b"\xef\xbb\xbf" + ROW, "application/json"),
    ],
)
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
def test_every_protocol_takes_a_gzip_body(client: TestClient, path: str, body: bytes, kind: str, coding: str) -> None:
    headers = {"content-type": kind, "content-encoding": coding}
    assert client.post(path, content=gzip.compress(body), headers=headers).status_code == 200


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "nonsense"])
def test_another_coding_is_refused_and_the_one_that_is_read_is_named(client: TestClient, coding: str) -> None:
    answer = client.post("/predict", content=gzip.compress(ROW), headers=GZIP | {"content-encoding": coding})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip")
    assert "gzip or identity" in answer.json()["detail"]


def test_two_headers_with_a_coding_each_are_two_codings(client: TestClient) -> None:
    headers = [*GZIP.items(), ("content-encoding", "gzip")]
    assert client.post("/predict", content=gzip.compress(ROW), headers=headers).status_code == 415


# The bytes become the tests' names, which must be the same in every process: no time of day is in them.
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "ends before"),
        (ROW, "not gzip"),
        (gzip.compress(ROW, mtime=0)[:-1], "ends before"),
        (gzip.compress(ROW, mtime=0)[:5], "ends before"),
        (gzip.compress(ROW, mtime=0) + b"more", "not gzip"),
        (gzip.compress(ROW, mtime=0)[:-8] + bytes(8), "not gzip"),
        (gzip.compress(b"", mtime=0) * 17, "more than 16"),
    ],
)
def test_what_is_not_gzip_or_ends_early_is_400_and_says_so(client: TestClient, body: bytes, problem: str) -> None:
    answer = client.post("/predict", content=body, headers=GZIP)
    assert answer.status_code == 400
    assert problem in answer.json()["detail"]


def test_the_limit_of_a_body_holds_for_what_is_inflated(client: TestClient) -> None:
    fits = ROW + b" " * (10_000 - len(ROW))
    assert client.post("/predict", content=gzip.compress(fits), headers=GZIP).status_code == 200
    answer = client.post("/predict", content=gzip.compress(fits + b" "), headers=GZIP)
    assert answer.status_code == 413
    assert "10000 bytes when it is inflated" in answer.json()["detail"]


def test_a_body_that_inflates_a_thousandfold_takes_no_more_memory_than_its_limit() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            inflate(bomb, 100_000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=16))
def test_gzip_files_one_after_the_other_are_one_body(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    assert inflate(b"".join(map(gzip.compress, parts)), len(whole)) == whole


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_end_that_is_missing_is_passed_over(body: bytes, cut: int) -> None:
    whole = gzip.compress(body)
    with pytest.raises(BadRequestError):
        inflate(whole[: min(cut, len(whole) - 1)], 1000)


def test_a_refused_gzip_body_leaves_its_place_to_the_next(client: TestClient) -> None:
    for _ in range(50):
        assert client.post("/predict", content=gzip.compress(bytes(20_000)), headers=GZIP).status_code == 413
    assert client.post("/predict", content=gzip.compress(ROW), headers=GZIP).status_code == 200
