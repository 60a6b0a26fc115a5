"""The trainer against a real MLflow server: it publishes once, its gate decides, and a killed one is finished."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lifecycle.trainer_clone import MODEL, bundle_of, client_of, environment, run, runs, versions
from tests.support.servers import wait_until

FLOWER = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.mark.timeout(400)
def test_a_person_runs_it_twice_changes_a_parameter_and_takes_it_back(clone: Path, registry: str) -> None:
    first = run(clone, "trainer", "run", uri=registry)
    assert "  winner; C=" in first
    assert "passed the gate; alias production moved to it" in first
    assert f"models:/{MODEL}@production" in first
    recorded = len(runs(registry))
    second = run(clone, "trainer", "run", uri=registry)
    assert "nothing to do" in second
    assert len(versions(registry)) == 1
    assert len(runs(registry)) == recorded == 4
    assert_registered(clone, registry)
    assert_loads_for_anyone(clone, registry)

    before = (clone / "params.yaml").read_text()
    (clone / "params.yaml").write_text(yaml.safe_dump(yaml.safe_load(before) | {"golden": {"rows": 5}}))
    assert "version 2" in run(clone, "trainer", "run", uri=registry)
    (clone / "params.yaml").write_text(before)
    printed = run(clone, "trainer", "run", uri=registry)
    assert "version 1" in printed
    assert "passed the gate; alias production moved to it" in printed
    assert len(versions(registry)) == 2


def assert_registered(clone: Path, uri: str) -> None:
    """The door of docs/architecture.md: a version with tags, whose run holds the bundle."""
    client, bundle = client_of(uri), clone / "artifacts" / "bundles" / bundle_of(clone)
    manifest = json.loads((bundle / "manifest.json").read_text())
    version = client.get_model_version_by_alias(MODEL, "production")
    assert version.tags["bundle"] == bundle.name
    assert version.tags["data_sha256"] == manifest["provenance"]["data_sha256"]
    assert version.tags["params_sha256"] == manifest["provenance"]["params_sha256"]
    stored = {Path(file.path).name for file in client.list_artifacts(version.run_id, "bundle")}
    assert stored == {file.name for file in bundle.iterdir()}
    assert version.tags["gate.verdict"] == "passed"
    assert [file.path for file in client.list_artifacts(version.run_id, "gate")] == ["gate/verdict.json"]
    parent = client.get_run(version.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.inputs.dataset_inputs[0].dataset.name == "iris"
    assert parent.data.metrics["accuracy"] == manifest["quality"]["accuracy"]
    assert parent.data.metrics["bundle_mb"] == sum(one["size"] for one in manifest["files"].values()) / 1e6
    assert parent.data.params["candidates.random_forest.settings.n_estimators"] == "20"
    nested = [one for one in runs(uri) if one.data.tags.get("mlflow.parentRunId") == version.run_id]
    assert {one.info.run_name for one in nested} == {"logistic_regression", "random_forest", "hist_gradient_boosting"}
    for one in nested:
        quality = {"accuracy", "precision_macro", "recall_macro", "f1_macro", "log_loss", "roc_auc"}
        folds = ("accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "average_precision", "log_loss")
        validated = {f"cv_{name}" for name in folds}
        assert quality | validated | {"fit_seconds", "predict_seconds", "p99_ms", "size_mb"} == set(
            one.data.metrics
        ) - {"bundle_mb"}
        assert len(one.data.params) > 5
        assert {"data_sha256", "params_sha256"} <= set(one.data.tags)
        assert one.inputs.dataset_inputs
        files = {file.path for folder in (None, "plots") for file in client.list_artifacts(one.info.run_id, folder)}
        assert {"per_class.csv", "grid.json", f"plots/{one.info.run_name}.png"} <= files


def assert_loads_for_anyone(clone: Path, uri: str) -> None:
    """In a process of its own: what an MLflow user types, and nothing more."""
    question = (
        "import sys, json, mlflow, pandas\n"
        "model = mlflow.sklearn.load_model(sys.argv[1])\n"
        "info = mlflow.models.get_model_info(sys.argv[1])\n"
        "flower = pandas.DataFrame([json.loads(sys.argv[2])])\n"
        "print(json.dumps([model.predict(flower).tolist(), info.signature.inputs.input_names(), "
        "info.saved_input_example_info is not None]))\n"
    )
    arguments = [f"models:/{MODEL}@production", json.dumps(FLOWER)]
    asked = subprocess.run(
        [sys.executable, "-c", question, *arguments], env=environment(uri), capture_output=True, text=True, check=True
    )
    assert json.loads(asked.stdout) == [["setosa"], list(FLOWER), True]


def test_a_trainer_killed_while_it_records_leaves_no_version_and_the_next_one_finishes(
    clone: Path, registry: str
) -> None:
    killed = subprocess.Popen(
        [sys.executable, "-m", "trainer", "publish"],
        cwd=clone,
        env=environment(registry),
        stdout=subprocess.DEVNULL,
    )
    wait_until(lambda: len(runs(registry)) > 0, "the first run is there", seconds=60)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert versions(registry) == []
    assert "passed the gate; alias production moved to it" in run(clone, "trainer", "publish", uri=registry)
    assert_registered(clone, registry)
    statuses = [one.info.status for one in runs(registry)]
    assert sorted(set(statuses)) == ["FINISHED", "KILLED"]


def test_a_model_the_gate_refuses_is_a_challenger_until_the_limits_let_it(clone: Path, registry: str) -> None:
    before = (clone / "params.yaml").read_text()
    params = yaml.safe_load(before)
    params["gate"]["accuracy_floor"] = 1.0
    (clone / "params.yaml").write_text(yaml.safe_dump(params))
    printed = run(clone, "trainer", "publish", "--require-promotion", uri=registry, status=2)
    assert "it is registered as challenger, production stays where it is" in printed
    aliases = client_of(registry).get_registered_model(MODEL).aliases
    assert aliases == {"challenger": "1"}
    challenger = client_of(registry).get_model_version(MODEL, "1")
    assert challenger.tags["gate.verdict"] == "failed"
    assert "must be at least 1" in challenger.tags["gate.reasons"]
    (clone / "params.yaml").write_text(before)
    assert "alias production moved to it" in run(clone, "trainer", "publish", uri=registry)
    assert client_of(registry).get_registered_model(MODEL).aliases == {"production": "1"}


def test_a_winner_that_skops_does_not_trust_is_recorded_as_the_graph_that_is_served(clone: Path, registry: str) -> None:
    (clone / "models" / "mine.py").write_text(
        "from lightgbm import LGBMClassifier\n\n\n"
        "def make(trees):\n    return LGBMClassifier(n_estimators=trees, verbose=-1)\n"
    )
    params = yaml.safe_load((clone / "params.yaml").read_text())
    params["candidates"] = {"mine": {"estimator": "mine:make", "settings": {"trees": 20}}}
    (clone / "params.yaml").write_text(yaml.safe_dump(params))
    assert "passed the gate; alias production moved to it" in run(clone, "trainer", "run", uri=registry)
    before = bundle_of(clone)
    question = "import sys, mlflow; print(sorted(mlflow.models.get_model_info(sys.argv[1]).flavors))"
    asked = subprocess.run(
        [sys.executable, "-c", question, f"models:/{MODEL}@production"],
        env=environment(registry), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout.strip() == "['onnx', 'python_function']"

    file = clone / "models" / "mine.py"
    file.write_text(file.read_text().replace("verbose", "min_child_samples=5, verbose"))
    run(clone, "trainer", "repro")
    assert bundle_of(clone) != before, "a change of models/ is trained"
