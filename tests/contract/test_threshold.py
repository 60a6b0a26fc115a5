"""A rare class with a threshold, through trainer, gate, registry's model and every protocol of the api."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from tests.contract.conftest import Validate
from tests.support.served import served
from tests.support.tables import small_params
from tests.support.trained import Trained, trained, workspace
from trainer.decision import decision_of
from trainer.gate.judging import judge_of
from trainer.registry.own_terms import answering_names
from trainer.registry.training_files import read_publication
from trainer.workspace import canonical

ROWS = 1200


def threshold_of(trained: Trained) -> dict[str, Any]:
    found: dict[str, Any] = trained.bundle.manifest["threshold"]
    return found


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One row in fifteen is fraud, and it is hardly ever the more probable class."""
    draw = np.random.default_rng(5)
    amount, hour = draw.normal(0, 1, ROWS), draw.normal(0, 1, ROWS)
    fraud = draw.random(ROWS) < 1 / (1 + np.exp(3.6 - 1.2 * amount - 0.8 * hour))
    frame = pd.DataFrame({"amount": amount.round(3), "hour": hour.round(3), "kind": np.where(fraud, "fraud", "fair")})
    number = {"dtype": "float64", "unit": "", "minimum": -6, "maximum": 6, "description": ""}
    page = {
        "name": "rare",
        "source": "rows.csv",
        "duplicates": "allow",
        "columns": [{"name": name, **number} for name in ("amount", "hour")],
        "target": {"name": "kind", "description": "", "classes": ["fair", "fraud"]},
    }
    candidates = {"linear": {"estimator": "LogisticRegression"}}
    layout = workspace(tmp_path_factory.mktemp("rare"), page, frame.to_csv(index=False).encode())
    return trained(layout, small_params() | {"candidates": candidates})


@pytest.fixture
def client(rare: Trained, tmp_path: Path) -> Iterator[TestClient]:
    with served(rare.path, tmp_path, "rare_model") as client:
        yield client


def test_the_manifest_says_from_where_the_rare_class_is_answered(rare: Trained, validate: Validate) -> None:
    validate(rare.bundle.manifest, "manifest")
    assert (threshold_of(rare)["class"], threshold_of(rare)["scoring"]) == ("fraud", "f1")
    assert 0.05 < threshold_of(rare)["at"] < 0.5
    winner = rare.report["candidates"]["linear"]
    assert winner["threshold"]["score"] > winner["threshold"]["score_at_half"]
    # The figures of the hold-out are those of the answers that are served.
    assert winner["holdout"]["per_class"]["fraud"]["recall"] > 0.3
    assert rare.bundle.manifest["words"] == "logistic regression"


def test_golden_rows_include_one_that_the_threshold_decides(rare: Trained) -> None:
    rows = json.loads(rare.bundle.content("golden.json"))["rows"]
    decided = [row for row in rows if row["label"] == "fraud" and row["probabilities"][1] < 0.5]
    assert decided
    assert all((row["probabilities"][1] >= threshold_of(rare)["at"]) == (row["label"] == "fraud") for row in rows)


def test_every_protocol_answers_the_label_of_the_threshold_and_the_probabilities_as_they_are(
    rare: Trained, client: TestClient
) -> None:
    rows = rare.frame.head(300)
    native = client.post("/predict/batch", json={"rows": rows.to_dict("records")}).json()["predictions"]
    labels = [one["label_name"] for one in native]
    shares = np.array([[one["probabilities"][name] for name in ("fair", "fraud")] for one in native])
    assert labels == ["fraud" if share >= threshold_of(rare)["at"] else "fair" for share in shares[:, 1]]
    assert labels != ["fraud" if share >= 0.5 else "fair" for share in shares[:, 1]]
    inner = canonical.load(rare.bundle.content("model.joblib")).estimator
    np.testing.assert_allclose(shares, inner.predict_proba(rows), atol=1e-6)

    place = labels.index("fraud")
    one = client.post("/predict", json=rows.iloc[place].to_dict()).json()
    assert (one["label_name"], one["label_id"]) == ("fraud", 1)
    answered = client.post("/predict/batch", content=rows.to_csv(index=False), headers={"content-type": "text/csv"})
    assert [row["label_name"] for row in csv.DictReader(io.StringIO(answered.text))] == labels
    tensor = {"name": "features", "shape": [300, 2], "datatype": "FP64", "data": rows.to_numpy().ravel().tolist()}
    v2 = client.post("/v2/models/rare_model/infer", json={"inputs": [tensor]}).json()
    outputs = {one["name"]: one["data"] for one in v2["outputs"]}
    assert [["fair", "fraud"][label] for label in outputs["label"]] == labels
    split = {"dataframe_split": {"columns": list(rows), "data": rows.to_numpy().tolist()}}
    assert client.post("/invocations", json=split).json()["predictions"] == labels
    card = client.get("/model").json()
    assert card["threshold"] == threshold_of(rare)
    assert client.get("/playground/model.json").json()["model"]["threshold"] == threshold_of(rare)


def test_the_models_for_notebooks_and_for_mlflow_answer_the_same_labels(rare: Trained, client: TestClient) -> None:
    rows = rare.frame.head(300)
    native = client.post("/predict/batch", json={"rows": rows.to_dict("records")}).json()["predictions"]
    labels = [one["label_name"] for one in native]
    stored = canonical.load(rare.bundle.content("model.joblib"))
    assert [["fair", "fraud"][label] for label in stored.predict(rows)] == labels
    registered = answering_names(stored.estimator, ["fair", "fraud"], rows, decision_of(rare.bundle.manifest))
    assert registered.predict(rows).tolist() == labels
    assert registered.classes_.tolist() == ["fair", "fraud"]


def test_publication_proves_the_labels_and_the_gate_judges_the_answers_that_are_served(rare: Trained) -> None:
    publication = read_publication(rare.layout, rare.contract, rare.params)
    assert publication.parity < 1e-6
    verdict = judge_of(publication, rare.params)(None)
    assert not [one for one in verdict.criteria if one.name == "recall of fraud" and one.figure == 0]


def test_a_bundle_with_a_moved_threshold_is_refused_by_its_golden_rows(rare: Trained, tmp_path: Path) -> None:
    from api.bundle.reader import read_bundle
    from api.errors import BundleRefusedError
    from tests.support.bundles import BundleParts
    from trainer.conversion.convert import to_onnx

    stored = canonical.load(rare.bundle.content("model.joblib"))
    files = {name: rare.bundle.content(name) for name in rare.bundle.manifest["files"]}
    plain = BundleParts(rare.bundle.manifest, files | {"model.onnx": to_onnx(stored.estimator, 2, 2)})
    with pytest.raises(BundleRefusedError, match="golden"):
        read_bundle(tmp_path, plain.write(tmp_path))
