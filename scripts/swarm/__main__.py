"""`python -m scripts.swarm VERB`: the platform on the swarm whose manager `docker` reaches."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from urllib.error import URLError
from urllib.request import urlopen

from scripts.swarm import machines, passwords, settings, watching
from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import ROOT, SETTINGS_LABEL, STACK, render
from trainer.terminal import accept_any_text

PORT = 8000
ANSWER_SECONDS = 120.0


def up(engine: Engine, environment: Mapping[str, str]) -> None:
    """Check the nodes, make what is missing, deploy, and wait until a prediction can be answered."""
    nodes = machines.ready(engine)
    chosen = settings.chosen(settings.kept(engine), {"MODEL_NAME": _model_name(), **environment})
    settings.check(chosen, len(nodes))
    say(f"{len(nodes)} nodes: {', '.join(nodes)}")
    machines.check_privileges(engine, f"{chosen.get('REGISTRY', '')}mlops-iris-api:{chosen.get('TAG', 'local')}")
    say("containers on each node are started without new privileges")
    if made := passwords.ensure(engine):
        say(f"made {made} secrets")
    _deploy(chosen)
    _wait_for_an_answer(machines.addresses(engine))


def update(engine: Engine, environment: Mapping[str, str]) -> None:
    """Replace what the given settings change, one task after another; what does not get ready is rolled back."""
    before = settings.kept(engine)
    if not before:
        raise SwarmError("nothing is deployed: make swarm-up")
    chosen = settings.chosen(before, environment)
    settings.check(chosen, len(machines.ready(engine)))
    _deploy(chosen)


def status(engine: Engine, _: Mapping[str, str]) -> None:
    """Say how each service is. Raises SwarmError when something is missing."""
    found = watching.services(engine)
    if not found:
        raise SwarmError("nothing is deployed: make swarm-up")
    for node in engine.rows("node", "ls"):
        say(f"  {node['Hostname']:<13} {node['Status']:<22} {node['ManagerStatus'] or 'Worker'}")
    for service in found:
        say(watching.describe(service))
    if late := [one.name for one in found if not one.done]:
        raise SwarmError("\n".join([f"not as wanted: {', '.join(late)}", *watching.errors(engine)]))


def down(engine: Engine, _: Mapping[str, str]) -> None:
    """Stop everything; volumes and secrets are kept."""
    engine.text("stack", "rm", STACK)
    say("stopped; volumes and secrets are kept, and `make swarm-up` starts it again with them")


VERBS: dict[str, Callable[[Engine, Mapping[str, str]], None]] = {
    "up": up,
    "update": update,
    "scale": update,
    "status": status,
    "down": down,
}


def _deploy(chosen: Mapping[str, str]) -> None:
    engine = Engine(chosen)
    without, publish = chosen.get("WITHOUT", "").split(), chosen.get("PUBLISH", "").split()
    if without:
        say(f"left out by WITHOUT: {', '.join(without)}")
    text = render(without, publish, {SETTINGS_LABEL: json.dumps(chosen, sort_keys=True)})
    deploy = ("stack", "deploy", "--compose-file", "-", "--with-registry-auth", "--prune", "--detach=true", STACK)
    engine.text(*deploy, stdin=text)
    for service in watching.wait(engine):
        say(watching.describe(service))
    _forget_configs(engine, text)


def _forget_configs(engine: Engine, text: str) -> None:
    """Remove configs of earlier deployments that nothing uses any more."""
    for row in engine.rows("config", "ls", "--filter", f"label=com.docker.stack.namespace={STACK}"):
        if f"name: {row['Name']}\n" not in text:
            try:
                engine.text("config", "rm", row["Name"])
            except SwarmError:
                continue  # the specification that a rollback would return to still names it


def _model_name() -> str:
    program = str(ROOT / "scripts" / "run" / "stack" / "model_name.sh")
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip()


def _wait_for_an_answer(addresses: list[str]) -> None:
    """Until an edge has a ready api; where no node can be reached from here, say so and go on."""
    deadline = time.monotonic() + ANSWER_SECONDS
    problem = ""
    while time.monotonic() < deadline:
        for address in addresses:
            try:
                with urlopen(f"http://{address}:{PORT}/health/ready", timeout=3):
                    say("answers on " + ", ".join(f"http://{one}:{PORT}" for one in addresses))
                    return
            except (URLError, OSError) as error:
                problem = f"{address}: {error}"
        time.sleep(1)
    say(f"no node answered within {ANSWER_SECONDS:g} s, as seen from here ({problem})")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.swarm", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--apis", help="for scale: how many apis run")
    options = parser.parse_args(arguments)
    given = environment if options.apis is None else {**environment, "APIS": options.apis}
    try:
        VERBS[options.verb](Engine(), given)
    except SwarmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:], os.environ))
