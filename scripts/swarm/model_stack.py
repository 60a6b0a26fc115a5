"""The stack of one further model: three services of stack.yml, changed as deploy/models/docker-compose.yml says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import FILE, ROOT, STACK, digest, secrets

DIFFERENCES = ROOT / "deploy" / "models" / "docker-compose.yml"
FOLDER = "/opt/pipeline/data"
"""Of the trainer: what `data/` is in a checkout."""
MADE = ("raw", "processed", "feedback", "schema.json", "metadata.json")
"""In a data folder, and made from the rest of it."""
MOST_BYTES = 1000 * 1024
"""Of one config; Docker takes no larger one."""
MOST_FILES = 100
ATTEMPTS = 2
"""MLflow runs already, so a training that fails does not wait for it."""
OF_THE_PLATFORM = ("APIS_WANTED",)
"""Settings of Compose's further models that a swarm has by itself: as many apis as the platform's own model."""


class _Merging(yaml.SafeLoader):
    """Reads Compose's tags `!reset` and `!override` as the value that they stand before."""


def _plain(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None


_Merging.add_constructor("!reset", _plain)
_Merging.add_constructor("!override", _plain)


def differences(model: str) -> dict[str, Any]:
    """deploy/models/docker-compose.yml with the model's name in its place; what stays as it is by `!reset` is None."""
    text = DIFFERENCES.read_text(encoding="utf-8").replace("${MODEL}", model)
    found: dict[str, Any] = _Merging(text).get_single_data()
    return found


def name_of(model: str) -> str:
    """The stack's name, which begins the names of its services and volumes."""
    return f"{STACK}-{model}"


def render(model: str, folder: Path, labels: dict[str, str]) -> str:
    """The stack file of `model` as YAML; its variables are left for Docker to fill in.

    The files of `folder` become configs of the trainer. `labels` are put on the api's service. Raises SwarmError for
    a folder that configs cannot hold.
    """
    stack: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    different = differences(model)
    services = {
        name: _service(stack["services"][own["extends"]["service"]], own) for name, own in different["services"].items()
    }
    files = list(_configs(model, folder))
    services["trainer"]["configs"] = [mount for mount, _ in files]
    services["trainer"]["deploy"]["restart_policy"]["max_attempts"] = ATTEMPTS
    services["model-api"]["deploy"]["labels"] = labels
    rendered: str = yaml.safe_dump(
        {
            "services": services,
            "networks": {key: {"external": True, "name": f"{STACK}_{key}"} for key in different["networks"]},
            "volumes": {key: {} for key in stack["volumes"] if key in different["volumes"]},
            "configs": dict(config for _, config in files),
            "secrets": secrets(services),
        },
        sort_keys=False,
    )
    return rendered


def _service(original: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    changed = {name: value for name, value in own["environment"].items() if name not in OF_THE_PLATFORM}
    return {
        **original,
        "environment": {**original["environment"], **changed},
        "networks": own.get("networks", original["networks"]),
    }


def _configs(model: str, folder: Path) -> Iterator[tuple[dict[str, Any], tuple[str, dict[str, str]]]]:
    """Where the trainer has each file, and the config that holds it."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not _is_left_out(file, folder)]
    if len(files) > MOST_FILES:
        raise SwarmError(f"{folder} has {len(files)} files; a further model on a swarm takes at most {MOST_FILES}")
    for number, file in enumerate(files):
        if file.stat().st_size > MOST_BYTES:
            raise SwarmError(
                f"{file} has {file.stat().st_size:,} bytes, and a config of a swarm takes {MOST_BYTES:,}. Let the "
                "contract's `source` be an address (https://… or postgresql://…), and move the file out of the folder."
            )
        key, target = f"file{number}", f"{FOLDER}/{file.relative_to(folder).as_posix()}"
        name = f"{name_of(model)}_{digest(target.encode() + file.read_bytes())}"
        # The trainer copies it with its mode, and has to be able to write the copy the next time.
        mount = {"source": key, "target": _literal(target), "mode": 0o644}
        yield mount, (key, {"name": name, "file": _literal(str(file.resolve()))})


def _literal(text: str) -> str:
    """As Docker reads it: a lone $ would begin a variable."""
    return text.replace("$", "$$")


def _is_left_out(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return parts[0] in MADE or any(part.startswith(".") for part in parts)
