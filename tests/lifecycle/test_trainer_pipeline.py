"""The whole trainer as a person starts it: DVC, the command line, and a real MLflow server."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.support.servers import free_port, wait_until
from tests.unit.trainer.labelled_rows import day_of, labelled
from trainer.data.labelled import to_csv

ROOT = Path(__file__).parents[2]
MODEL, EXPERIMENT = "iris_clf", "iris"
DVC = (".dvc/config", ".dvc/.gitignore")
FLOWER = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone of the repository holds for the trainer, without its git, after `dvc repro` of small candidates."""
    home = tmp_path_factory.mktemp("trained") / "clone"
    for name in (".dvcignore", "dvc.yaml", "params.yaml", "data/contract.yaml", "data/feedback/README.md", *DVC):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, home / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "services" / "trainer", home / "services" / "trainer", ignore=ignored)
    params = yaml.safe_load((home / "params.yaml").read_text())
    params["cross_validation"]["folds"] = 2
    params["candidates"]["random_forest"] |= {"settings": {"n_estimators": 20}, "grid": {}}
    params["candidates"]["hist_gradient_boosting"] |= {"settings": {"max_iter": 10}, "grid": {}}
    (home / "params.yaml").write_text(yaml.safe_dump(params))
    run(home, "dvc", "repro")
    return home


@pytest.fixture
def clone(trained: Path, tmp_path: Path) -> Path:
    """A copy for one test, up to date."""
    return Path(shutil.copytree(trained, tmp_path / "clone"))


@pytest.fixture
def registry(mlflow_server: str) -> str:
    """Address of the session's MLflow server, without the model and the experiment of the test before."""
    client = client_of(mlflow_server)
    if client.search_registered_models(f"name = '{MODEL}'"):
        client.delete_registered_model(MODEL)
    if experiment := client.get_experiment_by_name(EXPERIMENT):
        client.rename_experiment(experiment.experiment_id, f"{EXPERIMENT}-{experiment.experiment_id}")
    return mlflow_server


def forget(clone: Path) -> None:
    """As after `git clone`: nothing made is there, and DVC's cache has no copy to hand back."""
    for made in (clone / "artifacts", clone / "data" / "raw", clone / "data" / "processed", clone / ".dvc" / "cache"):
        shutil.rmtree(made)
    for made in (clone / "data" / "schema.json", clone / "data" / "metadata.json"):
        made.unlink()


def environment(uri: str = "") -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    nobody = "http://127.0.0.1:9"
    told = {"MLFLOW_TRACKING_URI": uri, "COURIER_URL": nobody, "DVC_NO_ANALYTICS": "1"}
    return {**os.environ, "PATH": path, **told}


def run(clone: Path, *arguments: str, uri: str = "", status: int = 0) -> str:
    """What `python -m …` printed, both streams."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=clone, env=environment(uri), capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def bundle_of(clone: Path) -> str:
    (found,) = (clone / "artifacts" / "bundles").iterdir()
    return found.name


def client_of(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def versions(uri: str) -> list[Any]:
    return list(client_of(uri).search_model_versions(f"name = '{MODEL}'"))


def runs(uri: str) -> list[Any]:
    client = client_of(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def test_dvc_repro_runs_once_and_the_same_training_again_leaves_its_lock_as_it_was(clone: Path) -> None:
    lock, bundle = (clone / "dvc.lock").read_bytes(), bundle_of(clone)
    again = run(clone, "dvc", "repro")
    assert again.count("didn't change, skipping") == 3
    forget(clone)
    assert "Running stage 'train'" in run(clone, "dvc", "repro")
    assert (clone / "dvc.lock").read_bytes() == lock
    assert bundle_of(clone) == bundle


def test_what_was_pushed_to_a_folder_is_pulled_back(clone: Path, tmp_path: Path) -> None:
    bundle, data = bundle_of(clone), (clone / "data" / "processed" / "iris.csv").read_bytes()
    run(clone, "dvc", "remote", "add", "--local", "--default", "folder", str(tmp_path / "remote"))
    run(clone, "dvc", "push")
    forget(clone)
    run(clone, "dvc", "pull")
    assert (clone / "data" / "processed" / "iris.csv").read_bytes() == data
    assert bundle_of(clone) == bundle
    assert run(clone, "dvc", "repro").count("didn't change, skipping") == 3


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
    said = run(clone, "trainer", "run", uri=registry)
    assert "version 1" in said
    assert "passed the gate; alias production moved to it" in said
    assert len(versions(registry)) == 2


OWN = """\
name: own
source: own.csv
columns:
  - { name: size, dtype: float64, unit: cm, minimum: 0, maximum: 100, description: "" }
target: { name: kind, description: "", classes: [small, large] }
"""


@pytest.mark.timeout(400)
def test_another_contract_starts_another_model_and_the_first_one_comes_back(clone: Path, registry: str) -> None:
    client, iris = client_of(registry), (clone / "data" / "contract.yaml").read_text()
    if client.search_registered_models("name = 'own_model'"):
        client.delete_registered_model("own_model")
    run(clone, "trainer", "run", "--require-promotion", uri=registry)
    rows = [f"{number / 2},{'small' if number < 60 else 'large'}" for number in range(120)]
    (clone / "own.csv").write_text("\n".join(["size,kind", *rows]) + "\n")
    (clone / "data" / "contract.yaml").write_text(OWN)
    assert "models:/own_model@production" in run(clone, "trainer", "run", "--require-promotion", uri=registry)
    assert client.get_experiment_by_name("own") is not None
    (clone / "data" / "contract.yaml").write_text(iris)
    assert "nothing to do" in run(clone, "trainer", "run", "--require-promotion", uri=registry)
    assert [str(version.version) for version in versions(registry)] == ["1"]


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
    assert parent.data.params["candidates.random_forest.settings.n_estimators"] == "20"
    nested = [one for one in runs(uri) if one.data.tags.get("mlflow.parentRunId") == version.run_id]
    assert {one.info.run_name for one in nested} == {"logistic_regression", "random_forest", "hist_gradient_boosting"}
    for one in nested:
        quality = {"accuracy", "precision_macro", "recall_macro", "f1_macro", "log_loss", "roc_auc"}
        folds = ("accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "average_precision", "log_loss")
        validated = {f"cv_{name}" for name in folds}
        assert quality | validated | {"fit_seconds", "predict_seconds"} == set(one.data.metrics)
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
    said = run(clone, "trainer", "publish", "--require-promotion", uri=registry, status=2)
    assert "it is registered as challenger, production stays where it is" in said
    aliases = client_of(registry).get_registered_model(MODEL).aliases
    assert aliases == {"challenger": "1"}
    challenger = client_of(registry).get_model_version(MODEL, "1")
    assert challenger.tags["gate.verdict"] == "failed"
    assert "must be at least 1" in challenger.tags["gate.reasons"]
    (clone / "params.yaml").write_text(before)
    assert "alias production moved to it" in run(clone, "trainer", "publish", uri=registry)
    assert client_of(registry).get_registered_model(MODEL).aliases == {"production": "1"}


@pytest.mark.timeout(600)
def test_labelled_predictions_are_learnt_from_and_the_new_model_begins_as_a_canary(
    clone: Path, registry: str, tmp_path: Path
) -> None:
    run(clone, "trainer", "publish", uri=registry)
    given = tmp_path / "labelled.csv"
    given.write_bytes(to_csv([*day_of(60), labelled(99, "setosa", label="virginica")]))
    said = run(clone, "trainer", "feedback", "--from", str(given))
    assert "61 rows came, 0 known, 61 new" in said
    (kept,) = (clone / "data" / "feedback").glob("*.csv")
    assert kept.with_name(f"{kept.name}.dvc").is_file()
    said = run(clone, "trainer", "retrain", "--why", "a test", uri=registry)
    assert "no new feedback" in said
    assert "of 61 labelled predictions 60 are among them; 1 left out: a label that none of its neighbours has" in said
    assert "it is the canary now" in said
    found = client_of(registry).get_registered_model(MODEL)
    assert found.aliases == {"production": "1", "canary": "2"}
    canary = client_of(registry).get_model_version(MODEL, "2")
    assert canary.tags["percent"] == "5"
    assert json.loads(canary.tags["move.canary"])["why"].startswith("retrain, a test: all ")


def test_a_trainer_killed_while_it_trains_is_finished_by_the_next_one(clone: Path, registry: str) -> None:
    forget(clone)
    killed = subprocess.Popen(
        [sys.executable, "-m", "trainer", "run"],
        cwd=clone, env=environment(registry), stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_until((clone / "data" / "metadata.json").exists, "prepare is done", seconds=60)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert "passed the gate; alias production moved to it" in run(clone, "trainer", "run", uri=registry)


def test_without_a_server_the_message_says_what_to_do(clone: Path) -> None:
    uri = f"http://127.0.0.1:{free_port()}"
    said = run(clone, "trainer", "publish", uri=uri, status=1)
    assert f"no MLflow server answers at {uri}" in said.replace("\n", " ")
    assert "set MLFLOW_TRACKING_URI" in said


def test_a_csv_file_that_changes_is_seen_and_a_bad_row_stops_before_anything_is_published(
    clone: Path, registry: str
) -> None:
    flowers = pd.read_csv(clone / "data" / "processed" / "iris.csv")
    flowers.iloc[:-1].to_csv(clone / "flowers.csv", index=False)
    contract = yaml.safe_load((clone / "data" / "contract.yaml").read_text()) | {"source": "flowers.csv"}
    (clone / "data" / "contract.yaml").write_text(yaml.safe_dump(contract))
    before = bundle_of(clone)
    run(clone, "trainer", "repro")
    assert bundle_of(clone) != before
    flowers.assign(petal_width=99).to_csv(clone / "flowers.csv", index=False)
    said = run(clone, "trainer", "run", uri=registry, status=1)
    assert "line 2, column petal_width: '99.0' is above the maximum 3" in said
    assert versions(registry) == []
