"""The stack of a further model on a swarm: the settings of its Compose file, and the platform's hardening."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.swarm import further_models, model_stack, rendering
from scripts.swarm.errors import SwarmError
from scripts.swarm.model_stack import differences, name_of

PLATFORM: dict[str, Any] = yaml.safe_load(rendering.FILE.read_text(encoding="utf-8"))
COMPOSE = differences("bikes")
SERVICES = pytest.mark.parametrize("name", COMPOSE["services"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contract.yaml").write_text("name: bikes\nmodel: bikes\nsource: data/bikes.csv\n")
    (tmp_path / "bikes.csv").write_text("a,b\n1,2\n")
    for made in ("raw/bikes.csv", "processed/bikes.csv", "feedback/README.md", "schema.json", ".hidden"):
        (tmp_path / made).parent.mkdir(exist_ok=True)
        (tmp_path / made).write_text("made")
    return tmp_path


@pytest.fixture
def stack(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(model_stack.render("bikes", folder, {"a": "b"}))
    return found


def test_its_services_are_those_of_the_compose_file_of_further_models(stack: dict[str, Any]) -> None:
    assert stack["services"].keys() == COMPOSE["services"].keys()
    assert stack["services"]["model-api"]["deploy"]["labels"] == {"a": "b"}


@SERVICES
def test_a_service_has_the_settings_of_the_platform_but_for_those_that_compose_changes(
    stack: dict[str, Any], name: str
) -> None:
    original = PLATFORM["services"][COMPOSE["services"][name]["extends"]["service"]]["environment"]
    changed = {key: value for key, value in COMPOSE["services"][name]["environment"].items() if key != "APIS_WANTED"}
    assert stack["services"][name]["environment"] == original | changed
    assert "MODEL}" not in str(stack)


@SERVICES
def test_a_service_is_on_the_networks_and_under_the_addresses_of_compose(stack: dict[str, Any], name: str) -> None:
    own, found = COMPOSE["services"][name], stack["services"][name]
    original = PLATFORM["services"][own["extends"]["service"]]
    assert found["networks"] == own.get("networks", original["networks"])
    assert set(found["networks"]) == set(original["networks"])
    for network in found["networks"]:
        assert stack["networks"][network] == {"external": True, "name": f"mlops_{network}"}


@SERVICES
def test_a_service_is_limited_confined_checked_and_updated_as_that_of_the_platform(
    stack: dict[str, Any], name: str
) -> None:
    found = stack["services"][name]
    original = PLATFORM["services"][COMPOSE["services"][name]["extends"]["service"]]
    assert found.keys() - {"configs"} == original.keys()
    for key in original.keys() - {"environment", "networks", "deploy"}:
        assert found[key] == original[key], key
    own = {
        "trainer": {"restart_policy": {**original["deploy"].get("restart_policy", {}), "max_attempts": 2}},
        "model-api": {"labels": {"a": "b"}},
    }
    assert found["deploy"] == original["deploy"] | own.get(name, {})


def test_its_volumes_are_its_own_and_its_secrets_the_platforms(stack: dict[str, Any]) -> None:
    assert stack["volumes"] == {"training": {}, "serving": {}, "journal": {}}
    made = yaml.safe_load(rendering.render())["secrets"]
    assert stack["secrets"].items() <= made.items()


def test_the_trainer_gets_the_files_of_the_folder_and_none_that_a_training_makes(
    stack: dict[str, Any], folder: Path
) -> None:
    mounts = {one["target"]: one for one in stack["services"]["trainer"]["configs"]}
    assert set(mounts) == {"/opt/pipeline/data/contract.yaml", "/opt/pipeline/data/bikes.csv"}
    for target, mount in mounts.items():
        config = stack["configs"][mount["source"]]
        assert config["file"] == str(folder / Path(target).name)
        assert mount["mode"] == 0o644


def test_a_changed_file_is_another_config_so_that_the_training_runs_again(folder: Path) -> None:
    def names() -> set[str]:
        return {one["name"] for one in yaml.safe_load(model_stack.render("bikes", folder, {}))["configs"].values()}

    before = names()
    (folder / "bikes.csv").write_text("a,b\n3,4\n")
    assert len(before & names()) == 1


def test_a_folder_that_configs_cannot_hold_is_refused_with_the_way_out(folder: Path) -> None:
    (folder / "bikes.csv").write_bytes(b"x" * (model_stack.MOST_BYTES + 1))
    with pytest.raises(SwarmError, match=r"bikes\.csv has 1,024,001 bytes.*`source` be an address"):
        model_stack.render("bikes", folder, {})
    (folder / "bikes.csv").unlink()
    for number in range(model_stack.MOST_FILES):
        (folder / f"{number}.csv").touch()
    with pytest.raises(SwarmError, match="has 101 files"):
        model_stack.render("bikes", folder, {})


def test_the_names_of_a_long_model_are_as_short_as_docker_wants(folder: Path) -> None:
    longest = "m" * 40
    stack = yaml.safe_load(model_stack.render(longest, folder, {}))
    names = [f"{name_of(longest)}_{one}" for kind in ("services", "volumes") for one in stack[kind]]
    names += [config["name"] for config in stack["configs"].values()]
    assert max(map(len, names)) <= 63


def test_the_edge_has_a_backend_for_each_model_and_the_names_of_all() -> None:
    text = further_models.written(["bikes"], "iris_clf")["edge_models"]
    assert text.startswith('global\n  setenv EDGE_MODELS "bikes, iris_clf"\nbackend model-bikes\n')
    assert "server-template api 32 api-bikes:8000 " in text
    assert "\nbackend model-iris_clf\n" in text
    assert "server-template api 32 api:8000 " in text
    assert not {"MODEL}", "model-MODEL", "#"} & set(text.split())
    assert "backend" not in further_models.written([], "iris_clf")["edge_models"].partition("\n")[2]


def test_prometheus_finds_the_apis_and_couriers_of_a_model_under_the_jobs_of_the_platform() -> None:
    (job,) = yaml.safe_load(further_models.written(["bikes"], "iris_clf")["prometheus_models"])["scrape_configs"]
    asked = {(*one["names"], one["port"]) for one in job["dns_sd_configs"]}
    assert asked == {("api-bikes", 8000), ("courier-bikes", 9102)}
    assert [one["target_label"] for one in job["relabel_configs"]] == ["job", "model"]
    assert job["relabel_configs"][1]["replacement"] == "bikes"
    assert yaml.safe_load(further_models.written([], "iris_clf")["prometheus_models"]) == {"scrape_configs": []}


def test_the_platforms_stack_names_the_files_about_further_models_by_their_content() -> None:
    def names(*models: str) -> set[str]:
        configs = yaml.safe_load(rendering.render(models=models, first="iris_clf"))["configs"]
        return {configs[key]["name"] for key in ("edge_models", "prometheus_models")}

    assert not names() & names("bikes")
    assert names("bikes") == names("bikes")
