"""The verbs for containers begin with one question: is there an engine, and is this Compose project this checkout's?"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.docker_stand_in import Docker

ROOT = Path(__file__).resolve().parents[4]
READY = str(ROOT / "scripts/run/stack/ready.sh")
VERBS = ("down", "clean", "ps", "logs")


def engine(folder: Path, *first: tuple[str, int, str]) -> Docker:
    return Docker(folder, [*first, ("compose config --environment", 0, "COMPOSE_PROJECT_NAME=mine\n")])


def test_without_docker_the_sentence_names_what_runs_without_it(tmp_path: Path) -> None:
    for program in ("bash", "dirname", "env"):
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    done = subprocess.run([READY], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        1, "Docker is not installed; without it the platform runs on this machine: make local\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fails", "message"),
    [("info", "no Docker engine answers"), ("compose version", "Docker's plugin Compose is not installed")],
)
def test_without_an_engine_or_the_plugin_the_sentence_says_which(tmp_path: Path, fails: str, message: str) -> None:
    done = engine(tmp_path, (fails, 1, "a page of usage")).run(READY)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert "usage" not in done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy, in a path with a space, whose .env may be anything."""
    root = tmp_path / "a checkout"
    shutil.copytree(ROOT / "scripts/run/stack", root / "scripts/run/stack")
    return root


def test_a_value_that_compose_can_not_use_is_shown_with_its_line(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".env").write_text("EDGE_PORT=8080\r\nAPI_PORT=abc\r\n")
    docker = engine(tmp_path / "bin", ("compose config --quiet", 1, "Invalid hostPort: abc\n"))
    done = docker.run(str(checkout / "scripts/run/stack/ready.sh"))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].endswith("Invalid hostPort: abc")
    assert "  .env, line 2: API_PORT=abc" in lines
    assert ".env.example" in lines[-1]


def test_a_byte_order_mark_is_named_before_it_hides_a_setting(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".env").write_bytes(b"\xef\xbb\xbfIMAGE_TAG=mine\n")
    done = engine(tmp_path / "bin").run(str(checkout / "scripts/run/stack/ready.sh"))
    assert (done.returncode, "begins with a byte order mark" in done.stderr) == (1, True)
    (checkout / ".env").write_text("IMAGE_TAG=mine\n")
    assert engine(tmp_path / "bin").run(str(checkout / "scripts/run/stack/ready.sh")).returncode == 0


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_touches_the_containers_of_another_checkout(verb: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "docker-compose.yml").touch()
    docker = engine(tmp_path / "bin", ("ps --all *project=mine *", 0, f"{other}\n"))
    done = docker.run("make", "-C", str(ROOT), verb)
    assert done.returncode == 2
    assert f"the project mine belongs to another checkout: {other}" in done.stderr
    assert not [call for call in docker.calls if call.startswith("compose") and verb in call]


@pytest.mark.parametrize("verb", VERBS)
def test_in_its_own_project_each_verb_asks_compose_once(verb: str, tmp_path: Path) -> None:
    docker = engine(tmp_path, ("ps --all *project=mine *", 0, f"{ROOT}\n"))
    assert docker.run("make", "-C", str(ROOT), verb).returncode == 0
    word = "down --volumes" if verb == "clean" else verb
    assert len([call for call in docker.calls if call.startswith("compose") and f" {word}" in call]) == 1
