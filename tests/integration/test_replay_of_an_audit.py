"""The api answers, the courier lands, and the version that served answers again: nothing differs."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import yaml

from scripts.run.questions import read_rows
from tests.support.apis import running_api
from tests.support.bundles import write_policy
from tests.support.servers import Server, free_port, http_answers, wait_until
from tests.support.tables import mixed_csv, mixed_page, small_params
from trainer.bundle.bundle import Bundle, bundle
from trainer.contract.contract import read_contract
from trainer.data.prepare import prepare
from trainer.gate.contender import Split, of_bundle
from trainer.params import read_params
from trainer.replay.audit import pages
from trainer.replay.replaying import replay
from trainer.scoring.model import Model
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

BATCHES, BATCH = 6, 500
PAGE = 700
"""Rows of a page: no divisor of all rows, so a page ends in the middle of a batch."""


@pytest.fixture(params=["classification", "regression"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Bundle:
    """A bundle of numbers, categories and booleans, some of each missing."""
    task: str = request.param
    (tmp_path / "data").mkdir()
    (tmp_path / "rows.csv").write_bytes(mixed_csv(task=task))
    page = mixed_page("rows.csv", task=task) | {"model": "replayed"}
    (tmp_path / "data/contract.yaml").write_text(yaml.safe_dump(page))
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(small_params()))
    layout = Layout(tmp_path)
    contract, params = read_contract(layout.contract), read_params(layout.params)
    prepare(layout, contract)
    train(layout, contract, params, Silent())
    return bundle(layout, contract, params)


def questions(data: Path) -> list[list[dict[str, Any]]]:
    """Rows that no training has seen: each column drawn by itself, numbers between those of the table."""
    generator, known = np.random.default_rng(19), [row for row, _ in read_rows(data)]

    def value(name: str) -> Any:
        found = known[generator.integers(len(known))][name]
        if isinstance(found, float):
            return found + generator.uniform(-0.5, 0.5)
        return "elsewhere" if name == "shop" and generator.uniform() < 0.1 else found

    return [[{name: value(name) for name in known[0]} for _ in range(BATCH)] for _ in range(BATCHES)]


@contextmanager
def courier(folder: Path, database: Path) -> Iterator[str]:
    """Without a registry; it lands the journal that the api left. Its address."""
    port = free_port()
    environment = {
        **os.environ, "COURIER_PORT": str(port), "SQLITE_PATH": str(database), "MODEL_NAME": "replayed",
        "SERVING_DIR": str(folder / "serving"), "JOURNAL_DIR": str(folder / "journal"), "DRAIN_POLL_SECONDS": "0.1",
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "REGISTRY_POLL_SECONDS": "3600",
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with Server([sys.executable, "-m", "courier"], environment, log=folder / "courier.log", cwd=folder) as server:
        server.wait_until(lambda: http_answers(f"{url}/metrics"), "the courier answers", 60)
        yield url


def test_the_version_that_served_answers_every_audited_row_as_it_did(made: Bundle, tmp_path: Path) -> None:
    shutil.copytree(made.path, tmp_path / "serving/bundles" / made.hash)
    write_policy(tmp_path / "serving", 1, made.hash, model="replayed")
    with running_api(tmp_path, API_WORKERS="1") as api, httpx2.Client(base_url=api.url, timeout=60) as client:
        for rows in questions(tmp_path / "data"):
            client.post("/predict/batch", json={"rows": rows}).raise_for_status()
    since, model = datetime.now(UTC) - timedelta(hours=1), Model(of_bundle(made, Split(0, 0.2)))
    with courier(tmp_path, tmp_path / "audit.db") as url:
        wait_until(lambda: not list((tmp_path / "journal").glob("*.journal")), "the journal has landed", 60)
        report = replay(pages(url, since, PAGE), model)
    same = report["same_bundle"]
    assert report["refused"] == {}
    assert (report["audited"], report["rows"], same["rows"]) == (BATCHES * BATCH,) * 3
    assert (report["differing"], same["differing"]) == (0, 0)
    # A regression answers in double precision and is kept in it.
    assert same["largest_difference"] <= (1e-6 if model.classes else 1e-9)
