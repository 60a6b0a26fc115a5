"""scripts/deploy.sh against a stand-in for docker: what it asks of the engine, what it refuses, and what it says."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.bundles import make_bundle, write_policy
from tests.support.docker_stand_in import Docker

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = str(ROOT / "scripts/deploy.sh")
OURS, FOREIGN = "scripts/deploy.sh\n", "\n"


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    folder = tmp_path / "my models"
    write_policy(folder, 1, make_bundle(folder))
    for made in (folder, *folder.rglob("*")):  # whatever the umask is, the container's user reads it
        made.chmod(made.stat().st_mode | (0o055 if made.is_dir() else 0o044))
    return folder


def engine(folder: Path, *answers: tuple[str, int, str]) -> Docker:
    """An engine with this checkout's image and no container; `answers` come first."""
    given = [
        ("compose config --images api", 0, "mlops-iris/api:mine\n"),
        ("container inspect --format *Labels* *", 1, "No such container\n"),
        ("container inspect --format *RestartCount* *", 0, "0\n"),
        ("exec *", 0, '{"ok": true}\n'),
        ("logs *", 0, "the last words of the api\n"),
    ]
    return Docker(folder / "docker", [*answers, *given])


def call(docker: Docker, verb: str) -> list[str]:
    """The calls of `docker VERB`."""
    return [one for one in docker.calls if one.split()[0] == verb]


def test_a_serving_directory_is_mounted_read_only_and_every_option_reaches_the_engine(
    serving: Path, tmp_path: Path
) -> None:
    docker = engine(tmp_path)
    options = [
        "--image",
        "host/api:7",
        "--name",
        "mine",
        "--port",
        "8123",
        "--network",
        "net",
        "--platform",
        "linux/arm64",
    ]
    done = docker.run(DEPLOY, *options, "--env", "API_WORKERS=1", "--env", "LINKS={}", str(serving))
    assert done.returncode == 0, done.stderr
    assert "http://127.0.0.1:8123 serves" in done.stdout
    assert call(docker, "pull") == ["pull --platform linux/arm64 host/api:7"]
    (run,) = call(docker, "run")
    for part in (
        "--name mine", "--publish 127.0.0.1:8123:8000", f"--volume {serving}:/srv/serving:ro", "--env API_WORKERS=1",
        "--env LINKS={}", "--network net", "--platform linux/arm64", "--read-only", "--cap-drop ALL", "--pull never",
        "--volume mine-journal:/srv/journal", "--label io.mlops-iris.deployed-by=scripts/deploy.sh",
    ):  # fmt: skip
        assert part in run
    assert run.endswith(" host/api:7")


def test_an_option_takes_its_value_behind_an_equals_sign_too(serving: Path, tmp_path: Path) -> None:
    docker = engine(tmp_path)
    done = docker.run(DEPLOY, "--image=host/api:7", "--name=mine", "--port=8123", "--env=A=b=c", str(serving))
    assert done.returncode == 0, done.stderr
    (run,) = call(docker, "run")
    assert "--name mine" in run
    assert "127.0.0.1:8123:8000" in run
    assert "--env A=b=c" in run
    assert docker.run(DEPLOY, "--port=", str(serving)).returncode == 2


@pytest.fixture
def name() -> Iterator[str]:
    """Of a container; the script's copy of its bundle is gone afterwards."""
    chosen = f"test-{uuid4()}"
    yield chosen
    for folder in (ROOT / "var/deploy").glob(f"{chosen}*"):
        shutil.rmtree(folder)


def test_the_bundle_that_is_served_can_be_served_again_from_the_script_s_own_copy(
    serving: Path, tmp_path: Path, name: str
) -> None:
    (bundle,) = (serving / "bundles").iterdir()
    copy = ROOT / "var/deploy" / name / "bundles" / bundle.name
    for given in (bundle, copy):
        docker = engine(tmp_path)
        done = docker.run(DEPLOY, "--name", name, str(given))
        assert done.returncode == 0, done.stderr
        assert (copy / "model.onnx").read_bytes() == (bundle / "model.onnx").read_bytes()


def test_a_bundle_that_can_not_be_copied_starts_nothing_and_leaves_the_earlier_container(
    serving: Path, tmp_path: Path, name: str
) -> None:
    (bundle,) = (serving / "bundles").iterdir()
    docker = engine(tmp_path, ("container inspect --format *Labels* *", 0, OURS))
    docker.folder.mkdir()
    failing = docker.folder / "cp"
    failing.write_text("#!/bin/sh\necho 'cp: no space left on device' >&2\nexit 1\n")
    failing.chmod(0o755)
    done = docker.run(DEPLOY, "--name", name, str(bundle))
    assert done.returncode != 0
    assert "no space left on device" in done.stderr
    assert call(docker, "rm") == call(docker, "run") == []


def test_the_checkout_s_own_image_is_never_pulled(serving: Path, tmp_path: Path) -> None:
    docker = engine(tmp_path)
    assert docker.run(DEPLOY, str(serving)).returncode == 0
    assert call(docker, "pull") == []
    assert call(docker, "run")[0].endswith(" mlops-iris/api:mine")
    missing = engine(tmp_path, ("image inspect *", 1, "No such image\n"))
    done = missing.run(DEPLOY, str(serving))
    assert done.returncode == 1
    assert "the image mlops-iris/api:mine is not built: make images SERVICE=api" in done.stderr


@pytest.mark.parametrize(
    ("options", "here", "code", "message"),
    [
        ([], True, 0, "can't be pulled; starting the one that is here"),
        ([], False, 1, "can't be pulled and is not here"),
        (["--no-pull"], True, 0, ""),
        (["--no-pull"], False, 1, "is not here; without --no-pull it is pulled"),
    ],
)
def test_an_image_from_elsewhere_is_pulled_or_taken_as_it_is(
    options: list[str], here: bool, code: int, message: str, serving: Path, tmp_path: Path
) -> None:
    inspected = ("image inspect *", 0 if here else 1, "")
    docker = engine(tmp_path, ("pull *", 1, "no such host\n"), inspected)
    done = docker.run(DEPLOY, "--image", "host/api:7", *options, str(serving))
    assert (done.returncode, message in done.stderr) == (code, True)
    assert len(call(docker, "pull")) == (not options)
    assert len(call(docker, "run")) == (code == 0)


def test_its_own_earlier_container_is_replaced_and_another_s_is_left_alone(serving: Path, tmp_path: Path) -> None:
    docker = engine(tmp_path, ("container inspect --format *Labels* *", 0, OURS))
    assert docker.run(DEPLOY, "--name", "mine", str(serving)).returncode == 0
    assert call(docker, "rm") == ["rm --force mine"]
    docker = engine(tmp_path, ("container inspect --format *Labels* *", 0, FOREIGN))
    done = docker.run(DEPLOY, "--name", "theirs", str(serving))
    assert done.returncode == 1
    assert "a container named theirs exists, and this script did not make it" in done.stderr
    assert call(docker, "rm") == call(docker, "run") == []


@pytest.mark.parametrize("restarts", ["0", "2"])
def test_an_api_that_does_not_come_shows_its_log_and_is_stopped(restarts: str, serving: Path, tmp_path: Path) -> None:
    docker = engine(tmp_path, ("exec *", 1, ""), ("container inspect --format *RestartCount* *", 0, restarts))
    done = docker.run(DEPLOY, "--name", "mine", str(serving), WAIT_SECONDS="1" if restarts == "0" else "600")
    assert done.returncode == 1
    assert "the last words of the api" in done.stderr
    assert "did not answer /health with 200" in done.stderr
    assert call(docker, "stop") == ["stop mine"]


def test_a_container_that_the_engine_refuses_leaves_nothing_behind(serving: Path, tmp_path: Path) -> None:
    docker = engine(tmp_path, ("run *", 125, "port is already allocated\n"))
    done = docker.run(DEPLOY, "--name", "mine", str(serving))
    assert done.returncode == 1
    assert "port is already allocated" in done.stderr
    assert call(docker, "rm") == ["rm --force mine"]


def test_a_folder_without_a_model_is_refused_before_the_engine_is_asked_for_anything(tmp_path: Path) -> None:
    docker = engine(tmp_path)
    for folder, found in ((tmp_path / "absent", "is not a folder"), (tmp_path, "holds neither policy.json")):
        done = docker.run(DEPLOY, str(folder))
        assert (done.returncode, found in done.stderr) == (1, True)
    assert call(docker, "run") == []


def test_files_that_the_container_s_user_can_not_read_are_named(serving: Path, tmp_path: Path) -> None:
    (serving / "policy.json").chmod(0o600)
    done = engine(tmp_path).run(DEPLOY, str(serving))
    assert done.returncode == 1
    assert f"{serving}/policy.json can't be read by the container's user (10001): chmod -R o+rX" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--port", "0"], "--port 0 is not a port"),
        (["--port", "65536"], "--port 65536 is not a port"),
        (["--port", "http"], "--port http is not a port"),
        (["--port"], "--port needs a value"),
        (["--name", "a b"], "--name a b can't be the name of a container"),
        (["--env", "NOVALUE"], "--env NOVALUE is not NAME=VALUE"),
        (["--pull"], "unknown option --pull"),
        (["one", "two"], "one folder, not one and two"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(words: list[str], message: str, tmp_path: Path) -> None:
    docker = engine(tmp_path)
    done = docker.run(DEPLOY, *words)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert docker.calls == []


def test_help_needs_no_engine_and_names_every_option(tmp_path: Path) -> None:
    docker = engine(tmp_path)
    done = docker.run(DEPLOY, "--help")
    assert done.returncode == 0
    for option in ("--image", "--name", "--port", "--no-pull", "--env", "--network", "--platform"):
        assert f"  {option}" in done.stdout
    assert docker.calls == []
