"""A shadow and feedback on their whole way: real workers, the real courier, rows in the store."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.apis import ROW, Api, Load, running_api
from tests.support.bundles import FLOWERS, make_bundle, write_policy
from tests.support.servers import Server, free_port, http_answers, wait_until

PLENTY = "1000"


class Chain:
    """An api and a courier without a registry: the policy that is there goes on serving."""

    def __init__(self, api: Api, store: Path, courier: str) -> None:
        self.api = api
        self.store = store
        self.courier = courier

    def rows(self, query: str) -> list[sqlite3.Row]:
        with sqlite3.connect(f"{self.store.as_uri()}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def feedback(self, table: str) -> dict[str, Any]:
        headers = {"content-type": "text/csv"}
        answer = self.api.client.post(f"{self.api.url}/feedback", content=table, headers=headers)
        taken: dict[str, Any] = answer.raise_for_status().json()
        return taken


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("shadow")
    shadow = {"version": "3", "bundle": make_bundle(folder / "serving", tilt=-8.0)}
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1", shadow=shadow)
    port = free_port()
    environment = {
        **os.environ,
        "SERVING_DIR": str(folder / "serving"),
        "JOURNAL_DIR": str(folder / "journal"),
        "SQLITE_PATH": str(folder / "store.db"),
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "COURIER_PORT": str(port),
        "DRAIN_POLL_SECONDS": "0.1",
    }
    command = [sys.executable, "-m", "courier"]
    # nothing is left out for the load that other tests make on this machine
    with (
        running_api(folder, SHADOW_MOST_CPU=PLENTY, SHADOW_MILLISECONDS="60000") as api,
        Server(command, environment, log=folder / "courier.log", cwd=folder),
    ):
        loaded = 'model_info{variant="shadow",version="3"}'
        wait_until(lambda: api.metrics().get(loaded) == 2, "both workers hold the shadow")
        courier = f"http://127.0.0.1:{port}"
        wait_until(
            lambda: http_answers(f"{courier}/metrics") and "store_up 1.0" in httpx2.get(f"{courier}/metrics").text,
            "the courier has its store",
        )
        yield Chain(api, folder / "store.db", courier)


def test_shadow_rows_land_beside_the_predictions_they_are_compared_with(chain: Chain) -> None:
    with Load(chain.api.url) as load:
        load.wait_for(100)
    batch = {"rows": [ROW | {"petal_length_cm": 1 + n / 10} for n in range(70)]}
    chain.api.client.post(f"{chain.api.url}/predict/batch", json=batch).raise_for_status()
    answered = len(load.answers) + 70
    assert load.failures == []
    wait_until(lambda: chain.count("predictions") == 2 * answered, "every prediction and every shadow has landed", 30)
    stored = {row["id"]: row for row in chain.rows("SELECT * FROM predictions")}
    shadows = [row for row in stored.values() if row["variant"] == "shadow"]
    assert {row["version"] for row in shadows} == {"3"}
    assert len({row["shadow_of"] for row in shadows}) == len(shadows) == answered
    agreed = {(name, outcome): 0 for name in FLOWERS for outcome in ("agree", "disagree")}
    for row in shadows:
        production = stored[row["shadow_of"]]
        assert (production["variant"], production["shadow_of"]) == ("production", None)
        assert json.loads(row["features"]) == json.loads(production["features"])
        assert row["request_id"] == production["request_id"]
        agreed[production["label"], "agree" if row["label"] == production["label"] else "disagree"] += 1
    assert sum(count for (_, outcome), count in agreed.items() if outcome == "disagree") > 0
    metrics = chain.api.metrics()
    series = 'shadow_agreement_total{{label="{}",outcome="{}",version="3"}}'
    assert {key: metrics.get(series.format(*key), 0) for key in agreed} == agreed
    assert chain.api.total("shadow_dropped_total") == 0


def test_feedback_as_a_table_lands_once_however_often_it_is_sent(chain: Chain) -> None:
    answers = [chain.api.predict(petal_length_cm=1.0 + n).json() for n in range(6)]
    lines = [f"{a['prediction_id']},{FLOWERS.index(a['label_name'])},nightly" for a in answers]
    table = "\n".join(["prediction_id,label,source", *lines, ""])
    first = chain.feedback(table)
    assert first["accepted"] == 6
    assert chain.feedback(table) == first
    wrong = f"prediction_id,label\n{answers[0]['prediction_id']},virginica\n"
    chain.feedback(wrong)
    wait_until(lambda: chain.count("feedback") == 7, "the feedback has landed")
    found = chain.rows("SELECT prediction_id, label, source FROM feedback WHERE source = 'nightly'")
    assert {(row[0], row[1]) for row in found} == {(a["prediction_id"], a["label_name"]) for a in answers}

    def message(outcome: str) -> bool:
        return f'feedback_total{{outcome="{outcome}",version="1"}}' in httpx2.get(f"{chain.courier}/metrics").text

    wait_until(lambda: message("correct") and message("incorrect"), "the courier has judged the feedback")
    text = httpx2.get(f"{chain.courier}/metrics").text
    assert 'feedback_total{outcome="correct",version="1"} 6.0' in text
    assert 'feedback_total{outcome="incorrect",version="1"} 1.0' in text
    judged = {row["variant"]: row["judged"] for row in chain.rows("SELECT * FROM quality_by_version_and_day")}
    assert judged["production"] == 6
