"""The trainer again and again: DVC skips what is done, another table and new labels are trained, damage is mended."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.lifecycle.trainer_clone import MODEL, bundle_of, client_of, environment, forget, run, versions
from tests.support.servers import free_port, wait_until
from tests.unit.trainer.labelled_rows import day_of, labelled
from trainer.data.labelled import to_csv


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


@pytest.mark.timeout(600)
def test_labelled_predictions_are_learnt_from_and_the_new_model_begins_as_a_canary(
    clone: Path, registry: str, tmp_path: Path
) -> None:
    run(clone, "trainer", "publish", uri=registry)
    given = tmp_path / "labelled.csv"
    given.write_bytes(to_csv([*day_of(60), labelled(99, "setosa", label="virginica")]))
    printed = run(clone, "trainer", "feedback", "--from", str(given))
    assert "61 rows came, 0 known, 61 new" in printed
    (kept,) = (clone / "data" / "feedback").glob("*.csv")
    assert kept.with_name(f"{kept.name}.dvc").is_file()
    printed = run(clone, "trainer", "retrain", "--why", "a test", uri=registry)
    assert "no new feedback" in printed
    assert (
        "of 61 labelled predictions 60 are among them; 1 left out: a label that none of its neighbours has" in printed
    )
    assert "it is the canary now" in printed
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
    printed = run(clone, "trainer", "publish", uri=uri, status=1)
    assert f"no MLflow server answers at {uri}" in printed.replace("\n", " ")
    assert "set MLFLOW_TRACKING_URI" in printed


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
    printed = run(clone, "trainer", "run", uri=registry, status=1)
    assert "line 2, column petal_width: '99.0' is above the maximum 3" in printed
    assert versions(registry) == []
