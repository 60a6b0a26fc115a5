"""The reader of a CSV body alone: training's spellings, any bytes, any rows."""

import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.bundle.features import Number
from api.bundle.manifest import Manifest
from api.errors import InvalidInputError, TooLargeError
from api.protocols.csv_rows import read_csv
from tests.support.bundles import IRIS, tiny_parts

HEADER = ",".join(IRIS)
ENTRIES = {
    name: {"sha256": "0" * 64, "size": 1} for name in ("model.onnx", "model.joblib", "reference.json", "golden.json")
}
MANIFEST = Manifest.model_validate({**tiny_parts().manifest, "files": ENTRIES})


@given(st.binary(max_size=200) | st.text(alphabet=',"\r\n5.1_e-', max_size=60).map(lambda s: f"{HEADER}\n{s}".encode()))
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    try:
        rows = read_csv(raw, MANIFEST, max_rows=10).rows
    except (InvalidInputError, TooLargeError):
        return
    assert np.asarray(rows).shape[1:] == (4,)


@given(
    st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=4, max_size=4), min_size=1)
)
def test_what_was_written_as_csv_is_read_back_exactly(rows: list[list[float]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([list(IRIS), *rows])
    assert np.asarray(read_csv(written.getvalue().encode(), MANIFEST, max_rows=1000).rows).tolist() == rows


def test_two_names_that_are_one_when_they_are_cut_are_two_columns_as_in_training() -> None:
    long = "Very long survey question " * 15
    names = [long[:256].strip(), f"{long[:248]}.2"]
    features = [Number(name=name, dtype="float64", unit="", minimum=0, maximum=10, description="") for name in names]
    manifest = MANIFEST.model_copy(update={"features": features})
    read = read_csv(f'"{long}3","{long}4"\n1,2\n'.encode(), manifest, max_rows=9)
    assert np.asarray(read.rows).tolist() == [[1.0, 2.0]]
