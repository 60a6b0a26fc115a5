"""MODEL is a file or folder of a known format, or the refusal says what it is instead."""

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import skops.io
import xgboost
import yaml
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression

from trainer.adoption import origin
from trainer.adoption.description import describe
from trainer.adoption.loading import load
from trainer.adoption.origin import Origin, of_path
from trainer.errors import AdoptionError
from trainer.registry.foreign import ADDRESS, is_address


def refused(path: Path) -> str:
    with pytest.raises(AdoptionError) as raised:
        of_path(path)
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.joblib", b"\x80\x05", "pickle"),
        ("a.pkl", b"anything", "pickle"),
        ("a", b"\x80\x04", "pickle"),
        ("a.onnx", b"\x08\x09", "onnx"),
        ("a.txt", b"tree\nversion=v4\n", "lightgbm"),
        ("a.model", b"tree\nversion=v4\n", "lightgbm"),
        ("a.json", b"{}", "xgboost"),
        ("a.ubj", b"{L", "xgboost"),
    ],
)
def test_a_format_is_known_by_its_first_bytes_or_its_ending(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert of_path(tmp_path / name).format == expected


def test_skops_is_known_by_what_is_in_it_and_runs_no_code(tmp_path: Path) -> None:
    skops.io.dump(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), tmp_path / "model.pkl")
    found = of_path(tmp_path / "model.pkl")
    assert found.format == "skops"
    assert not found.runs_code
    assert load(found)[0].coef_ == pytest.approx([1.0])


def test_what_is_not_a_model_is_refused_with_the_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is not there" in refused(tmp_path / "nothing.joblib")
    assert "folder without an MLmodel file" in refused(tmp_path)
    (tmp_path / "empty.joblib").touch()
    assert "is empty" in refused(tmp_path / "empty.joblib")
    (tmp_path / "notes.md").write_text("hello")
    assert "none of the formats" in refused(tmp_path / "notes.md")
    monkeypatch.setattr(origin, "MOST_BYTES", 3)
    (tmp_path / "huge.joblib").write_bytes(b"\x80567")
    assert "a model may have" in refused(tmp_path / "huge.joblib")


def saved(folder: Path, flavours: dict[str, object], signature: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    page: dict[str, object] = {"flavors": flavours}
    (folder / "MLmodel").write_text(yaml.safe_dump(page | ({"signature": {"inputs": signature}} if signature else {})))
    (folder / "model.pkl").write_bytes(b"\x80\x05")
    return folder


def test_a_folder_of_mlflow_names_its_file_and_its_columns(tmp_path: Path) -> None:
    flavours: dict[str, object] = {"sklearn": {"pickled_model": "model.pkl"}, "python_function": {}}
    columns = '[{"name": "age", "type": "double"}, {"name": "sex", "type": "string"}]'
    found = of_path(saved(tmp_path / "model", flavours, columns))
    assert found == Origin(tmp_path / "model" / "model.pkl", "pickle", ("age", "sex"))
    assert of_path(saved(tmp_path / "bare", flavours)).signature == ()


def test_a_pyfunc_model_is_refused_with_what_to_log_instead(tmp_path: Path) -> None:
    message = refused(saved(tmp_path / "model", {"python_function": {"loader_module": "mine"}}))
    assert "a pyfunc model is code" in message
    assert "mlflow.sklearn" in message


@pytest.mark.parametrize("name", ["../outside.pkl", "/etc/passwd", "", "absent.pkl"])
def test_a_folder_that_names_a_file_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.pkl").write_bytes(b"\x80")
    assert "not in its folder" in refused(saved(tmp_path / "model", {"sklearn": {"pickled_model": name}}))


@pytest.mark.parametrize("page", [b"\xff\xfe", b"[1, 2", b"null", b"flavors: 3", b"{}"])
def test_a_damaged_mlmodel_is_refused(tmp_path: Path, page: bytes) -> None:
    (tmp_path / "MLmodel").write_bytes(page)
    assert "MLmodel" in refused(tmp_path)


def test_addresses_of_mlflow_are_distinguished_from_paths() -> None:
    assert all(map(is_address, ["runs:/a/model", "models:/name/3", "models:/name@production", "models:"]))
    assert not is_address("models/runs.joblib")
    assert all(map(ADDRESS.fullmatch, ["runs:/a1/model", "models:/name/3", "models:/name@production", "models:/m-1a"]))
    assert not any(map(ADDRESS.fullmatch, ["runs:/a1", "models:", "models:/", "runs://x/y z"]))


def test_files_of_lightgbm_and_xgboost_are_read_with_their_columns_and_classes(tmp_path: Path) -> None:
    table = load_iris(as_frame=True)
    rows = table.data.set_axis(["a", "b", "c", "d"], axis=1)
    light = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(rows, table.target)
    extreme = xgboost.XGBClassifier(n_estimators=5).fit(rows, table.target)
    light.booster_.save_model(tmp_path / "light.txt")
    extreme.save_model(tmp_path / "extreme.json")
    extreme.get_booster().save_model(tmp_path / "extreme.ubj")
    saved_as: dict[str, Any] = {"light.txt": light, "extreme.json": extreme, "extreme.ubj": extreme}
    for name, original in saved_as.items():
        found = of_path(tmp_path / name)
        model, _ = load(found)
        described = describe(model)
        assert not found.runs_code
        assert (described.task, described.names, described.classes) == (
            "classification",
            ("a", "b", "c", "d"),
            (0, 1, 2),
        )
        assert np.allclose(model.predict_proba(rows), original.predict_proba(rows))


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", b"tree\nbroken"), ("a.json", b"{}"), ("a.ubj", b"{L"), ("a.json", b'{"learner": ')]
)
def test_damaged_files_of_the_boosting_libraries_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AdoptionError, match=r"can't be read as .* save it again") as refused:
        load(of_path(tmp_path / name))
    assert "Stack trace" not in str(refused.value)
    assert ".cc:" not in str(refused.value)


def test_a_skops_file_that_is_cut_off_is_not_taken_for_another_format(tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(b"PK\x03\x04cut")
    with pytest.raises(AdoptionError, match=r"can't be read as a skops file: .* cut off"):
        of_path(tmp_path / "model.skops")


def test_a_file_of_onnx_is_read_without_trust(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"\x08\x09")
    assert not of_path(tmp_path / "model.onnx").runs_code
    with pytest.raises(AdoptionError, match="reads no input"):
        load(of_path(tmp_path / "model.onnx"))
