"""scripts/run_mlflow.sh starts a real server in a copy of the checkout: on a free port, with an empty registry."""

import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from tests.support.servers import http_answers, wait_until

ROOT = Path(__file__).resolve().parents[2]


def test_it_steps_over_a_busy_port_starts_empty_keeps_the_old_registry_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data/contract.yaml", tmp_path / "data")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "var/mlflow").mkdir(parents=True)
    (tmp_path / "var/mlflow/mlflow.db").write_text("an old registry")
    with socket.create_server(("127.0.0.1", 0)) as taken, (tmp_path / "output.txt").open("w") as output:
        busy = taken.getsockname()[1]
        server = subprocess.Popen(
            [tmp_path / "scripts/run_mlflow.sh", "--port", str(busy), "--fresh"], stdout=output, stderr=output
        )
        try:
            wait_until(lambda: "Ctrl-C stops" in (tmp_path / "output.txt").read_text(), "it is up", seconds=180)
            text = (tmp_path / "output.txt").read_text()
            found = re.search(r"MLflow\s+(http://127\.0\.0\.1:(\d+))", text)
            assert found is not None, text
            assert int(found[2]) > busy
            assert http_answers(f"{found[1]}/api/2.0/mlflow/registered-models/search")
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)
    assert server.returncode == 0, (tmp_path / "output.txt").read_text()
    (aside,) = (tmp_path / "var").glob("mlflow-before-*")
    assert (aside / "mlflow.db").read_text() == "an old registry"
    assert (tmp_path / "var/mlflow/mlflow.db").read_bytes().startswith(b"SQLite")
