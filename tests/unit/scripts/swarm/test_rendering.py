"""The stack file as it is handed to Docker, and the settings that fill it."""

from pathlib import Path

import pytest
import yaml

from scripts.swarm import rendering
from scripts.swarm.errors import SwarmError
from scripts.swarm.progress import Service
from scripts.swarm.settings import check, chosen, variables


def test_a_config_has_a_name_of_its_content_and_a_path_that_exists() -> None:
    configs = yaml.safe_load(rendering.render())["configs"]
    for key, config in configs.items():
        assert config.get("external") or Path(config["file"]).is_file()
        assert config["name"].startswith(f"mlops_{key}_")
        assert len(config["name"].rsplit("_", 1)[1]) == 12


def test_a_service_that_is_left_out_takes_its_configs_and_secrets_along() -> None:
    stack = yaml.safe_load(rendering.render(without=["grafana"]))
    assert "grafana" not in stack["services"]
    assert not [name for name in (*stack["configs"], *stack["secrets"]) if name.startswith(("grafana", "board"))]


def test_a_page_is_published_where_it_is_asked_for_and_else_only_the_edge() -> None:
    stack = yaml.safe_load(rendering.render(publish=["grafana"]))
    assert {name for name, service in stack["services"].items() if "ports" in service} == {"edge", "grafana"}
    assert "outside" in stack["services"]["grafana"]["networks"]


@pytest.mark.parametrize(("without", "publish"), [(["api"], []), (["graphana"], []), ([], ["postgres"])])
def test_a_name_that_cannot_be_left_out_or_published_is_refused(without: list[str], publish: list[str]) -> None:
    with pytest.raises(SwarmError, match="it may name"):
        rendering.render(without, publish)


def test_a_setting_that_is_not_given_is_kept_and_an_empty_one_is_removed() -> None:
    before = {"REGISTRY": "one/", "TAG": "1", "WITHOUT": "grafana"}
    assert chosen(before, {"TAG": "2", "WITHOUT": "", "HOME": "/root"}) == {"REGISTRY": "one/", "TAG": "2"}
    assert chosen({}, {"REGISTRY": "registry.example.org/iris"})["REGISTRY"] == "registry.example.org/iris/"
    assert {"REGISTRY", "MIRROR", "TAG", "APIS", "WITHOUT", "PUBLISH"} <= set(variables())


@pytest.mark.parametrize("apis", ["0", "7", "many", "-1", "2.5"])
def test_more_apis_than_two_a_node_are_refused(apis: str) -> None:
    with pytest.raises(SwarmError, match="3 nodes take 1 to 6"):
        check({"REGISTRY": "one/", "APIS": apis}, 3)


def test_several_nodes_need_a_registry() -> None:
    with pytest.raises(SwarmError, match="REGISTRY"):
        check({"APIS": "1"}, 2)
    check({"APIS": "1"}, 1)


@pytest.mark.parametrize(
    ("replicas", "update", "done"),
    [
        ("3/3", "", True),
        ("3/3 (max 2 per node)", "completed", True),
        ("3/3", "rollback_completed", True),
        ("2/3", "", False),
        ("3/3", "updating", False),
        ("3/3", "rollback_started", False),
        ("0/1 (1/1 completed)", "", True),
        ("1/1 (0/1 completed)", "", False),
    ],
)
def test_a_service_is_done_when_as_many_run_as_are_wanted(replicas: str, update: str, done: bool) -> None:
    assert Service("api", "image", replicas, update, "").done is done
