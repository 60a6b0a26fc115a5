"""The stack of a Docker Swarm agrees with docker-compose.yml: images, settings, limits, hardening, networks, files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "swarm"
STACK: dict[str, Any] = yaml.safe_load((FOLDER / "stack.yml").read_text(encoding="utf-8"))
SEARCH: dict[str, Any] = yaml.safe_load((FOLDER / "search.yml").read_text(encoding="utf-8"))
FILES = {name: file for file in (STACK, SEARCH) for name in file["services"]}
"""By service."""
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
NAMES = sorted(COMPOSE["services"].keys() - {"secrets"})
ELSEWHERE = {
    "LINKS": "the addresses of a laptop",
    "APIS_WANTED": "a swarm starts with three apis",
    "API_KEYS_FILE": "no folder of keys on a node",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "the network of the apis has no way out",
    "MLFLOW_SERVER_ALLOWED_HOSTS": "a published port is part of it",
    "RUNBOOK_URL": "a published port is part of it",
}
"""Settings whose values differ, and why."""
COMMANDS_ELSEWHERE = "--web.external-url="
MODELS = {"/usr/local/etc/haproxy/models/models.cfg", "/etc/prometheus/models/models.yml"}
MORE_NETWORKS = {"edge": {"monitoring", "outside"}}
"""A published port needs a network with a way out."""

every_service = pytest.mark.parametrize("name", NAMES)


def both(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return COMPOSE["services"][name], FILES[name]["services"][name]


def default(value: object) -> str:
    """The value without a .env: ${NAME:-default}, also within a text."""
    text = str(value)
    while (match := re.search(r"\$\{\w+(?::-((?:[^${}])*))?\}", text)) is not None:
        text = text.replace(match[0], match[1] or "")
    return text


def test_the_stack_has_every_service_of_compose_and_the_workers_of_a_search_have_a_file_of_their_own() -> None:
    assert sorted(FILES) == NAMES
    searching = {name for name, service in COMPOSE["services"].items() if "search" in service.get("profiles", [])}
    assert set(SEARCH["services"]) == searching
    assert SEARCH["networks"].items() <= STACK["networks"].items()


@every_service
def test_a_service_runs_the_same_image_and_command(name: str) -> None:
    wanted, found = both(name)
    image = default(wanted["image"]).removesuffix(":")
    ours = image.startswith("mlops-iris/")
    assert default(found["image"]) == (f"{image.replace('/', '-')}:local" if ours else image)
    assert found.get("entrypoint") == wanted.get("entrypoint")
    commands = [
        [default(word) for word in service.get("command", []) if not word.startswith(COMMANDS_ELSEWHERE)]
        for service in (wanted, found)
    ]
    assert commands[1] == commands[0]
    assert found.get("user") == wanted.get("user")
    assert found.get("stop_signal") == wanted.get("stop_signal")


def test_health_of_the_search_is_asked_where_a_connection_is_no_line_in_the_log() -> None:
    """Dask's own port logs each connection that ends without a greeting: every ten seconds, for each container."""
    for services in (COMPOSE["services"], SEARCH["services"]):
        for name in SEARCH["services"]:
            command = services[name]["command"]
            address = command[command.index("--dashboard-address") + 1]
            assert address.startswith("127.0.0.1:")
            assert f"urlopen('http://{address}/health'" in services[name]["healthcheck"]["test"][-1]


@every_service
def test_a_service_has_the_same_settings(name: str) -> None:
    wanted, found = ({k: default(v) for k, v in one.get("environment", {}).items()} for one in both(name))
    assert found.keys() == wanted.keys() - {"LINKS"}
    assert {k: v for k, v in found.items() if k not in ELSEWHERE} == {k: wanted[k] for k in found if k not in ELSEWHERE}


@every_service
def test_a_service_is_limited_and_confined_alike(name: str) -> None:
    wanted, found = both(name)
    limits = found["deploy"]["resources"]["limits"]
    assert (limits["memory"], limits["pids"]) == (wanted["mem_limit"], wanted["pids_limit"])
    for key in ("read_only", "cap_drop", "init", "stop_grace_period", "logging"):
        assert found[key] == wanted[key], key


@every_service
def test_a_service_is_on_the_same_networks(name: str) -> None:
    wanted, found = both(name)
    assert set(found["networks"]) == set(wanted["networks"]) | MORE_NETWORKS.get(name, set())


def test_no_network_but_the_one_for_the_outside_has_a_way_out() -> None:
    assert {name for name, network in STACK["networks"].items() if not network.get("internal")} == {"outside"}


@every_service
def test_a_service_has_the_same_folders_and_files(name: str) -> None:
    wanted, found = both(name)
    targets = set()
    for volume in wanted.get("volumes", []):
        source, target, *_ = volume.split(":")
        if source.startswith("./") and source != "./keys":
            path = ROOT / source
            files = [path] if path.is_file() else [one for one in path.rglob("*.*") if one.is_file()]
            # The folders of further models hold nothing in a clone.
            files = [one for one in files if "prometheus/tests" not in str(one) and one.parent.name != "models"]
            targets |= {target if path.is_file() else f"{target}/{one.relative_to(path)}" for one in files}
        elif not source.startswith(("secrets-", "./")):
            targets.add(target)
    targets |= {one.split(":")[0] for one in wanted.get("tmpfs", [])}
    mounted = {one["target"] if isinstance(one, dict) else one.split(":")[1] for one in found.get("volumes", [])}
    mounted |= {one["target"] for one in found.get("configs", [])}
    # Of the further models: a folder in Compose, one file here.
    mounted = {one for one in mounted if one not in MODELS}
    if name == "prometheus":  # the folder of the pages, of which the runbook is linked
        targets = {one for one in targets if not one.startswith("/srv/docs/") or one == "/srv/docs/runbook.md"}
    assert mounted - {"/dev/shm"} == targets


def test_a_service_gets_the_secrets_of_its_own_folder_and_no_other() -> None:
    readers = {"retrainer": "trainer"}
    for name in NAMES:
        for secret in FILES[name]["services"][name].get("secrets", []):
            folder = readers.get(name, name)
            assert secret["target"] == f"/run/secrets/{folder}/{secret['source'].removeprefix(f'{folder}_')}"
            assert secret["mode"] == 0o400
            owner = default(FILES[name]["services"][name].get("user", "10001")).split(":")[0]
            assert secret["uid"] == owner


@every_service
def test_a_service_has_a_name_with_all_its_addresses_and_a_check_that_a_busy_node_passes(name: str) -> None:
    _, found = both(name)
    assert found["deploy"]["endpoint_mode"] == "dnsrr"
    assert all(port["mode"] == "host" for port in found.get("ports", []))
    if name != "trainer":
        assert found["healthcheck"]["test"][0] == "CMD"
        assert found["healthcheck"]["timeout"] == "15s"


def test_what_is_updated_is_rolled_back_when_it_fails() -> None:
    for name in set(NAMES) - {"trainer"}:
        assert both(name)[1]["deploy"]["update_config"]["failure_action"] == "rollback"


def test_prometheus_finds_each_courier_and_further_models_by_dns_and_all_else_as_in_compose() -> None:
    files = (ROOT / "monitoring/prometheus/prometheus.yml", FOLDER / "prometheus.yml")
    wanted, found = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in files)
    (courier,) = (job for job in wanted["scrape_configs"] if job["job_name"] == "courier")
    del courier["static_configs"]
    courier["dns_sd_configs"] = [{"names": ["courier"], "type": "A", "port": 9102, "refresh_interval": "5s"}]
    wanted["scrape_configs"] = [job for job in wanted["scrape_configs"] if job["job_name"] != "models"]
    assert found == {**wanted, "scrape_config_files": ["models/*.yml"]}
