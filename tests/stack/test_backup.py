"""A backup under load holds every answer from before it began; a restore brings it back with the registry."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2

from tests.stack.conftest import predict
from tests.stack.load import Load
from tests.stack.platform import ROOT, Stack
from tests.stack.test_restarts import landed
from tests.support.servers import wait_until


def backup(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `make backup` and `make restore` run, on this test's stack."""
    files = os.pathsep.join(str(file) for file in (ROOT / "docker-compose.yml", *stack.overrides))
    environment = {**stack.environment, "COMPOSE_PROJECT_NAME": stack.project, "COMPOSE_FILE": files}
    command = [sys.executable, "-m", "scripts.backup", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)


def alias(stack: Stack) -> dict[str, str]:
    """Version and bundle that MLflow's alias `production` names."""
    address = f"{stack.url('mlflow')}/api/2.0/mlflow/registered-models/alias?name=iris_clf&alias=production"
    version = httpx2.get(address, timeout=10).raise_for_status().json()["model_version"]
    return {"version": version["version"], **{tag["key"]: tag["value"] for tag in version["tags"]}}


def test_what_was_answered_before_a_backup_is_back_after_a_restore_and_the_registry_works(
    stack: Stack, tmp_path: Path, note: Callable[[str], None]
) -> None:
    archive, before = tmp_path / "one.tar", alias(stack)
    with Load(stack.url("api")) as load:
        load.wait_for(20)
        answered = [answer["prediction_id"] for answer in load.answers]
        saved = backup(stack, "save", "--file", str(archive))
        assert saved.returncode == 0, saved.stdout + saved.stderr
        load.wait_for(5)
    assert load.failures == []
    note(f"the backup under load has {archive.stat().st_size / 1e6:.1f} MB")

    damaged = tmp_path / "damaged.tar"
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    refused = backup(stack, "restore", "--file", str(damaged), "--force")
    assert refused.returncode == 1
    assert "damaged" in refused.stdout
    assert backup(stack, "restore", "--file", str(archive)).returncode == 2

    # The worst that can happen, short of losing the disks.
    stack.sql("DROP TABLE predictions CASCADE")
    stack.sql("DELETE FROM registered_model_aliases", database="mlflow")
    stack.inside("mlflow", "sh", "-c", "rm -rf /srv/artifacts/*")
    with Load(stack.url("api")) as load:
        load.wait_for(5)
        restored = backup(stack, "restore", "--file", str(archive), "--force")
        assert restored.returncode == 0, restored.stdout + restored.stderr
        load.wait_for(5)
    assert load.failures == []

    assert landed(stack, answered) == len(answered)
    assert alias(stack) == before
    new = predict(stack)["prediction_id"]
    wait_until(lambda: landed(stack, [new]) == 1, "a new answer lands in the restored database", 60)
    during = [answer["prediction_id"] for answer in load.answers]
    wait_until(lambda: landed(stack, during) == len(during), "and so does what was answered meanwhile", 60)
    assert stack.sql("SELECT count(*) > 0 FROM predictions", role="grafana") == [["t"]]
    assert stack.inside("mlflow", "find", "/srv/artifacts", "-path", "*/bundle/model.onnx").strip()
