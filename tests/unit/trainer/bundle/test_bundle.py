"""Stage `bundle`: the format, to the letter, for any data set."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from sklearn import datasets

from trainer.bundle import parity
from trainer.bundle.bundle import Bundle, bundle, read_bundle
from trainer.contract.contract import Contract
from trainer.data.dataset import load
from trainer.data.prepare import prepare
from trainer.errors import ParityError, StageError
from trainer.params import Params
from trainer.training.train import train
from trainer.workspace.files import write
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

FORMATS = Path(__file__).parents[4] / "docs" / "formats"


def made(layout: Layout, contract: Contract, params: Params) -> Bundle:
    prepare(layout, contract)
    train(layout, contract, params, Silent())
    return bundle(layout, contract, params)


def contract_of(name: str) -> Contract:
    """A contract for a data set of scikit-learn, with ranges around its values."""
    data = getattr(datasets, f"load_{name}")(as_frame=True)
    return Contract.model_validate(
        {
            "name": name,
            "source": f"sklearn:{name}",
            "duplicates": "allow",
            "columns": [
                {
                    "name": f"column_{number}",
                    "dtype": "float64",
                    "unit": "",
                    "minimum": float(values.min()) - 0.5,
                    "maximum": float(values.max()) + 0.5,
                    "description": str(original),
                }
                for number, (original, values) in enumerate(data.data.items())
            ],
            "target": {"name": "target", "description": "", "classes": [f"class {c}" for c in data.target_names]},
        }
    )


def assert_follows_the_format(found: Bundle, contract: Contract) -> None:
    for part in ("manifest", "reference", "golden"):
        schema = json.loads((FORMATS / f"{part}.schema.json").read_text())
        jsonschema.validate(json.loads(found.content(f"{part}.json")), schema)
    manifest = found.content("manifest.json")
    assert found.path.name == sha256(manifest).hexdigest()
    assert {file.name for file in found.path.iterdir()} == {"manifest.json", *found.manifest["files"]}
    for name, file in found.manifest["files"].items():
        assert sha256(found.content(name)).hexdigest() == file["sha256"]
        assert len(found.content(name)) == file["size"]
    assert [feature["name"] for feature in found.manifest["features"]] == list(contract.features)
    assert found.manifest["target"]["classes"] == list(contract.target.classes)


def test_the_bundle_follows_the_format(layout: Layout, iris: Contract, fast: Params) -> None:
    found = made(layout, iris, fast)
    assert_follows_the_format(found, iris)
    assert found.manifest["model"] == "iris_clf"
    assert found.manifest["provenance"]["params_sha256"] == fast.sha256
    data = sha256(layout.processed("iris").read_bytes()).hexdigest()
    assert found.manifest["provenance"]["data_sha256"] == data
    assert layout.model.read_bytes() == found.content("model.joblib")
    assert read_bundle(layout) == found


@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
@pytest.mark.parametrize("estimator", ["LogisticRegression", "RandomForestClassifier", "GradientBoostingClassifier"])
def test_another_data_set_takes_another_contract_and_nothing_else(
    name: str, estimator: str, layout: Layout, fast_with: Callable[..., Params]
) -> None:
    candidate = {"estimator": estimator}
    if estimator != "LogisticRegression":
        candidate |= {"settings": {"n_estimators": 8}}  # type: ignore[dict-item]
    contract = contract_of(name)
    assert_follows_the_format(made(layout, contract, fast_with(candidates={"only": candidate})), contract)


def test_golden_rows_are_answered_as_they_say(layout: Layout, iris: Contract, fast: Params) -> None:
    found = made(layout, iris, fast)
    rows = json.loads(found.content("golden.json"))["rows"]
    assert len(rows) == fast.golden.rows
    assert {row["label"] for row in rows} == set(iris.target.classes)
    features = load(layout.processed("iris"), iris).rows.features
    asked = features.head(len(rows)).copy()
    asked[:] = [row["values"] for row in rows]
    labels, shares = parity.answer(found.content("model.onnx"), asked)
    assert [iris.target.classes[label] for label in labels] == [row["label"] for row in rows]
    assert np.abs(shares - np.array([row["probabilities"] for row in rows])).max() < 1e-5


def test_the_same_inputs_are_the_same_hash_and_other_parameters_another(
    layout: Layout, iris: Contract, fast: Params, fast_with: Callable[..., Params]
) -> None:
    first = made(layout, iris, fast).hash
    assert made(layout, iris, fast).hash == first
    assert bundle(layout, iris, fast_with(golden={"rows": 7})).hash != first


def test_there_is_never_more_than_one_bundle(
    layout: Layout, iris: Contract, fast: Params, fast_with: Callable[..., Params]
) -> None:
    made(layout, iris, fast)
    second = bundle(layout, iris, fast_with(golden={"rows": 7}))
    assert [folder.name for folder in layout.bundles.iterdir()] == [second.hash]


def test_a_constant_column_and_whole_numbers_make_a_bundle_too(layout: Layout, shapes: Contract, fast: Params) -> None:
    rows = [f"{width / 10},4,{'square' if width > 40 else 'round'}" for width in range(100)]
    (layout.root / "shapes.csv").write_text("\n".join(["width,corners,shape", *rows]) + "\n")
    found = made(layout, shapes, fast)
    assert_follows_the_format(found, shapes)
    corners = json.loads(found.content("reference.json"))["features"]["corners"]
    assert corners == {"edges": [4.0], "labels": ["(-inf, 4]", "(4, +inf)"], "share": [1.0, 0.0]}
    assert all(row["values"][1] == 4 for row in json.loads(found.content("golden.json"))["rows"])


def test_a_model_trained_on_other_data_is_not_bundled(
    layout: Layout, shapes_with: Callable[..., Contract], fast: Params
) -> None:
    contract, rows = shapes_with(), [f"{width / 10},4,{'square' if width > 40 else 'round'}" for width in range(100)]
    (layout.root / "shapes.csv").write_text("\n".join(["width,corners,shape", *rows]) + "\n")
    made(layout, contract, fast)
    (layout.root / "shapes.csv").write_text("\n".join(["width,corners,shape", *rows[:-1]]) + "\n")
    prepare(layout, contract)
    with pytest.raises(StageError, match="was trained on other data; run `python -m trainer train`"):
        bundle(layout, contract, fast)


def test_a_tolerance_that_the_models_do_not_meet_refuses_the_bundle(
    layout: Layout, iris: Contract, fast_with: Callable[..., Params]
) -> None:
    strict = fast_with(parity={"random_rows": 100, "tolerance": 1e-15})
    with pytest.raises(ParityError, match="of 250 rows; the bundle is refused"):
        made(layout, iris, strict)
    assert not layout.bundles.exists()
    assert not layout.model.exists()


def test_without_a_trained_model_the_missing_stage_is_named(layout: Layout, iris: Contract, fast: Params) -> None:
    prepare(layout, iris)
    with pytest.raises(StageError, match=r"report\.json is not there; run `python -m trainer train`"):
        bundle(layout, iris, fast)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda at: write(at / "model.onnx", b"other"), "was changed after it was made"),
        (lambda at: write(at / "manifest.json", (at / "manifest.json").read_bytes() + b"\n"), "was changed after"),
        (lambda at: (at / "golden.json").unlink(), "is not a bundle"),
        (lambda at: write(at / "manifest.json", b"{"), "is not a bundle"),
        (lambda at: (at.parent / ("0" * 64)).mkdir(), "holds 2 bundles"),
    ],
)
def test_a_damaged_bundle_is_not_read(
    layout: Layout, iris: Contract, fast: Params, damage: Callable[[Path], object], message: str
) -> None:
    damage(made(layout, iris, fast).path)
    with pytest.raises(StageError, match=message):
        read_bundle(layout)


def test_a_missing_bundle_is_reported(layout: Layout) -> None:
    with pytest.raises(StageError, match="holds no bundle; run `python -m trainer bundle`"):
        read_bundle(layout)
