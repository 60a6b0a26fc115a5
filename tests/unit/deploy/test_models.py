"""The Compose file of a further model: what it takes from the platform's, and that nothing of two models meets."""

import re
from pathlib import Path
from typing import Any

import yaml

from scripts.swarm.model_stack import differences

ROOT = Path(__file__).resolve().parents[3]
PLATFORM: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
TEXT = (ROOT / "deploy/models/docker-compose.yml").read_text(encoding="utf-8")
MODEL = differences("${MODEL}")
SERVICES: dict[str, Any] = MODEL["services"]


def test_each_service_is_one_of_the_platform_and_says_only_what_differs() -> None:
    extended = {name: service["extends"]["service"] for name, service in SERVICES.items()}
    assert extended == {"trainer": "trainer", "model-courier": "courier", "model-api": "api"}
    for service in SERVICES.values():
        assert service["extends"]["file"] == "../../docker-compose.yml"
        assert service.keys() <= {
            "extends", "image", "depends_on", "networks", "environment", "volumes", "ports", "scale",
        }  # fmt: skip


def test_its_images_are_the_platforms_under_the_platforms_tag() -> None:
    for service in SERVICES.values():
        built = PLATFORM["services"][service["extends"]["service"]]["image"].partition(":")[0]
        assert service["image"].partition(":")[0] == built
        assert service["image"].partition(":")[2].startswith("${MODEL_IMAGES")


def test_a_name_on_a_network_is_of_one_model_alone() -> None:
    serving = {"api", "courier", "retrainer", "mlflow", "postgres", "edge", "prometheus", "grafana", "alertmanager"}
    assert not serving & SERVICES.keys()
    aliases = [
        alias
        for service in SERVICES.values()
        for network in (service.get("networks") or {}).values()
        for alias in network.get("aliases", [])
    ]
    assert set(aliases) == {"api-${MODEL}", "courier-${MODEL}"}
    assert SERVICES["trainer"]["environment"]["COURIER_URL"] == "http://courier-${MODEL}:9102"


def test_it_is_on_the_networks_of_what_it_extends_and_publishes_no_port() -> None:
    for service in SERVICES.values():
        if "networks" in service:
            original = PLATFORM["services"][service["extends"]["service"]]["networks"]
            assert sorted(service["networks"]) == sorted(original)
    assert re.search(r"ports: !reset \[\]", TEXT)


def test_every_network_and_volume_of_what_it_extends_is_named() -> None:
    for service in SERVICES.values():
        original = PLATFORM["services"][service["extends"]["service"]]
        assert set(original["networks"]) <= MODEL["networks"].keys()
        named = {volume.partition(":")[0] for volume in original["volumes"] if not volume.startswith("./")}
        assert named <= MODEL["volumes"].keys()


def test_its_own_volumes_are_its_projects_and_secrets_and_networks_are_the_platforms() -> None:
    own = {name for name, volume in MODEL["volumes"].items() if volume is None}
    assert own == {"training", "serving", "journal"}
    for kind in ("volumes", "networks"):
        for name, there in MODEL[kind].items():
            assert name in PLATFORM[kind]
            if there is not None:
                assert there == {"external": True, "name": f"${{PLATFORM}}_{name}"}
    assert MODEL["name"].startswith("${PLATFORM")
    assert "-${MODEL" in MODEL["name"]
