"""What is provisioned, as data: dashboards, rules, and the metrics the services declare."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.declarations import Declaration, declared_in
from tests.support.missing import skip_without

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "monitoring"
Tool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard by its file's name."""
    found = {
        file.stem: json.loads(file.read_text()) for file in sorted((MONITORING / "grafana/dashboards").glob("*.json"))
    }
    assert found
    return found


@pytest.fixture(scope="session")
def rules() -> list[dict[str, Any]]:
    """Every alerting and recording rule."""
    files = sorted((MONITORING / "prometheus/rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    found = [rule for group in groups for rule in group["rules"]]
    assert found
    return found


@pytest.fixture(scope="session")
def declared() -> list[Declaration]:
    """Every metric of the services."""
    found = [declaration for file in sorted(ROOT.glob("services/*/src/**/*.py")) for declaration in declared_in(file)]
    assert found
    return found


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


@pytest.fixture(scope="session")
def promtool(compose: dict[str, Any]) -> Tool:
    """Run promtool in monitoring/prometheus; this machine's, or the one in the image the stack uses."""
    return _tool("promtool", compose["services"]["prometheus"]["image"], MONITORING / "prometheus")


@pytest.fixture(scope="session")
def amtool(compose: dict[str, Any]) -> Tool:
    """Run amtool in monitoring/alertmanager, or in the `folder` of a call."""
    return _tool("amtool", compose["services"]["alertmanager"]["image"], MONITORING / "alertmanager")


def _tool(name: str, image: str, folder: Path) -> Tool:
    here = shutil.which(name) is not None
    if not here and (shutil.which("docker") is None or not _succeeds("docker", "image", "inspect", image)):
        skip_without(name, f"docker pull {image}")

    def run(*arguments: str, folder: Path = folder) -> subprocess.CompletedProcess[str]:
        command = [name]
        if not here:
            command = ["docker", "run", "--rm", "--network=none", f"--volume={folder}:/work:ro", "--workdir=/work"]
            command += [f"--entrypoint={name}", image]
        return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False)

    return run


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
