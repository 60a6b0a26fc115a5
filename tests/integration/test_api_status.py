"""/status.json of real workers: every worker says the same, after a death as before."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from api.access.keys import Keys, make_key, write_keys
from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import make_bundle, write_policy

pytestmark = pytest.mark.integration


def serve(folder: Path) -> None:
    write_policy(folder / "serving", 1, None, production={"version": "1", "bundle": make_bundle(folder / "serving")})


def status(api: Api) -> dict[str, Any]:
    answer = api.client.get(f"{api.url}/status.json")
    assert answer.status_code == 200
    report: dict[str, Any] = answer.json()
    return report


def wait_for_requests(api: Api, wanted: int) -> dict[str, Any]:
    end = time.monotonic() + 20
    while (report := status(api))["hour"]["requests"] < wanted:
        assert time.monotonic() < end
        time.sleep(0.05)
    return report


def test_workers_add_up_and_a_worker_s_death_loses_nothing(tmp_path: Path) -> None:
    serve(tmp_path)
    with running_api(tmp_path) as api:
        for _ in range(6):
            assert api.predict().status_code == 200
        assert api.client.post(f"{api.url}/predict", json={}).status_code == 422
        report = wait_for_requests(api, 7)
        assert (report["hour"]["requests"], report["hour"]["refused"], report["hour"]["errors"]) == (7, 1, 0)
        assert report["hour"]["p50_ms"] > 0
        assert [(one["version"], one["variant"], one["rows"]) for one in report["versions"]] == [("1", "production", 6)]
        assert {one["feature"]: one["rows"] for one in report["drift"]} == dict.fromkeys(ROW, 6)
        assert report["ok"] is True
        assert report["next"]["verb"] == "make traffic DRIFT=1"

        for worker in api.workers():
            worker.send_signal(signal.SIGKILL)
        api.server.wait_until(lambda: api.total("worker_starts_total") == 4, "both workers were replaced")
        assert api.predict().status_code == 200
        assert wait_for_requests(api, 8)["hour"]["requests"] == 8
        assert len((api.metrics_dir / "history.jsonl").read_text().splitlines()) >= 1


def test_a_table_of_drifted_rows_fires_the_alert_and_names_the_verb(tmp_path: Path) -> None:
    serve(tmp_path)
    with running_api(tmp_path) as api:
        rows = [{**ROW, "petal_length_cm": 9.5}] * 600
        assert api.client.post(f"{api.url}/predict/batch", json={"rows": rows}).status_code == 200
        report = wait_for_requests(api, 1)
        assert report["drift"][0]["drifted"] is True
        psi = [one["psi"] for one in report["drift"]]
        assert psi == sorted(psi, reverse=True)
        assert [alert["name"] for alert in report["alerts"] if alert["firing"]] == ["FeatureDrift"]
        assert report["next"]["verb"] == "make retrain"
        assert report["ok"] is False


def test_an_alert_that_ended_while_the_api_was_down_is_a_past_one(tmp_path: Path) -> None:
    serve(tmp_path)
    began = {"name": "FeatureDrift", "began": "2026-11-28T12:00:00+00:00", "ended": None, "state": "PSI 0.9"}
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal/past-alerts.json").write_text(json.dumps([began]))
    with running_api(tmp_path) as api:
        api.server.wait_until(lambda: bool(status(api)["past_alerts"][0]["ended"]), "the first look has ended it")
        (found,) = status(api)["past_alerts"]
        assert (found["name"], found["began"], found["source"]) == ("FeatureDrift", began["began"], "this api")


def test_without_a_model_it_says_so_and_shows_the_courier_s_file(tmp_path: Path) -> None:
    (tmp_path / "serving").mkdir()
    known = {
        "format": 1, "at": "2026-11-28T12:00:00+00:00", "registry_up": False, "store_up": True,
        "store_name": "sqlite:x", "store_bytes": 1, "pending_records": 0, "oldest_pending_seconds": 0.0,
        "quality_hours": 24, "quality": [],
        "moves": [],
    }  # fmt: skip
    (tmp_path / "serving/status.json").write_text(json.dumps(known))
    with running_api(tmp_path, ready=False) as api:
        report = status(api)
        assert report["next"]["verb"] == "make train"
        assert report["courier"]["registry_up"] is False
        assert "NoModel" in [alert["name"] for alert in report["alerts"] if alert["firing"]]


def test_the_numbers_are_behind_the_same_keys_as_predictions(tmp_path: Path) -> None:
    serve(tmp_path)
    secret, key = make_key("page", frozenset({"predict"}), None)
    write_keys(tmp_path / "keys.json", Keys(keys=(key,)))
    with running_api(tmp_path, API_KEYS_FILE=str(tmp_path / "keys.json")) as api:
        assert api.client.get(f"{api.url}/status").status_code == 200
        assert api.client.get(f"{api.url}/status.json").status_code == 401
        headers = {"authorization": f"Bearer {secret}"}
        assert api.client.get(f"{api.url}/status.json", headers=headers).status_code == 200
