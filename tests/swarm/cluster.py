"""Three Docker engines as a swarm, made by a program that the variable NODES names.

The program knows: `up N` (N managers; the first has the label data=true), `push IMAGE…` (the nodes know it as
registry:5000/IMAGE), `on I COMMAND…`, `kill I` (the node loses its power and keeps its disk), `start I`, `down`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from tests.support.servers import wait_until

ROOT = Path(__file__).resolve().parents[2]
NUMBER = 3
OWN = ("api", "courier", "trainer", "mlflow")
MIRRORED = ("postgres:17.11", "prom/prometheus:v3.13.1", "prom/alertmanager:v0.33.1", "haproxy:3.0")
DAEMON = {"no-new-privileges": True, "tls": False, "hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"]}
BAD_IMAGE = 'FROM {image}\nCMD ["python", "-c", "raise SystemExit(\'a release that does not start\')"]\n'


class Cluster:
    """The nodes 1 to 3, and the verbs of make against a manager among them."""

    def __init__(self, program: str, tag: str) -> None:
        self.program = program
        self.tag = tag
        self.addresses: list[str] = []

    def nodes(self, *words: str, seconds: float = 600) -> str:
        done = subprocess.run([self.program, *words], capture_output=True, text=True, timeout=seconds, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def make(self) -> None:
        """Start the engines, each without new privileges and with an address for `docker`, and push the images."""
        self.nodes("up", str(NUMBER))
        for one in range(1, NUMBER + 1):
            self.addresses.append(self.nodes("on", str(one), "hostname", "-i").split()[0])
            # Not `info`: without an engine it still prints what the client is.
            if not self.docker("version", "--format", "{{.Server.Version}}", node=one, check=False):
                settings = f"mkdir -p /etc/docker; echo '{json.dumps(DAEMON)}' >/etc/docker/daemon.json"
                self.nodes("on", str(one), "sh", "-c", settings)
                self.nodes("kill", str(one))
                self.nodes("start", str(one))
        wait_until(self.is_whole, "every node is ready", seconds=90)
        self.push(self.tag)
        self.nodes("push", *MIRRORED)

    def push(self, tag: str) -> None:
        """The four images under `tag`, for all of them are mlops-iris/SERVICE:self.tag here."""
        for service in OWN:
            subprocess.run(
                ["docker", "tag", f"mlops-iris/{service}:{self.tag}", f"mlops-iris-{service}:{tag}"], check=True
            )
        self.nodes("push", *(f"mlops-iris-{service}:{tag}" for service in OWN))

    def push_a_bad_api(self, tag: str) -> None:
        text = BAD_IMAGE.format(image=f"mlops-iris/api:{self.tag}")
        subprocess.run(
            ["docker", "build", "--quiet", "--tag", f"mlops-iris-api:{tag}", "-"], input=text, text=True, check=True
        )
        self.nodes("push", f"mlops-iris-api:{tag}")

    def is_whole(self) -> bool:
        states = self.docker("node", "ls", "--format", "{{.Status}}", node=NUMBER, check=False).split()
        return states == ["Ready"] * NUMBER

    def docker(self, *words: str, node: int = 1, check: bool = True) -> str:
        """`docker WORDS` on a node."""
        done = subprocess.run(
            ["docker", "--host", f"tcp://{self.addresses[node - 1]}:2375", *words],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.strip()

    def verb(
        self, verb: str, settings: Mapping[str, str] | None = None, *, node: int = 1, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """`make VERB NAME=value…` against the manager on `node`."""
        words = [f"{name}={value}" for name, value in (settings or {}).items()]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "API_WORKERS": "1",
            "DOCKER_HOST": f"tcp://{self.addresses[node - 1]}:2375",
        }
        done = subprocess.run(
            ["make", verb, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200, check=False
        )
        sys.stdout.write(done.stdout + done.stderr)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done

    def container(self, service: str, node: int = 1) -> str:
        """The id of a running container of `service` on `node`."""
        return self._containers(service, node)[0]

    def node_of(self, service: str) -> int:
        """A node on which `service` runs: after a loss its containers may all be on other nodes than before."""
        return next(node for node in range(1, NUMBER + 1) if self._containers(service, node))

    def cpu_seconds(self, service: str) -> float:
        """User and system time of all processes of `service` so far, on all nodes, in steps of 10 ms."""
        ticks = 0
        for node in range(1, NUMBER + 1):
            for container in self._containers(service, node):
                found = self.docker("exec", container, "sh", "-c", "cat /proc/[0-9]*/stat", node=node)
                times = [line.rpartition(")")[2].split()[11:13] for line in found.splitlines()]
                ticks += sum(map(int, chain.from_iterable(times)))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _containers(self, service: str, node: int) -> list[str]:
        named = f"label=com.docker.swarm.service.name=mlops_{service}"
        return self.docker("ps", "--quiet", "--filter", named, "--filter", "status=running", node=node).split()

    def sql(self, statement: str) -> list[str]:
        """The rows of the audit's database, a string each."""
        psql = ("psql", "-U", "postgres", "-h", "/var/run/postgresql", "audit", "-tAc", statement)
        return self.docker("exec", self.container("postgres"), *psql).splitlines()

    def stores(self) -> bool:
        """Whether PostgreSQL answers. A node that comes back has no container first, then one that starts up."""
        named = ("--filter", "label=com.docker.swarm.service.name=mlops_postgres", "--filter", "status=running")
        found = self.docker("ps", "--quiet", *named, check=False).split()
        ask = ("psql", "-U", "postgres", "-h", "/var/run/postgresql", "audit", "-tAc", "SELECT 1")
        return bool(found) and self.docker("exec", found[0], *ask, check=False) == "1"

    def audited(self, ids: list[str]) -> dict[str, int]:
        """How often each of the predictions that are recorded since the first of `ids` is in the audit."""
        rows = self.sql(f"SELECT id, count(*) FROM predictions WHERE id >= '{min(ids)}' GROUP BY id")
        return {row.split("|")[0]: int(row.split("|")[1]) for row in rows}

    def asked(self, expression: str) -> float:
        """The value of a PromQL expression; 0 for no series."""
        words = ("promtool", "query", "instant", "--format=json", "http://127.0.0.1:9090", expression)
        series = json.loads(self.docker("exec", self.container("prometheus"), *words))
        return float(series[0]["value"][1]) if series else 0.0
