"""The retrainer as a process: an alert over HTTP starts one child, and SIGTERM ends both."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.support.servers import Server, free_port, http_answers

ROOT = Path(__file__).parents[2]
ALERT = {
    "version": "4",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "FeatureDrift"},
            "fingerprint": "f1",
            "startsAt": "2026-11-23T01:00:00Z",
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which `loop` runs; `child.py` stands for the trainer's verbs."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data/contract.yaml", tmp_path / "data")
    (tmp_path / "child.py").write_text(
        "import sys, time, pathlib\n"
        "pathlib.Path('asked').open('a').write(' '.join(sys.argv[1:-2]) + '\\n')\n"
        "if pathlib.Path('hang').exists(): time.sleep(60)\n"
        'pathlib.Path(sys.argv[-1]).write_text(\'{"outcome": "promoted", "version": "2"}\')\n'
    )
    return tmp_path


def started(folder: Path, port: int) -> Server:
    environment = {
        **os.environ,
        "LOOP_PORT": str(port),
        "TRAINER_COMMAND": shlex.join([sys.executable, str(folder / "child.py")]),
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "PYTHONUNBUFFERED": "1",
    }
    return Server([sys.executable, "-m", "trainer", "loop"], environment, log=folder / "log", cwd=folder)


def test_an_alert_retrains_once_and_the_metrics_tell(folder: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started(folder, port) as server:
        server.wait_until(lambda: http_answers(f"{url}/health"), "the retrainer answers")
        for _ in range(3):
            assert httpx2.post(f"{url}/alerts", json=ALERT, timeout=10).status_code == 202
        done = 'retrains_total{outcome="promoted",trigger="alert"} 1.0'
        server.wait_until(lambda: done in httpx2.get(f"{url}/metrics", timeout=10).text, "one retraining is counted")
        assert (folder / "asked").read_text() == "retrain --why alert FeatureDrift\n"
        assert server.stop() == 0
    assert "stopped" in (folder / "log").read_text()


def test_stopping_ends_the_training_that_runs(folder: Path) -> None:
    port = free_port()
    (folder / "hang").touch()
    with started(folder, port) as server:
        server.wait_until(lambda: http_answers(f"http://127.0.0.1:{port}/health"), "the retrainer answers")
        httpx2.post(f"http://127.0.0.1:{port}/alerts", json=ALERT, timeout=10)
        server.wait_until((folder / "asked").exists, "the training runs")
        children = psutil.Process(server.process.pid).children(recursive=True)
        assert children
        assert server.stop() == 0
        assert not [child for child in children if child.is_running()]
