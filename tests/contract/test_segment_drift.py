"""The answers to the hold-out by segment: the api counts those that the trainer wrote, so that their drift is 0."""

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.bundle.reader import read_bundle
from api.bundle.reference import Reference, check_reference
from api.errors import BundleRefusedError
from tests.contract.conftest import Validate
from tests.contract.test_kinds import CANDIDATES
from tests.support.kinds import STEPS, kinds_csv, kinds_page
from tests.support.served import served
from tests.support.tables import small_params
from tests.support.trained import Trained, trained, workspace
from trainer.data.dataset import load
from trainer.data.encoding import natural
from trainer.training.folds import halves

Rows = dict[tuple[str, str, str], float]


@pytest.fixture(scope="module", params=["classification", "many", "regression", "threshold"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    task = "classification" if request.param == "threshold" else request.param
    page: dict[str, Any] = kinds_page("rows.csv", task=task)
    for column in page["columns"]:
        if column["name"] in ("size", "mood"):
            column["segment"] = True
    more = {"threshold": "f1"} if request.param == "threshold" else {}
    layout = workspace(tmp_path_factory.mktemp(f"drift-{request.param}"), page, kinds_csv(task=task))
    return trained(layout, small_params() | {"candidates": CANDIDATES[task]} | more)


def held_out(made: Trained) -> list[dict[str, Any]]:
    """The rows of the hold-out as a client has them."""
    rows = load(made.layout.processed(made.contract.name), made.contract).rows
    frame = halves(rows, made.params, made.contract.target.classes)[1].features
    return [
        {column.name: natural(frame[column.name].iloc[row], column) for column in made.contract.columns}
        for row in range(len(frame))
    ]


def counted(client: TestClient, name: str) -> Rows:
    found: Rows = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for one in family.samples:
            if one.name == name and one.value:
                found[one.labels["feature"], one.labels["segment"], one.labels["label"]] = one.value
    return found


def test_the_answers_to_the_hold_out_are_those_that_drift_is_measured_against(
    made: Trained, tmp_path: Path, validate: Validate
) -> None:
    validate(json.loads((made.path / "reference.json").read_text()), "reference")
    rows = held_out(made)
    with served(made.path, tmp_path, "kinds") as client:
        client.post("/predict/batch", json={"rows": rows}).raise_for_status()
        answered, reference = (
            counted(client, name) for name in ("segment_predictions_total", "segment_reference_rows")
        )
    assert answered == reference
    assert {segment for _, segment, _ in answered} == {*STEPS, "missing"}
    assert sum(answered.values()) == 2 * len(rows)
    assert len({label for *_, label in answered}) > 1


@pytest.mark.parametrize(
    "segments",
    [
        {"size": {"low": [1, 2]}},
        {"size": {name: [1, 2, 3, 4, 5, 6, 7] for name in STEPS}},
        {"shop": {"a": [1, 2]}},
        {"nothing": {"a": [1, 2]}},
    ],
)
def test_segments_that_do_not_fit_the_manifest_are_refused(made: Trained, segments: dict[str, Any]) -> None:
    document = json.loads((made.path / "reference.json").read_text())
    manifest = read_bundle(made.path.parent, made.path.name).manifest
    check_reference(manifest, Reference.model_validate(document))
    with pytest.raises(BundleRefusedError, match="segments"):
        check_reference(manifest, Reference.model_validate(document | {"segments": segments}))
