"""Two trainers at once, and trainers that are killed: production is always a whole version, and the api goes on."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient

from tests.support.results import ROOT, Say
from tests.support.servers import wait_until
from tests.torture.conftest import ChainFactory, Length
from tests.torture.rig.load import Load
from tests.torture.rig.offline import Offline
from tests.torture.rig.registry import Registry

MODEL = "torture_trainers"
FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


class Trainer:
    """A checkout with small candidates, trained; each call of :meth:`rebundle` makes a bundle that was not there."""

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder = folder
        self.client = MlflowClient(uri, uri)
        self.kept = folder / "kept"
        self._uri = uri
        self._golden = 5
        for name in ("data/contract.yaml", "params.yaml", "dvc.yaml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        self._change(model={"name": MODEL}, experiment=MODEL)
        params = yaml.safe_load((folder / "params.yaml").read_text())
        params["candidates"] = {"logistic_regression": params["candidates"]["logistic_regression"]}
        (folder / "params.yaml").write_text(yaml.safe_dump(params))
        self.run("prepare")
        self.rebundle()

    def rebundle(self) -> None:
        """The number of golden rows is a part of the bundle and of nothing that is learnt."""
        self._golden += 1
        self._change(golden={"rows": self._golden})
        self.run("train")
        self.run("bundle")
        shutil.copytree(self.folder / "artifacts" / "bundles", self.kept, dirs_exist_ok=True)

    def run(self, verb: str) -> None:
        done = self.begin(verb)
        found, _ = done.communicate(timeout=300)
        assert done.returncode == 0, found

    def begin(self, verb: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "trainer", verb],
            cwd=self.folder,
            env={**os.environ, "MLFLOW_TRACKING_URI": self._uri},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def production(self) -> str:
        """The version that serves, after a look at whether all of its bundle is in the registry."""
        version = self.client.get_model_version_by_alias(MODEL, "production")
        stored = {Path(file.path).name for file in self.client.list_artifacts(str(version.run_id), "bundle")}
        assert stored == {file.name for file in (self.kept / version.tags["bundle"]).iterdir()}
        return str(version.version)

    def models(self) -> dict[str, Offline]:
        found = self.client.search_model_versions(f"name = '{MODEL}'")
        return {str(version.version): Offline(self.kept / version.tags["bundle"]) for version in found}

    def _change(self, **changes: object) -> None:
        params = yaml.safe_load((self.folder / "params.yaml").read_text()) | changes
        (self.folder / "params.yaml").write_text(yaml.safe_dump(params))


@pytest.fixture
def trainer(mlflow_server: Registry, tmp_path: Path, length: Length) -> Trainer:
    if length.fast:
        pytest.skip("ten trainings are for the full run")
    made = Trainer(tmp_path / "checkout", mlflow_server.uri)
    made.run("publish")
    return made


def test_two_trainers_at_once_and_trainers_that_are_killed_leave_production_whole(
    trainer: Trainer, start_chain: ChainFactory, say: Say
) -> None:
    chain, kills = start_chain(model=MODEL), 4
    with Load(chain.api.url, rate=100.0, features=FEATURES) as load:
        load.wait_for(50)
        trainer.rebundle()
        began = time.monotonic()
        pair = [trainer.begin("publish") for _ in range(2)]
        found = [process.communicate(timeout=300)[0] for process in pair]
        seconds = time.monotonic() - began
        assert 0 in {process.returncode for process in pair}, found
        winner = trainer.production()
        for number in range(kills):
            trainer.rebundle()
            killed = trainer.begin("publish")
            load.go_on(seconds * (number + 1) / (kills + 1))
            killed.kill()
            killed.communicate()
            trainer.production()
        trainer.run("publish")
        last = trainer.production()
        wait_until(lambda: chain.serves(last), "the last one serves", 60)
        load.wait_for(50)
    say(
        f"two trainers at once, then {kills} killed while they publish: {chain.judge(load.log, trainer.models())};"
        f" production was version {winner} after the pair and {last} in the end, whole each time"
    )
    assert (load.log.broken, load.log.refused) == ([], [])
