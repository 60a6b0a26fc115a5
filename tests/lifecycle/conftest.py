"""What a person types, from end to end: minutes, so these have a verb of their own (make test-lifecycle)."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.lifecycle.trainer_clone import EXPERIMENT, MODEL, client_of, run

ROOT = Path(__file__).parents[2]
DVC = (".dvc/config", ".dvc/.gitignore")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.lifecycle)
            # The first test of a file waits for its demo; a test's own limit comes before this one.
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone of the repository holds for the trainer, without its git, after `dvc repro` of small candidates."""
    home = tmp_path_factory.mktemp("trained") / "clone"
    for name in (".dvcignore", "dvc.yaml", "params.yaml", "data/contract.yaml", "data/feedback/README.md", *DVC):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, home / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "models", home / "models", ignore=ignored)
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
