"""The four reading rules, each broken once."""

import hashlib
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import psutil
import pytest
from onnx import TensorProto, helper

from api.bundle.predictor import Predictor, within
from api.bundle.reader import MEMORY, prove_bundle, read_bundle
from api.errors import BundleRefusedError
from tests.support.bundles import GOLDEN_ROWS, canonical, linear_onnx, tiny_parts
from tests.support.hostile_models import HOSTILE, endless, hide_lengths

WEIGHTS = np.ones((3, 4), dtype=np.float32)


def resident() -> int:
    return psutil.Process().memory_info().rss


def refused(folder: Path, name: str, memory: int = MEMORY) -> str:
    with pytest.raises(BundleRefusedError) as caught:
        prove_bundle(folder, name, memory=memory)
    return caught.value.reason


def write_manifest(folder: Path, change: dict[str, Any]) -> str:
    """A bundle with a changed manifest under the right name for it."""
    parts = tiny_parts()
    name = parts.write(folder)
    content = canonical({**json.loads((folder / name / "manifest.json").read_bytes()), **change})
    right = hashlib.sha256(content).hexdigest()
    (folder / name / "manifest.json").write_bytes(content)
    (folder / name).rename(folder / right)
    return right


def test_a_good_bundle_answers_as_its_golden_rows_say(tmp_path: Path) -> None:
    bundle = read_bundle(tmp_path, tiny_parts().write(tmp_path))
    answer = bundle.predictor.predict(np.array(GOLDEN_ROWS, dtype=np.float32))
    assert [bundle.manifest.target.classes[i] for i in answer.labels] == [row.label for row in bundle.golden.rows]
    assert answer.probabilities.tolist() == [pytest.approx(row.probabilities, abs=1e-6) for row in bundle.golden.rows]


def test_the_name_must_be_the_hash_of_the_manifest(tmp_path: Path) -> None:
    assert refused(tmp_path, tiny_parts().write(tmp_path, name="0" * 64)) == "checksum"


@pytest.mark.parametrize("name", ["../" + "0" * 61, "A" * 64, "0" * 63, "", ".", "0" * 63 + "\n"])
def test_a_name_that_is_no_hash_is_never_opened(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, name) == "name"


def test_a_bundle_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "0" * 64) == "missing"


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"task": "regression"},
        {"surprise": 1},
        {"features": []},
        {"features": tiny_parts().manifest["features"] * 2},
        {"features": [{**tiny_parts().manifest["features"][0], "minimum": 11}]},
        {"target": {"name": "species", "classes": ["setosa", "setosa"]}},
        {"files": {"../evil": {"sha256": "0" * 64, "size": 1}}},
        {"files": {"model.onnx": {"sha256": "0" * 64, "size": 1}}},
    ],
)
def test_a_manifest_that_breaks_the_schema_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    assert refused(tmp_path, write_manifest(tmp_path, change)) == "schema"


@pytest.mark.parametrize("file", ["model.onnx", "model.joblib", "reference.json", "golden.json"])
def test_one_flipped_bit_in_any_file_is_refused(tmp_path: Path, file: str) -> None:
    name = tiny_parts().write(tmp_path)
    content = bytearray((tmp_path / name / file).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name / file).write_bytes(content)
    assert refused(tmp_path, name) == "checksum"


def test_a_truncated_a_missing_and_an_extra_file_are_refused(tmp_path: Path) -> None:
    name = tiny_parts().write(tmp_path)
    model = tmp_path / name / "model.onnx"
    content = model.read_bytes()
    model.write_bytes(content[:-1])
    assert refused(tmp_path, name) == "files"
    model.unlink()
    assert refused(tmp_path, name) == "files"
    model.write_bytes(content)
    (tmp_path / name / "more").touch()
    assert refused(tmp_path, name) == "files"


def test_links_and_pipes_are_not_followed_and_do_not_hang(tmp_path: Path) -> None:
    name = tiny_parts().write(tmp_path)
    model = tmp_path / name / "model.onnx"
    model.rename(tmp_path / "elsewhere")
    model.symlink_to(tmp_path / "elsewhere")
    assert refused(tmp_path, name) == "missing"
    model.unlink()
    os.mkfifo(model)
    assert refused(tmp_path, name) == "files"


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    name = tiny_parts().write(tmp_path)
    (tmp_path / name).rename(tmp_path / "elsewhere")
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    assert refused(tmp_path, name) == "files"


def test_a_file_of_two_gigabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    huge = {"sha256": "0" * 64, "size": 2 * 1024**3}
    small = {"sha256": "0" * 64, "size": 1}
    files = {"model.onnx": huge, "model.joblib": small, "reference.json": small, "golden.json": small}
    name = write_manifest(tmp_path, {"files": files})
    os.truncate(tmp_path / name / "model.onnx", 2 * 1024**3)
    assert refused(tmp_path, name) == "oversize"


@pytest.mark.parametrize("content", [b"", b"not a model", tiny_parts().files["model.onnx"][:200]])
def test_bytes_that_are_no_model_are_refused(tmp_path: Path, content: bytes) -> None:
    assert refused(tmp_path, tiny_parts().with_file("model.onnx", content).write(tmp_path)) == "model"


def test_a_model_with_data_outside_of_its_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights.bin").write_bytes(WEIGHTS.T.tobytes())
    monkeypatch.chdir(tmp_path)
    model = linear_onnx(WEIGHTS, np.zeros(3, dtype=np.float32), external="weights.bin")
    assert refused(tmp_path, tiny_parts().with_file("model.onnx", model).write(tmp_path)) == "external"
    hidden = hide_lengths(model)
    onnxruntime.InferenceSession(hidden)  # to the runtime it is the same model, and it reads the file
    assert refused(tmp_path, tiny_parts().with_file("model.onnx", hidden).write(tmp_path)) == "external"


def test_a_feature_may_be_called_location(tmp_path: Path) -> None:
    parts = tiny_parts(features=("location", "longitude", "latitude", "height"))
    model = onnx.load_from_string(parts.files["model.onnx"])
    model.graph.node[0].name = model.graph.doc_string = "location"
    read_bundle(tmp_path, parts.with_file("model.onnx", model.SerializeToString()).write(tmp_path))


@pytest.mark.parametrize(("spoil", "reason"), HOSTILE.items(), ids=lambda it: getattr(it, "__name__", it))
def test_a_model_that_wants_too_much_is_refused_for_what_it_wants(
    tmp_path: Path, spoil: Callable[[], bytes], reason: str
) -> None:
    before = resident()
    assert refused(tmp_path, tiny_parts().with_file("model.onnx", spoil()).write(tmp_path), memory=2**25) == reason
    assert resident() - before < 2**26


def test_what_was_allowed_for_trying_a_model_is_allowed_for_nothing_else(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    prove_bundle(tmp_path, tiny_parts().write(tmp_path))
    refused(tmp_path, tiny_parts().with_file("model.onnx", b"no model").write(tmp_path))
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_json_that_would_not_fit_into_memory_is_not_parsed(tmp_path: Path) -> None:
    golden = b'{"format": 1, "rows": [' + b"{}," * 2_000_000 + b"{}]}"
    assert refused(tmp_path, tiny_parts().with_file("golden.json", golden).write(tmp_path)) == "oversize"


def test_a_loop_without_an_end_is_broken_off() -> None:
    predictor = Predictor(endless(), features=4, classes=3)
    with within(0.1) as options, pytest.raises(Exception, match="terminate"):
        predictor.predict(np.ones((1, 4), dtype=np.float32), options)


def test_a_model_with_an_operator_of_its_own_is_refused(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Evil", ["features"], ["probabilities"], domain="custom")],
        "classifier",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 4])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("custom", 1)])
    parts = tiny_parts().with_file("model.onnx", model.SerializeToString())
    assert refused(tmp_path, parts.write(tmp_path)) == "model"


@pytest.mark.parametrize("shape", [(3, 5), (2, 4)])
def test_a_model_of_another_width_is_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    model = linear_onnx(np.ones(shape, dtype=np.float32), np.zeros(shape[0], dtype=np.float32))
    assert refused(tmp_path, tiny_parts().with_file("model.onnx", model).write(tmp_path)) == "model"


def test_a_model_that_answers_its_golden_rows_otherwise_is_refused(tmp_path: Path) -> None:
    other = tiny_parts(tilt=0.01).files["golden.json"]
    assert refused(tmp_path, tiny_parts().with_file("golden.json", other).write(tmp_path)) == "golden"


@pytest.mark.parametrize(
    "reference",
    [
        b"{}",
        tiny_parts(features=("a", "b", "c", "d")).files["reference.json"],
        tiny_parts().files["reference.json"].replace(b"4.0", b"2.0"),
        tiny_parts().files["reference.json"].replace(b'"(2, 4]"', b'"(4, inf)"'),
    ],
)
def test_a_reference_that_does_not_fit_the_manifest_is_refused(tmp_path: Path, reference: bytes) -> None:
    assert refused(tmp_path, tiny_parts().with_file("reference.json", reference).write(tmp_path)) == "schema"
