"""`make up` before anything is built: which images are here, which can be fetched, and what is started without them."""

from pathlib import Path

import pytest

from tests.support.docker_stand_in import Docker

ROOT = Path(__file__).resolve().parents[4]
UP, CHOOSE = str(ROOT / "scripts/run/stack/up.sh"), str(ROOT / "scripts/run/stack/choose.sh")
FOREIGN = {"postgres": "postgres:17", "prometheus": "prom/p:1", "alertmanager": "prom/a:1", "grafana": "graf/g:1"}
OURS = {"api": "mlops-iris/api:mine", "trainer": "mlops-iris/trainer:mine"}
CONFIG = "name: mine\nservices:\n" + "".join(
    f"  {name}:\n    environment:\n      image: not-this-one\n    image: {image}\n"
    + ("    pull_policy: never\n" if name in OURS else "")
    for name, image in {**FOREIGN, **OURS}.items()
)
NO_REGISTRY = "lookup registry: no such host\n"


def engine(folder: Path, *, absent: tuple[str, ...] = (), built: bool = True, others: str = "") -> Docker:
    """An engine that lacks the images of `absent`, and no registry."""
    images = {**FOREIGN, **OURS}
    return Docker(
        folder,
        [
            ("compose config --environment", 0, "COMPOSE_PROJECT_NAME=mine\n"),
            ("compose config --images *", 0, "\n".join(images.values())),
            ("compose config", 0, CONFIG),
            ("ps --all *project=mine *", 0, others),
            *((f"image inspect {images[name]}", 1, "No such image\n") for name in absent),
            ("pull *", 1, NO_REGISTRY),
            ("buildx bake *", 0 if built else 1, "" if built else "failed to solve: no network\n"),
            ("wait *", 0, "0\n"),
            ("compose port *", 1, ""),
            ("compose exec *", 1, ""),
        ],
    )


def started(docker: Docker) -> set[str]:
    """The services that were named to `docker compose up`."""
    ups = [call.split() for call in docker.calls if call.startswith("compose up ")]
    return {word for words in ups for word in words[2:] if word in {**FOREIGN, **OURS}}


@pytest.mark.parametrize("name", ["grafana", "prometheus", "alertmanager"])
def test_an_optional_image_that_can_not_be_had_is_named_and_everything_else_starts(name: str, tmp_path: Path) -> None:
    docker = engine(tmp_path, absent=(name,))
    done = docker.run(UP)
    assert done.returncode == 0, done.stderr
    assert f"the image {FOREIGN[name]} can't be had: starting without {name}" in done.stderr
    assert f"make up WITHOUT={name}" in done.stderr
    assert "no such host" in done.stderr
    assert started(docker) == {*FOREIGN, *OURS} - {name}


def test_an_image_that_is_needed_and_can_not_be_had_ends_it_before_anything_is_built(tmp_path: Path) -> None:
    docker = engine(tmp_path, absent=("postgres", "grafana"))
    done = docker.run(UP)
    assert done.returncode == 1
    assert "an image that is needed is not here and can't be had: postgres:17 (for postgres)" in done.stderr
    assert not [call for call in docker.calls if "bake" in call or " up " in call]


def test_images_that_are_all_here_ask_no_registry_and_no_network(tmp_path: Path) -> None:
    docker = engine(tmp_path)
    assert docker.run(UP).returncode == 0
    assert not [call for call in docker.calls if call.startswith("pull")]
    assert all("--pull never" in call for call in docker.calls if call.startswith("compose up"))


def test_what_can_not_be_built_anew_starts_from_the_images_that_are_here_and_says_so_last(tmp_path: Path) -> None:
    docker = engine(tmp_path, built=False)
    done = docker.run(UP)
    assert done.returncode == 0
    assert started(docker) == {*FOREIGN, *OURS}
    assert done.stdout.splitlines()[-1].startswith("NOT BUILT ANEW")
    docker = engine(tmp_path, built=False, absent=("api",))
    done = docker.run(UP)
    assert done.returncode == 1
    assert "mlops-iris/api:mine is not here either" in done.stderr
    assert started(docker) == set()


def test_without_leaves_services_out_and_does_not_even_look_for_their_images(tmp_path: Path) -> None:
    docker = engine(tmp_path, absent=("grafana", "prometheus"))
    done = docker.run(CHOOSE, WITHOUT="grafana, prometheus")
    assert set(done.stdout.split()) == {"postgres", "alertmanager", *OURS}
    assert not [call for call in docker.calls if call.startswith("pull")]


@pytest.mark.parametrize("name", ["postgres", "api", "grafnaa"])
def test_without_takes_optional_services_alone_and_lists_them(name: str, tmp_path: Path) -> None:
    docker = engine(tmp_path)
    done = docker.run(UP, WITHOUT=f"grafana {name}")
    assert done.returncode != 0
    assert f"WITHOUT={name}: what can be left out is prometheus, alertmanager, grafana" in done.stderr
    assert started(docker) == set()


def test_the_end_of_the_training_is_waited_for_where_no_alertmanager_does_it(tmp_path: Path) -> None:
    docker = engine(tmp_path, absent=("alertmanager",))
    assert docker.run(UP).returncode == 0
    waited = [call for call in docker.calls if call.startswith("compose up") and "--wait" in call]
    assert [" trainer" in f" {call}" for call in waited] == [False]
    docker.answers.insert(0, ("wait *", 0, "1\n"))
    failed = docker.run(UP)
    assert failed.returncode == 1
    assert "Not everything started" in failed.stderr


def test_a_project_of_another_checkout_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other" / "mine"
    other.mkdir(parents=True)
    docker = engine(tmp_path, others=f"{other}\n")
    assert docker.run(UP).returncode == 0, "a folder that is gone, or another project's, claims nothing"
    (other / "docker-compose.yml").touch()
    done = docker.run(UP)
    assert done.returncode == 1
    assert f"the project mine belongs to another checkout: {other}" in done.stderr
    assert "COMPOSE_PROJECT_NAME=mine-2" in done.stderr
    assert started(docker) == set()


def test_containers_from_before_projects_had_the_folder_s_name_are_named(tmp_path: Path) -> None:
    docker = engine(tmp_path)
    docker.answers.insert(0, ("ps --all *project=mlops-iris *", 0, f"{ROOT}\n"))
    done = docker.run(UP)
    assert done.returncode == 1
    assert "COMPOSE_PROJECT_NAME=mlops-iris" in done.stderr


def test_a_service_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = engine(tmp_path).run(UP, "apy")
    assert done.returncode != 0
    assert "there is no service apy; there are alertmanager api grafana postgres prometheus trainer" in done.stderr


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("info", "no Docker engine answers"),
        ("compose version", "plugin Compose is not installed"),
        ("buildx version", "Buildx"),
    ],
)
def test_what_is_missing_of_docker_is_named(answer: str, message: str, tmp_path: Path) -> None:
    docker = engine(tmp_path, absent=("api",))
    docker.answers.insert(0, (answer, 1, ""))
    done = docker.run(UP)
    assert done.returncode == 1
    assert message in done.stderr
