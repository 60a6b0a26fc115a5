"""Training on a Dask cluster of real processes: the same bytes, whoever dies, and clear words where it can't be had."""

import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from tests.support.polling import eventually
from tests.support.search import Scheduler
from tests.support.servers import free_port
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.errors import SearchError
from trainer.params import Params
from trainer.settings import Settings
from trainer.training import cluster
from trainer.training.cluster import Cluster
from trainer.training.train import here, train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

ROOT = Path(__file__).parents[2]
OWN = '''"""An estimator whose first fit does not end, in whatever process it is."""

import os
import time
from pathlib import Path

from helper import gentle
from sklearn.linear_model import LogisticRegression


class Stuck(LogisticRegression):
    def __init__(self, C=1.0, random_state=None, mark=""):
        super().__init__(C=C, random_state=random_state)
        self.mark = mark

    def fit(self, features, labels, sample_weight=None):
        try:
            with Path(self.mark).open("x") as file:
                file.write(f"{os.getpid()} ")
                file.flush()
                time.sleep(600)
        except FileExistsError:
            pass
        return super().fit(features, labels, sample_weight)


def make(C, mark):
    return Stuck(C=gentle(C), mark=mark)
'''
PARAMS: dict[str, Any] = {
    "seed": 7,
    "holdout_share": 0.2,
    "cross_validation": {"folds": 3},
    "scoring": "neg_log_loss",
    "candidates": {
        "linear": {"estimator": "LogisticRegression", "grid": {"C": [0.1, 1.0]}},
        "forest": {"estimator": "RandomForestClassifier", "settings": {"n_estimators": 10}},
        "boosted": {"estimator": "HistGradientBoostingClassifier", "settings": {"max_iter": 5}},
        "drawn": {"estimator": "LogisticRegression", "search": {"trials": 3, "space": {"C": [0.01, 10.0]}}},
        "unfit": {"estimator": "LogisticRegression", "settings": {"solver": "liblinear"}},
    },
}


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    with Scheduler(tmp_path_factory.mktemp("search")) as one:
        one.wait_until(one.ready, "the scheduler listens", seconds=60)
        yield one


@pytest.fixture
def contract() -> Contract:
    return Contract.model_validate(yaml.safe_load((ROOT / "data" / "contract.yaml").read_text()))


@pytest.fixture
def layout(tmp_path: Path, contract: Contract) -> Layout:
    """A project with prepared rows and with code of its own."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "stuck.py").write_text(OWN)
    (models / "helper.py").write_text("def gentle(strength):\n    return strength / 2\n")
    found = Layout(tmp_path)
    prepare(found, contract)
    return found


def test_a_scheduler_that_is_asked_for_its_health_logs_nothing_of_it(scheduler: Scheduler) -> None:
    before = scheduler.written()
    assert "Scheduler at" in before
    assert all(scheduler.ready() for _ in range(3))
    assert scheduler.written() == before


def written(layout: Layout) -> dict[str, bytes]:
    return {str(file.relative_to(layout.train)): file.read_bytes() for file in layout.train.rglob("*.*")}


def params_with(mark: Path) -> Params:
    own = {"estimator": "stuck:make", "settings": {"C": 1.0, "mark": str(mark)}}
    base = yaml.safe_load((ROOT / "params.yaml").read_text())
    return Params.model_validate(base | PARAMS | {"candidates": PARAMS["candidates"] | {"own": own}})


def test_the_report_and_the_model_are_the_same_bytes_though_a_worker_is_killed_in_the_middle_of_a_fit(
    scheduler: Scheduler, layout: Layout, contract: Contract, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    params = params_with(mark)
    with scheduler.worker("one") as one, scheduler.worker("two") as two:
        killed: list[int] = []

        def kill() -> None:
            eventually(lambda: mark.exists() and mark.read_text().endswith(" "), seconds=60)
            found = next(worker for worker in (one, two) if worker.process.pid == int(mark.read_text()))
            found.process.send_signal(signal.SIGKILL)
            killed.append(found.process.pid)

        killer = threading.Thread(target=kill)
        killer.start()
        report = train(layout, contract, params, Silent(), place=Cluster(scheduler.address))
        killer.join()
    assert len(killed) == 1
    assert set(report["candidates"]) == {"linear", "forest", "boosted", "drawn", "own"}
    assert list(report["left_out"]) == ["unfit"]
    on_cluster = written(layout)
    train(layout, contract, params, Silent(), place=here)
    assert written(layout) == on_cluster
    assert {"report.json", "winner.joblib"} <= set(on_cluster) or len(on_cluster) > 4


def test_a_worker_with_another_trainer_is_named_with_what_differs(
    scheduler: Scheduler, layout: Layout, contract: Contract, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(Path(cluster.__file__).parents[1], other / "trainer")
    with (other / "trainer" / "errors.py").open("a") as file:
        file.write("# changed\n")
    with (
        scheduler.worker("older", code=other),
        pytest.raises(
            SearchError, match=r"worker tcp://\S+ is not like this trainer: trainer \w{12} there and \w{12} here"
        ),
    ):
        train(layout, contract, params_with(tmp_path), Silent(), place=Cluster(scheduler.address))


def test_a_worker_that_runs_two_fits_at_a_time_is_refused(
    scheduler: Scheduler, layout: Layout, contract: Contract, tmp_path: Path
) -> None:
    with scheduler.worker("wide", threads=2), pytest.raises(SearchError, match="runs 2 fits at a time"):
        train(layout, contract, params_with(tmp_path), Silent(), place=Cluster(scheduler.address))


def test_a_scheduler_without_workers_is_an_error_after_its_deadline(
    scheduler: Scheduler, layout: Layout, contract: Contract, tmp_path: Path
) -> None:
    place = replace(Cluster(scheduler.address), workers_seconds=0.2)
    with pytest.raises(SearchError, match=r"has no worker after 0\.2 s; start one: dask worker tcp://"):
        train(layout, contract, params_with(tmp_path), Silent(), place=place)


def test_an_address_without_a_scheduler_is_an_error_after_its_deadline(
    layout: Layout, contract: Contract, tmp_path: Path
) -> None:
    place = Cluster(f"tcp://127.0.0.1:{free_port()}", connect_seconds=0.5)
    with pytest.raises(SearchError, match=r"no Dask scheduler answered within 0\.5 s"):
        train(layout, contract, params_with(tmp_path), Silent(), place=place)


@pytest.mark.parametrize("address", ["http://search:8786", "search:8786", "tcp://search", "tcp://search:8786/x"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="search_cluster"):
        Settings(search_cluster=address)
