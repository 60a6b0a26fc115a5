"""Hands a rendered stack to Docker, waits for it, and shows what became of it."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from urllib.error import URLError
from urllib.request import urlopen

from scripts.swarm import further_models, progress
from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import ROOT, SETTINGS_LABEL, STACK, render, written_config

PORT = 8000
ANSWER_SECONDS = 120.0


def platform(chosen: Mapping[str, str], models: Sequence[str]) -> None:
    """Deploy the platform's stack with these settings; its edge and Prometheus know the further `models`.

    Raises SwarmError: Docker refused it, or it was rolled back.
    """
    engine = Engine(chosen)
    without, publish = chosen.get("WITHOUT", "").split(), chosen.get("PUBLISH", "").split()
    if without:
        say(f"left out by WITHOUT: {', '.join(without)}")
    first = chosen.get("MODEL_NAME", "")
    text = render(without, publish, {SETTINGS_LABEL: json.dumps(chosen, sort_keys=True)}, models, first)
    for key, content in further_models.written(models, first).items():
        _write(engine, written_config(key, content)["name"], content)
    stack(engine, text, STACK)


def stack(engine: Engine, text: str, name: str) -> None:
    """Deploy the stack file `text` as `name`, and wait until all of it runs. Raises SwarmError as `platform` does."""
    deploy = ("stack", "deploy", "--compose-file", "-", "--with-registry-auth", "--prune", "--detach=true", name)
    engine.text(*deploy, stdin=text)
    for service in progress.wait(engine, name):
        say(progress.describe(service))
    _forget_configs(engine, text, name)


def _write(engine: Engine, name: str, content: str) -> None:
    if not any(row["Name"] == name for row in engine.rows("config", "ls", "--filter", f"name={name}")):
        engine.text("config", "create", "--label", f"com.docker.stack.namespace={STACK}", name, "-", stdin=content)


def _forget_configs(engine: Engine, text: str, stack: str) -> None:
    """Remove configs of earlier deployments that nothing uses any more."""
    for row in engine.rows("config", "ls", "--filter", f"label=com.docker.stack.namespace={stack}"):
        if f"name: {row['Name']}\n" not in text:
            try:
                engine.text("config", "rm", row["Name"])
            except SwarmError:
                continue  # the specification that a rollback would return to still names it


def model_name(contract: str | None = None) -> str:
    """The model that this checkout's platform serves, or that of a contract. Raises SwarmError."""
    program = str(ROOT / "scripts" / "run" / "stack" / "model_name.sh")
    words = [program] if contract is None else [program, contract]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SwarmError(f"the model's name cannot be read: {done.stderr.strip()}")
    return done.stdout.strip()


def wait_for_an_answer(addresses: Sequence[str], path: str = "/health/ready") -> None:
    """Until an edge has a ready api behind `path`; where no node can be reached from here, say so and go on."""
    deadline = time.monotonic() + ANSWER_SECONDS
    problem = ""
    while time.monotonic() < deadline:
        for address in addresses:
            try:
                with urlopen(f"http://{address}:{PORT}{path}", timeout=3):
                    before = path.removesuffix("/health/ready")
                    say("answers on " + ", ".join(f"http://{one}:{PORT}{before}" for one in addresses))
                    return
            except (URLError, OSError) as error:
                problem = f"{address}: {error}"
        time.sleep(1)
    say(f"no node answered within {ANSWER_SECONDS:g} s, as seen from here ({problem})")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
