"""`make status` against a real api: each alert that is evaluated without Prometheus fires there and is printed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import make_bundle, write_policy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("status"), ready=False, API_WORKERS="1") as api:
        yield api


def status(api: Api) -> tuple[int, str]:
    environment = {**os.environ, "API_PORT": api.url.rpartition(":")[2]}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.status"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def courier(api: Api, **changes: Any) -> None:
    content = {
        "format": 1,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "registry_up": True,
        "store_up": True,
        "store_name": "sqlite",
        "store_bytes": 4096,
        "pending_records": 0,
        "oldest_pending_seconds": 0.0,
        "quality_hours": 24,
        "quality": [],
        "moves": [],
        **changes,
    }
    (api.serving / "status.json").write_bytes(orjson.dumps(content))


def prints(api: Api, text: str) -> int:
    """Wait until the status says it; returns the exit code that came with it."""
    code = 0

    def message() -> bool:
        nonlocal code
        code, output = status(api)
        return text in output

    api.server.wait_until(message, f"make status prints {text!r}")
    return code


def test_each_alert_fires_in_a_real_api_and_ends(api: Api) -> None:
    assert prints(api, "Alert: NoModel") == 1
    write_policy(api.serving, 1, make_bundle(api.serving))
    courier(api)
    assert prints(api, "All is well") == 0
    courier(api, oldest_pending_seconds=500.0, pending_records=7)
    assert prints(api, "Alert: JournalOld") == 1
    courier(api, quality=[{"version": "1", "judged": 500, "correct": 100}])
    assert prints(api, "Alert: LiveAccuracyDropped") == 1
    courier(api)
    shifted = {"rows": [dict.fromkeys(ROW, 9.5)] * 600}
    assert api.client.post(f"{api.url}/predict/batch", json=shifted, headers={"x-trial": "true"}).status_code == 200
    assert prints(api, "All is well") == 0
    assert api.client.post(f"{api.url}/predict/batch", json=shifted).status_code == 200
    assert prints(api, "Alert: FeatureDrift") == 1


def test_without_an_api_it_says_how_to_start_one() -> None:
    environment = {**os.environ, "API_PORT": "9"}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.status"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "make local" in done.stderr
