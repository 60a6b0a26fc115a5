"""Further models on the swarm: start one, list them, stop one."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

from scripts.swarm import deploying, further_models, machines, model_stack, progress, settings
from scripts.swarm.deploying import say
from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import SETTINGS_LABEL

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""Part of addresses, as scripts/run/stack/model.sh has it for Compose."""
STOP_SECONDS = 90.0
"""Three times what an api gets to end its requests."""


def up(engine: Engine, environment: Mapping[str, str]) -> None:
    """Train the model of FOLDER, serve it, and give it to the edge and to Prometheus."""
    platform = settings.kept(engine)
    if not platform:
        raise SwarmError("the platform does not run: make swarm-up")
    folder = Path(environment["FOLDER"]).expanduser()
    if not (folder / "contract.yaml").is_file():
        raise SwarmError(f"{folder} has no contract.yaml: make contract CSV=path TARGET=name drafts one")
    model = deploying.model_name(str((folder / "contract.yaml").resolve()))
    _check(model, platform)
    chosen = settings.chosen(platform, environment)
    settings.check(chosen, len(machines.ready(engine)))
    labels = {further_models.LABEL: model, SETTINGS_LABEL: json.dumps(chosen, sort_keys=True)}
    deploying.stack(Engine(chosen), model_stack.render(model, folder, labels), model_stack.name_of(model))
    deploying.platform(platform, sorted({*further_models.running(engine), model}))
    deploying.wait_for_an_answer(machines.addresses(engine), f"/m/{model}/health/ready")


def listed(engine: Engine, _: Mapping[str, str]) -> None:
    """Say how each further model is."""
    for model in further_models.running(engine):
        for service in progress.services(engine, model_stack.name_of(model)):
            say(progress.describe(service))


def down(engine: Engine, environment: Mapping[str, str]) -> None:
    """Take MODEL from the edge and Prometheus and stop it; its volumes, versions and audit are kept."""
    model, models = environment["MODEL"], further_models.running(engine)
    if model not in models:
        raise SwarmError(f"no further model is named {model}; those that run: {', '.join(models) or 'none'}")
    if platform := settings.kept(engine):
        deploying.platform(platform, [one for one in models if one != model])
    stop(engine, model)


def stop(engine: Engine, model: str) -> None:
    """Stop the api first: the courier, when it is stopped, stores what the journal holds. Raises SwarmError."""
    stack = model_stack.name_of(model)
    api = f"{stack}_model-api"
    engine.text("service", "scale", "--detach", f"{api}=0")
    deadline = time.monotonic() + STOP_SECONDS
    while any(task["CurrentState"].startswith("Running") for task in engine.rows("service", "ps", api)):
        if time.monotonic() > deadline:
            raise SwarmError(f"{api} did not stop within {STOP_SECONDS:g} s: docker service ps {api}")
        time.sleep(0.5)
    engine.text("stack", "rm", stack)
    say(f"stopped {model}; its volumes are kept on the nodes, its versions in MLflow and its rows in the audit")


def _check(model: str, platform: Mapping[str, str]) -> None:
    if not NAME.fullmatch(model):
        raise SwarmError(
            f"the model's name '{model}' can't be an address: use small letters, digits, - and _, at most 40 "
            "(model: in its contract.yaml)"
        )
    if model == platform.get("MODEL_NAME"):
        raise SwarmError(f"{model} is the platform's first model: make swarm-up starts it")
