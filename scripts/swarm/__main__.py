"""`python -m scripts.swarm VERB`: the platform on the swarm whose manager `docker` reaches."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping

from scripts.swarm import deploying, further_models, machines, model_stack, models, passwords, progress, settings
from scripts.swarm.deploying import say
from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import STACK
from trainer.terminal import accept_any_text


def up(engine: Engine, environment: Mapping[str, str]) -> None:
    """Check the nodes, make what is missing, deploy, and wait until a prediction can be answered."""
    nodes = machines.ready(engine)
    chosen = settings.chosen(settings.kept(engine), {"MODEL_NAME": deploying.model_name(), **environment})
    settings.check(chosen, len(nodes))
    say(f"{len(nodes)} nodes: {', '.join(nodes)}")
    machines.check_privileges(engine, f"{chosen.get('REGISTRY', '')}mlops-iris-api:{chosen.get('TAG', 'local')}")
    say("containers on each node are started without new privileges")
    if made := passwords.ensure(engine):
        say(f"made {made} secrets")
    deploying.platform(chosen, further_models.running(engine))
    deploying.wait_for_an_answer(machines.addresses(engine))


def update(engine: Engine, environment: Mapping[str, str]) -> None:
    """Replace what the given settings change, one task after another; what does not get ready is rolled back."""
    before = settings.kept(engine)
    if not before:
        raise SwarmError("nothing is deployed: make swarm-up")
    chosen = settings.chosen(before, environment)
    settings.check(chosen, len(machines.ready(engine)))
    deploying.platform(chosen, further_models.running(engine))


def status(engine: Engine, _: Mapping[str, str]) -> None:
    """Say how each service is. Raises SwarmError when something is missing."""
    found = progress.services(engine)
    if not found:
        raise SwarmError("nothing is deployed: make swarm-up")
    stacks = [STACK, *map(model_stack.name_of, further_models.running(engine))]
    found += [one for stack in stacks[1:] for one in progress.services(engine, stack)]
    for node in engine.rows("node", "ls"):
        say(f"  {node['Hostname']:<13} {node['Status']:<22} {node['ManagerStatus'] or 'Worker'}")
    for service in found:
        say(progress.describe(service))
    if late := [one.name for one in found if not one.done]:
        why = [line for stack in stacks for line in progress.errors(engine, stack)]
        raise SwarmError("\n".join([f"not as wanted: {', '.join(late)}", *why]))


def down(engine: Engine, _: Mapping[str, str]) -> None:
    """Stop everything, further models first, for they use the platform's networks; volumes and secrets are kept."""
    for model in further_models.running(engine):
        models.stop(engine, model)
    engine.text("stack", "rm", STACK)
    say("stopped; volumes and secrets are kept, and `make swarm-up` starts it again with them")


VERBS: dict[str, Callable[[Engine, Mapping[str, str]], None]] = {
    "up": up,
    "update": update,
    "scale": update,
    "status": status,
    "down": down,
    "model-up": models.up,
    "model-list": models.listed,
    "model-down": models.down,
}


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.swarm", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--apis", help="for scale and model-up: how many apis run")
    parser.add_argument("--folder", help="for model-up: the folder that holds contract.yaml")
    parser.add_argument("--model", help="for model-down: the name of a further model")
    options = parser.parse_args(arguments)
    words = {"APIS": options.apis, "FOLDER": options.folder, "MODEL": options.model}
    given = {**environment, **{name: value for name, value in words.items() if value is not None}}
    try:
        VERBS[options.verb](Engine(), given)
    except SwarmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:], os.environ))
