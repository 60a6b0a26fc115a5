"""scripts/deploy.sh with a real engine: one image, one folder, an answer."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.stack.platform import ROOT, CommandError, Stack, run
from tests.support.bundles import IRIS, make_bundle, write_policy
from tests.support.servers import free_port

NAME = "mlops-iris-test-deploy"
ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    folder = tmp_path / "serving"
    write_policy(folder, 1, make_bundle(folder))
    return folder


@pytest.fixture
def environment(images: frozenset[str]) -> Iterator[dict[str, str]]:
    """What deploys this session's image; the container, its journal and its folder are gone afterwards."""
    yield Stack("none", images).environment
    run("docker", "rm", "--force", NAME, check=False)
    run("docker", "volume", "rm", "--force", f"{NAME}-journal")
    shutil.rmtree(ROOT / "var" / "deploy" / NAME, ignore_errors=True)


def deploy(environment: dict[str, str], *words: str) -> str:
    return run("scripts/deploy.sh", "--name", NAME, *words, environment=environment).stdout


def test_a_serving_directory_answers_and_the_next_deployment_takes_its_place(
    serving: Path, environment: dict[str, str]
) -> None:
    port = str(free_port())
    message = deploy(environment, "--port", port, "--env", "API_WORKERS=1", str(serving))
    assert json.loads(message.splitlines()[0])["ok"] is True
    answer = httpx2.post(f"http://127.0.0.1:{port}/predict", json=ROW, timeout=10)
    assert (answer.status_code, answer.json()["label_name"]) == (200, "setosa")
    first = run("docker", "inspect", "--format={{.Id}}", NAME).stdout
    (bundle,) = (serving / "bundles").iterdir()
    # One bundle, without a policy, as training leaves it.
    message = deploy(environment, "--port", port, str(bundle))
    assert f"http://127.0.0.1:{port} serves" in message
    assert run("docker", "inspect", "--format={{.Id}}", NAME).stdout != first
    answer = httpx2.post(f"http://127.0.0.1:{port}/predict", json=ROW, timeout=10)
    assert (answer.status_code, answer.json()["label_name"]) == (200, "setosa")


def test_a_damaged_bundle_shows_the_api_s_log(serving: Path, environment: dict[str, str]) -> None:
    (bundle,) = (serving / "bundles").iterdir()
    (bundle / "model.onnx").write_bytes(b"")
    with pytest.raises(CommandError, match="refused") as error:
        deploy({**environment, "WAIT_SECONDS": "45"}, "--port", str(free_port()), str(serving))
    assert "did not answer /health with 200 within 45 s" in str(error.value)
    assert run("docker", "inspect", "--format={{.State.Running}}", NAME).stdout == "false\n"


def test_a_container_of_somebody_else_is_left_alone(serving: Path, environment: dict[str, str]) -> None:
    image = run("docker", "compose", "config", "--images", "api", environment=environment).stdout.strip()
    run("docker", "create", "--name", NAME, image)
    with pytest.raises(CommandError, match="this script did not make it"):
        deploy(environment, "--port", str(free_port()), str(serving))
    assert run("docker", "inspect", "--format={{.State.Status}}", NAME).stdout == "created\n"


def test_a_busy_port_is_reported_in_the_engine_s_words(
    serving: Path, environment: dict[str, str], stack: Stack
) -> None:
    with pytest.raises(CommandError, match="port is already allocated"):
        deploy(environment, "--port", stack.environment["API_PORT"], str(serving))
    assert run("docker", "inspect", NAME, check=False).returncode != 0
