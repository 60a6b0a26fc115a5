"""What each container may do, asked of the engine and tried from inside."""

import json
from collections.abc import Callable

import pytest

from tests.stack.platform import ONE_SHOTS, CommandError, Stack, definition, run

SERVICES = [name for name, service in definition()["services"].items() if "profiles" not in service]
STAYING = [name for name in SERVICES if name not in ONE_SHOTS]
PUBLISHED = {"api", "mlflow", "prometheus", "grafana"}
OUTSIDE = ("trainer", "retrainer", "alertmanager")
WATCHED = {"api", "courier", "retrainer"}
GIGABYTE = 1_000_000_000


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, stack: Stack) -> str:
    """Every service, one-shots included."""
    return _started(str(request.param), stack)


@pytest.fixture(params=STAYING)
def staying(request: pytest.FixtureRequest, stack: Stack) -> str:
    """Every service that stays."""
    return _started(str(request.param), stack)


def _started(name: str, stack: Stack) -> str:
    if name in stack.absent:
        pytest.skip(f"{name}'s image can't be had on this machine, so its container was not started")
    return name


def test_the_engine_holds_it_tight(service: str, stack: Stack) -> None:
    container = stack.container(service)
    host, config = container["HostConfig"], container["Config"]
    assert config["User"].split(":")[0] not in ("", "0", "root")
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    # The watchdog of some images is the first process itself, and collects what has ended as an init would.
    assert host["Init"] is (service not in WATCHED)
    assert ("/opt/watchdog.py" in (config["Cmd"] or []) + (config["Entrypoint"] or [])) is (service in WATCHED)
    assert 0 < host["PidsLimit"] <= 128
    assert 0 < host["Memory"] <= 2 * 1024**3
    assert host["LogConfig"]["Config"].keys() >= {"max-size", "max-file"}
    assert host["RestartPolicy"]["Name"] == ("no" if service in ONE_SHOTS else "unless-stopped")
    assert not [mount for mount in container["Mounts"] if mount["Source"].endswith("docker.sock")]


def test_its_writable_places_are_sized(service: str, stack: Stack) -> None:
    container = stack.container(service)
    assert all("size=" in options for options in container["HostConfig"].get("Tmpfs", {}).values())
    assert all(not mount["RW"] for mount in container["Mounts"] if mount["Type"] == "bind")


def test_it_has_time_to_stop_and_a_health_check(staying: str, stack: Stack) -> None:
    config = stack.container(staying)["Config"]
    assert config["StopTimeout"] >= 30
    assert config["Healthcheck"]["StartPeriod"] > 0
    assert config["Healthcheck"]["Test"][0] == "CMD"


def test_the_api_is_given_longer_to_stop_than_it_gives_its_requests(stack: Stack) -> None:
    config = stack.container("api")["Config"]
    environment = dict(entry.split("=", 1) for entry in config["Env"])
    assert config["StopTimeout"] > int(environment["GRACEFUL_TIMEOUT"])


def test_from_inside_it_is_nobody_special(staying: str, stack: Stack) -> None:
    status = stack.inside(staying, "cat", "/proc/1/status")
    fields = {name: value.split() for name, _, value in (line.partition(":") for line in status.splitlines())}
    assert "0" not in fields["Uid"]
    assert fields["NoNewPrivs"] == ["1"]
    assert {int(fields[name][0], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}


@pytest.mark.parametrize("folder", ["/", "/etc", "/usr/local/bin", "/opt"])
def test_from_inside_it_can_not_change_its_own_root(staying: str, folder: str, stack: Stack) -> None:
    tried = stack.compose(
        "exec", "--no-TTY", staying, "sh", "-c", f"[ -d {folder} ] && echo x 2>&1 > {folder}/planted", check=False
    )
    assert tried.returncode != 0
    assert "ead-only" in tried.stdout + tried.stderr or "nonexistent" in tried.stdout + tried.stderr or folder == "/opt"


def test_ports_are_published_on_this_machine_alone(service: str, stack: Stack) -> None:
    bound = stack.container(service)["HostConfig"]["PortBindings"] or {}
    addresses = {one["HostIp"] for entries in bound.values() for one in entries}
    assert addresses == ({"127.0.0.1"} if service in PUBLISHED else set())


def test_no_secret_shows_in_the_engine_or_in_an_image(stack: Stack) -> None:
    read = "for f in /run/secrets/*/*; do cat $f; echo; done"
    held = [
        line for name in ("postgres", "mlflow", "courier") for line in stack.inside(name, "sh", "-c", read).splitlines()
    ]
    passwords = {line.rpartition("@")[0].rpartition(":")[2] if "://" in line else line for line in held}
    assert len(passwords) == 8
    assert all(len(password) >= 32 for password in passwords)
    shown = [json.dumps(stack.container(name)) for name in stack.services]
    ours = {stack.container(name)["Config"]["Image"] for name in stack.services}
    shown += [run("docker", "history", "--no-trunc", image).stdout for image in sorted(ours)]
    shown.append(stack.compose("logs", "--no-color").stdout)
    assert [password for password in passwords if any(password in text for text in shown)] == []


def test_a_secret_is_with_its_reader_and_nobody_else(staying: str, stack: Stack) -> None:
    mounted = {
        mount["Name"].removeprefix(f"{stack.project}_secrets-")
        for mount in stack.container(staying)["Mounts"]
        if "_secrets-" in mount.get("Name", "")
    }
    assert mounted == ({staying} if staying in ("postgres", "mlflow", "courier", "grafana") else set())
    listing = stack.inside(staying, "sh", "-c", "ls -ln /run/secrets/* 2>/dev/null || true").splitlines()
    modes = {line.split()[0] for line in listing if line.startswith("-")}
    assert modes <= {"-r--r-----"}


def test_the_api_reaches_neither_postgresql_nor_mlflow_nor_a_way_to_them(stack: Stack) -> None:
    neighbours = [("postgres", 5432), ("mlflow", 5000), ("courier", 9102), ("alertmanager", 9093)]
    addresses = [
        (network["IPAddress"], port)
        for name, port in neighbours
        for network in stack.container(name)["NetworkSettings"]["Networks"].values()
    ]
    assert len(addresses) == 8
    assert _reached(stack, "api", [*addresses, ("postgres", 5432)]) == []


def test_the_courier_does_reach_them(stack: Stack) -> None:
    """So that the test above fails for the network's reason and not for the probe's."""
    wanted = [("postgres", 5432), ("mlflow", 5000)]
    assert _reached(stack, "courier", wanted) == wanted


def _reached(stack: Stack, service: str, addresses: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Which of the addresses accept a connection from inside of the service's container."""
    probe = """
import json, socket, sys
for address in json.loads(sys.argv[1]):
    try:
        socket.create_connection(tuple(address), timeout=1).close()
    except OSError:
        continue
    print(json.dumps(address))
"""
    answer = stack.inside(service, "python", "-c", probe, json.dumps(addresses))
    return [(host, port) for host, port in map(json.loads, answer.splitlines())]


def test_postgresql_has_no_way_out(stack: Stack) -> None:
    networks = stack.container("postgres")["NetworkSettings"]["Networks"]
    assert set(networks) == {f"{stack.project}_store"}
    assert stack.network("store")["Internal"] is True
    destinations = [line.split()[1] for line in stack.inside("postgres", "cat", "/proc/net/route").splitlines()[1:]]
    assert destinations
    assert "00000000" not in destinations, "PostgreSQL has a default route"


def test_only_who_must_has_a_way_out(stack: Stack) -> None:
    members = {name: set(service.get("networks", [])) for name, service in definition()["services"].items()}
    assert {name for name, networks in members.items() if "outside" in networks} == set(OUTSIDE)
    for name in ("serving", "registry", "monitoring"):
        assert stack.network(name)["Options"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    assert stack.container("secrets")["HostConfig"]["NetworkMode"] == "none"


def test_each_role_sees_its_own_database_and_grafana_only_reads(stack: Stack) -> None:
    stack.sql("SELECT 1 FROM registered_models", role="mlflow", database="mlflow")
    stack.sql("SELECT 1 FROM predictions", role="courier")
    stack.sql("SELECT 1 FROM predictions", role="grafana")
    writable = "SET TRANSACTION READ WRITE;"
    for role, database, statement in [
        ("mlflow", "audit", "SELECT 1"),
        ("courier", "mlflow", "SELECT 1"),
        ("grafana", "mlflow", "SELECT 1"),
        ("courier", "postgres", "SELECT 1"),
        ("grafana", "audit", f"{writable} DELETE FROM predictions"),
        ("grafana", "audit", f"{writable} CREATE TABLE planted ()"),
    ]:
        with pytest.raises(CommandError, match="permission denied"):
            stack.sql(statement, role=role, database=database)


def test_the_whole_stack_at_rest_stays_under_two_gigabytes(stack: Stack, note: Callable[[str], None]) -> None:
    names = [stack.container(service)["Name"].lstrip("/") for service in stack.running]
    lines = run("docker", "stats", "--no-stream", "--format", "{{json .}}", *names).stdout.splitlines()
    used = {stat["Name"].split("-")[-2]: _bytes(stat["MemUsage"].split("/")[0]) for stat in map(json.loads, lines)}
    each = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sorted(used.items()))
    note(f"memory at rest {sum(used.values()) / 1e6:.0f} MB ({each})")
    assert sum(used.values()) < 2 * GIGABYTE
    assert used["mlflow"] < 600_000_000


def _bytes(text: str) -> float:
    units: dict[str, float] = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
    return float(text.strip()[:-3]) * units[text.strip()[-3:]]
