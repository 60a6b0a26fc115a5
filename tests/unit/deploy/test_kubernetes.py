"""The Kubernetes manifests agree with docker-compose.yml: images, settings, memory, hardening, networks."""

import re
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
WORKLOADS = ("StatefulSet", "Deployment", "Job")
PLACES = {"api": "serving", "courier": "serving", "postgres": "postgres", "mlflow": "mlflow", "trainer": "trainer"}
PLACES |= {"retrainer": "retrainer"}
"""The label `app` of the pod that a service of Compose lives in."""
ELSEWHERE = {
    "LINKS": "the addresses of a laptop",
    "MLFLOW_SERVER_ALLOWED_HOSTS": "a published port is part of it",
    "ALLOWED_HOSTS": "names within the cluster",
    "PROMETHEUS_URL": "the cluster's own Prometheus",
}
"""Settings whose values differ, and why."""
UNITS = {"m": 2**20, "g": 2**30, "Mi": 2**20, "Gi": 2**30}


@cache
def manifests() -> list[dict[str, Any]]:
    files = [*FOLDER.glob("base/*.yaml"), *FOLDER.glob("components/*/*.yaml")]
    found = [one for file in sorted(files) for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    return [one for one in found if one["kind"] not in ("Kustomization", "Component")]


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [one for one in manifests() if one["kind"] in kinds]


def pod(app: str) -> dict[str, Any]:
    (spec,) = (
        one["spec"]["template"]["spec"] for one in of_kind(*WORKLOADS) if one["metadata"]["labels"]["app"] == app
    )
    found: dict[str, Any] = spec
    return found


def container(service: str) -> dict[str, Any]:
    spec = pod(PLACES[service])
    found: dict[str, Any]
    (found,) = (one for one in [*spec.get("initContainers", []), *spec["containers"]] if one["name"] == service)
    return found


@cache
def compose(service: str) -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["services"][service]
    return found


def default(value: object) -> str:
    """What Compose puts there without a .env: ${NAME:-default}, also within a text."""
    text = str(value)
    while (match := re.search(r"\$\{\w+(?::-((?:[^${}])*))?\}", text)) is not None:
        text = text.replace(match[0], match[1] or "")
    return text


def size(text: str) -> int:
    found = re.fullmatch(r"(\d+)([A-Za-z]+)", text)
    assert found is not None, f"{text} has no unit"
    return int(found[1]) * UNITS[found[2]]


every_service = pytest.mark.parametrize("service", PLACES)


@every_service
def test_a_container_runs_the_image_of_its_service(service: str) -> None:
    wanted = compose(service)["image"]
    assert container(service)["image"] == (wanted.split(":")[0] if wanted.startswith("mlops-iris/") else wanted)


@every_service
def test_a_container_has_the_settings_of_its_service(service: str) -> None:
    wanted = {name: default(value) for name, value in compose(service)["environment"].items()}
    found = {one["name"]: one["value"] for one in container(service)["env"]}
    assert found.keys() == wanted.keys() - {"LINKS"}
    assert {name: found[name] for name in found if name not in ELSEWHERE} == {
        name: wanted[name] for name in found if name not in ELSEWHERE
    }


@every_service
def test_a_container_has_the_memory_and_the_command_of_its_service(service: str) -> None:
    wanted, found = compose(service), container(service)
    assert size(found["resources"]["limits"]["memory"]) == size(wanted["mem_limit"])
    assert found.get("command", None) == wanted.get("entrypoint", None)
    assert found.get("args", None) == wanted.get("command", None)


@every_service
def test_a_container_is_confined_as_its_service(service: str) -> None:
    wanted, found, around = compose(service), container(service)["securityContext"], pod(PLACES[service])
    assert found["readOnlyRootFilesystem"] is wanted["read_only"] is True
    assert found["capabilities"]["drop"] == wanted["cap_drop"] == ["ALL"]
    assert found["allowPrivilegeEscalation"] is False
    assert wanted["security_opt"] == ["no-new-privileges:true"]
    assert around["automountServiceAccountToken"] is False
    assert around["securityContext"]["runAsNonRoot"] is True
    assert str(around["securityContext"]["runAsUser"]) == wanted.get("user", "10001:10001").split(":")[0]
    assert around["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


@every_service
def test_what_compose_mounts_is_mounted(service: str) -> None:
    volumes = [one.split(":") for one in compose(service)["volumes"]]
    targets = {(parts[1].removesuffix("/start.sh"), "ro" in parts[2:]) for parts in volumes}
    targets |= {(one.split(":")[0], False) for one in compose(service)["tmpfs"]}
    found = {(one["mountPath"], one.get("readOnly", False)) for one in container(service)["volumeMounts"]}
    assert found - {("/dev/shm", False)} == targets


def selected(selector: dict[str, Any]) -> set[str]:
    """The values of `app` that a selector of pods takes; an empty selector takes all."""
    if "matchLabels" in selector:
        return {selector["matchLabels"].get("app", "")}
    for one in selector.get("matchExpressions", []):
        return set(one["values"])
    return set(PLACES.values())


def allowed(direction: str, peer: str) -> set[tuple[str, str]]:
    """Pairs (from, to) of pods that the policies of this direction let through, by their labels."""
    pairs = set()
    for policy in of_kind("NetworkPolicy"):
        own = selected(policy["spec"]["podSelector"])
        for rule in policy["spec"].get(direction, []):
            everywhere: list[dict[str, Any]] = [{"podSelector": {}}] if not rule else []
            for one in rule.get(peer, everywhere):
                others = selected(one["podSelector"]) if "podSelector" in one else set()
                pairs |= {(mine, other) if peer == "to" else (other, mine) for mine in own for other in others}
    return pairs


def test_a_pod_reaches_another_where_a_network_joins_them_and_only_there() -> None:
    through = allowed("egress", "to") & allowed("ingress", "from")
    for one, other in combinations(PLACES, 2):
        if PLACES[one] == PLACES[other]:
            continue
        joined = set(compose(one).get("networks", ())) & set(compose(other).get("networks", ()))
        ends = (PLACES[one], PLACES[other])
        reached = bool({ends, ends[::-1]} & through)
        if one == "api" or other == "api":
            assert not joined  # the pod's other container, the courier, decides what is open
        elif {one, other} != {"trainer", "retrainer"}:  # joined, and neither asks the other
            assert reached == bool(joined), (one, other)


def test_nothing_is_open_but_for_what_a_policy_names() -> None:
    (closed,) = (one["spec"] for one in of_kind("NetworkPolicy") if one["metadata"]["name"] == "nobody")
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_every_secret_that_is_mounted_is_one_that_the_program_makes() -> None:
    made = (ROOT / "services" / "mlflow" / "make_secrets.py").read_text(encoding="utf-8")
    named = {
        volume["secret"]["secretName"]
        for app in set(PLACES.values())
        for volume in pod(app)["volumes"]
        if "secret" in volume and not volume["secret"].get("optional")
    }
    assert named == {"courier", "mlflow", "postgres", "trainer"}
    assert all(f'"{name}/' in made for name in named)


def test_a_service_selects_a_pod_that_exists_and_a_port_that_it_names() -> None:
    for service in of_kind("Service"):
        spec = pod(service["spec"]["selector"]["app"])
        ports = {
            port["name"]: port["containerPort"]
            for one in [*spec.get("initContainers", []), *spec["containers"]]
            for port in one.get("ports", [])
        }
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]


def test_the_courier_outlives_the_api_and_the_claim_outlives_the_pod() -> None:
    spec = pod("serving")
    (courier,) = spec["initContainers"]
    assert courier["restartPolicy"] == "Always"
    (serving,) = (one["spec"] for one in of_kind("StatefulSet") if one["metadata"]["name"] == "serving")
    assert serving["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    graceful = next(int(one["value"]) for one in container("api")["env"] if one["name"] == "GRACEFUL_TIMEOUT")
    assert spec["terminationGracePeriodSeconds"] > graceful + 5


def test_the_jobs_of_the_operator_are_those_of_prometheus() -> None:
    named = {
        relabeling["replacement"]
        for monitor in of_kind("PodMonitor")
        for endpoint in monitor["spec"]["podMetricsEndpoints"]
        for relabeling in endpoint["relabelings"]
    }
    text = (ROOT / "monitoring" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    jobs = {one["job_name"] for one in yaml.safe_load(text)["scrape_configs"]}
    assert named == {"api", "courier", "retrainer"}
    assert named < jobs
