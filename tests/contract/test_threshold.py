"""A rare class with a threshold, through trainer, gate, registry's model and every protocol of the api."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from courier.following.policy import PolicyFile, Slot
from tests.contract.conftest import Validate
from tests.support.tables import small_params
from trainer.bundle.bundle import Bundle, bundle
from trainer.contract.contract import Contract, read_contract
from trainer.data.dataset import load
from trainer.data.prepare import prepare
from trainer.decision import decision_of
from trainer.gate.judging import judge_of
from trainer.params import Params
from trainer.registry.own_terms import answering_names
from trainer.registry.publication import read_publication
from trainer.training.train import train
from trainer.workspace import canonical
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

ROWS = 1200


@dataclass(frozen=True)
class Made:
    layout: Layout
    contract: Contract
    params: Params
    bundle: Bundle
    rows: pd.DataFrame
    report: dict[str, Any]

    @property
    def threshold(self) -> dict[str, Any]:
        told: dict[str, Any] = self.bundle.manifest["threshold"]
        return told


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One row in fifteen is fraud, and it is hardly ever the more probable class."""
    root = tmp_path_factory.mktemp("rare")
    (root / "data").mkdir()
    draw = np.random.default_rng(5)
    amount, hour = draw.normal(0, 1, ROWS), draw.normal(0, 1, ROWS)
    fraud = draw.random(ROWS) < 1 / (1 + np.exp(3.6 - 1.2 * amount - 0.8 * hour))
    frame = pd.DataFrame({"amount": amount.round(3), "hour": hour.round(3), "kind": np.where(fraud, "fraud", "fair")})
    frame.to_csv(root / "rows.csv", index=False)
    number = {"dtype": "float64", "unit": "", "minimum": -6, "maximum": 6, "description": ""}
    page = {
        "name": "rare",
        "source": "rows.csv",
        "duplicates": "allow",
        "columns": [{"name": name, **number} for name in ("amount", "hour")],
        "target": {"name": "kind", "description": "", "classes": ["fair", "fraud"]},
    }
    (root / "data/contract.yaml").write_text(yaml.safe_dump(page))
    candidates = {"linear": {"estimator": "LogisticRegression"}}
    params = Params.model_validate(small_params() | {"candidates": candidates})
    layout = Layout(root)
    contract = read_contract(layout.contract)
    prepare(layout, contract)
    report = train(layout, contract, params, Silent())
    made = bundle(layout, contract, params)
    return Made(layout, contract, params, made, load(layout.processed("rare"), contract).rows.features, report)


@pytest.fixture
def client(rare: Made, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving/bundles").symlink_to(rare.bundle.path.parent, target_is_directory=True)
    slots: dict[Any, Slot | None] = {
        "production": Slot(version="7", bundle=rare.bundle.hash), "canary": None, "shadow": None,
    }  # fmt: skip
    PolicyFile(tmp_path / "serving").write("rare_model", slots, current=None)
    settings = Settings(serving_dir=tmp_path / "serving", journal_dir=tmp_path / "journal")
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as connected:
        yield connected


def test_the_manifest_says_from_where_the_rare_class_is_answered(rare: Made, validate: Validate) -> None:
    validate(rare.bundle.manifest, "manifest")
    assert (rare.threshold["class"], rare.threshold["scoring"]) == ("fraud", "f1")
    assert 0.05 < rare.threshold["at"] < 0.5
    winner = rare.report["candidates"]["linear"]
    assert winner["threshold"]["score"] > winner["threshold"]["score_at_half"]
    # The figures of the hold-out are those of the answers that are served.
    assert winner["holdout"]["per_class"]["fraud"]["recall"] > 0.3
    assert rare.bundle.manifest["words"] == "logistic regression"


def test_golden_rows_include_one_that_the_threshold_decides(rare: Made) -> None:
    rows = json.loads(rare.bundle.content("golden.json"))["rows"]
    decided = [row for row in rows if row["label"] == "fraud" and row["probabilities"][1] < 0.5]
    assert decided
    assert all((row["probabilities"][1] >= rare.threshold["at"]) == (row["label"] == "fraud") for row in rows)


def test_every_protocol_answers_the_label_of_the_threshold_and_the_probabilities_as_they_are(
    rare: Made, client: TestClient
) -> None:
    rows = rare.rows.head(300)
    native = client.post("/predict/batch", json={"rows": rows.to_dict("records")}).json()["predictions"]
    labels = [one["label_name"] for one in native]
    shares = np.array([[one["probabilities"][name] for name in ("fair", "fraud")] for one in native])
    assert labels == ["fraud" if share >= rare.threshold["at"] else "fair" for share in shares[:, 1]]
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
    assert card["threshold"] == rare.threshold
    assert client.get("/playground/model.json").json()["model"]["threshold"] == rare.threshold


def test_the_models_for_notebooks_and_for_mlflow_answer_the_same_labels(rare: Made, client: TestClient) -> None:
    rows = rare.rows.head(300)
    native = client.post("/predict/batch", json={"rows": rows.to_dict("records")}).json()["predictions"]
    labels = [one["label_name"] for one in native]
    stored = canonical.load(rare.bundle.content("model.joblib"))
    assert [["fair", "fraud"][label] for label in stored.predict(rows)] == labels
    registered = answering_names(stored.estimator, ["fair", "fraud"], rows, decision_of(rare.bundle.manifest))
    assert registered.predict(rows).tolist() == labels
    assert registered.classes_.tolist() == ["fair", "fraud"]


def test_publication_proves_the_labels_and_the_gate_judges_the_answers_that_are_served(rare: Made) -> None:
    publication = read_publication(rare.layout, rare.contract, rare.params)
    assert publication.parity < 1e-6
    verdict = judge_of(publication, rare.params)(None)
    assert not [one for one in verdict.criteria if one.name == "recall of fraud" and one.figure == 0]


def test_a_bundle_with_a_moved_threshold_is_refused_by_its_golden_rows(rare: Made, tmp_path: Path) -> None:
    from api.bundle.reader import read_bundle
    from api.errors import BundleRefusedError
    from tests.support.bundles import BundleParts
    from trainer.bundle.convert import to_onnx

    stored = canonical.load(rare.bundle.content("model.joblib"))
    files = {name: rare.bundle.content(name) for name in rare.bundle.manifest["files"]}
    plain = BundleParts(rare.bundle.manifest, files | {"model.onnx": to_onnx(stored.estimator, 2, 2)})
    with pytest.raises(BundleRefusedError, match="golden"):
        read_bundle(tmp_path, plain.write(tmp_path))
