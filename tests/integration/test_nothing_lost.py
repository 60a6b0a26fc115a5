"""An answered prediction is in the audit, exactly once, whatever was killed: the whole chain with real processes.

The load logs every complete 200. Afterwards each logged answer must have exactly one row in the store with the same
input, output and version; rows nobody saw an answer for are allowed (killed between journal and reply).
"""

import json
import os
import signal
import sqlite3
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.support.servers import Server, free_port, http_answers, wait_until
from tests.support.training import Published

KILLS = 5


@dataclass
class Chain:
    """One courier and one api on folders of their own, fed from a registry."""

    folder: Path
    environment: dict[str, str]
    url: str

    def courier(self) -> Server:
        return Server(
            [sys.executable, "-m", "courier"], self.environment, log=self.folder / "courier.log", cwd=self.folder
        )

    def api(self) -> Server:
        return Server([sys.executable, "-m", "api"], self.environment, log=self.folder / "api.log", cwd=self.folder)


@dataclass
class Load:
    """Clients that ask until told to stop and remember every complete answer."""

    url: str
    answered: list[tuple[dict[str, float], dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def client(self, number: int) -> None:
        asked = 0
        while not self.stopping.is_set():
            with httpx2.Client(base_url=self.url, timeout=10) as client:
                try:
                    while not self.stopping.is_set():
                        asked += 1
                        row = {
                            "sepal_length": 4.3 + asked % 36 / 10,
                            "sepal_width": 2.0 + asked % 24 / 10,
                            "petal_length": 1.0 + number / 10,
                            "petal_width": 0.1 + asked % 24 / 10,
                        }
                        reply = client.post("/predict", json=row)
                        if reply.status_code == httpx2.codes.OK:
                            self.answered.append((row, reply.json()))
                        else:
                            self.refused.append(f"{reply.status_code} {reply.text}")
                except httpx2.HTTPError:
                    continue  # the connection died with its worker: that request was never answered

    def __enter__(self) -> "Load":
        self.threads = [threading.Thread(target=self.client, args=(number,)) for number in range(4)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def wait_for_more(self, answers: int = 50) -> None:
        goal = len(self.answered) + answers
        wait_until(lambda: len(self.answered) >= goal, f"{answers} more answers", 30)


@pytest.fixture
def chain(published: Published, tmp_path: Path) -> Chain:
    ports = {name: str(free_port()) for name in ("API_PORT", "COURIER_PORT")}
    follow = {"MLFLOW_TRACKING_URI": published.uri, "MODEL_NAME": published.model, "DRAIN_POLL_SECONDS": "0.1"}
    environment = {**os.environ, **ports, **follow}
    return Chain(tmp_path, environment, f"http://127.0.0.1:{ports['API_PORT']}")


def rows_of(database: Path) -> dict[str, sqlite3.Row]:
    with sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM predictions").fetchall()
    connection.close()
    by_id = {row["id"]: row for row in found}
    assert len(by_id) == len(found), "a prediction is in the store twice"
    return by_id


def assert_nothing_lost(load: Load, database: Path) -> None:
    ids = {answer["prediction_id"] for _, answer in load.answered}
    assert len(ids) == len(load.answered) > KILLS * 50

    def landed() -> bool:
        try:
            return ids <= rows_of(database).keys()
        except sqlite3.OperationalError:
            return False  # a courier killed while it wrote left a journal that only the next one may roll back

    wait_until(landed, "every answered prediction is in the store", 60)
    stored = rows_of(database)
    for row, answer in load.answered:
        kept = stored[answer["prediction_id"]]
        assert json.loads(kept["features"]) == row
        assert kept["label"] == answer["label_name"]
        assert json.loads(kept["probabilities"]) == pytest.approx(answer["probabilities"])
        assert (str(kept["version"]), kept["bundle"]) == (str(answer["model"]["version"]), answer["model"]["bundle"])


def all_ready(chain: Chain) -> bool:
    """Twenty new connections in a row meet each of two workers, but for one time in half a million."""
    return all(http_answers(f"{chain.url}/health/ready") for _ in range(20))


def workers_of(api: Server) -> list[psutil.Process]:
    return psutil.Process(api.process.pid).children()


def test_killing_workers_loses_no_answered_prediction(chain: Chain) -> None:
    with chain.courier(), chain.api() as api:
        api.wait_until(lambda: all_ready(chain), "every worker serves the published model", 60)
        with Load(chain.url) as load:
            for _ in range(KILLS):
                load.wait_for_more()
                workers_of(api)[0].send_signal(signal.SIGKILL)
            load.wait_for_more()
        assert_nothing_lost(load, chain.folder / "logs/predictions.db")


def test_killing_the_courier_loses_and_doubles_nothing(chain: Chain) -> None:
    with chain.api() as api:
        courier = chain.courier()
        try:
            api.wait_until(lambda: all_ready(chain), "every worker serves the published model", 60)
            with Load(chain.url) as load:
                for _ in range(KILLS):
                    load.wait_for_more()
                    courier.process.send_signal(signal.SIGKILL)
                    courier.process.wait()
                    courier = chain.courier()
                load.wait_for_more()
            assert load.refused == [], "the api needs no courier to answer"
            assert_nothing_lost(load, chain.folder / "logs/predictions.db")
        finally:
            courier.stop()


def test_killing_the_whole_api_loses_no_answered_prediction(chain: Chain) -> None:
    with chain.courier():
        with chain.api() as api:
            api.wait_until(lambda: all_ready(chain), "every worker serves the published model", 60)
            with Load(chain.url) as load:
                load.wait_for_more(KILLS * 60)
                for process in [*workers_of(api), psutil.Process(api.process.pid)]:
                    process.send_signal(signal.SIGKILL)
        assert_nothing_lost(load, chain.folder / "logs/predictions.db")
