"""A Compose file over docker-compose.yml that names finished images and takes the building away."""

from collections.abc import Mapping
from typing import Any

import yaml

from scripts.images.errors import ImagesError
from scripts.images.programs import parsed

NO_WAY_OUT = {"com.docker.network.bridge.enable_ip_masquerade": "false"}


class Reset:
    """Compose's `!reset null`: as if docker-compose.yml did not have it."""


def _write_reset(dumper: yaml.SafeDumper, _: Reset) -> yaml.Node:
    return dumper.represent_scalar("!reset", "null")


class Dumper(yaml.SafeDumper):
    """YAML with Compose's own tag."""


Dumper.add_representer(Reset, _write_reset)


def stack() -> dict[str, Any]:
    """docker-compose.yml as Compose reads it, with every default filled in."""
    read: dict[str, Any] = parsed("docker", "compose", "--file", "docker-compose.yml", "config", "--format", "json")
    return read


def override(stack: Mapping[str, Any], images: Mapping[str, str], *, offline: bool = False) -> str:
    """The override. `images` maps a name docker-compose.yml builds to the reference to start in its place.

    With `offline` no network of the stack has a way out. Raises ImagesError for something built that `images` lacks.
    """
    services = {}
    for name, service in stack["services"].items():
        if "build" not in service:
            continue
        if service["image"] not in images:
            raise ImagesError(f"docker-compose.yml builds {service['image']} for {name}, docker-bake.hcl does not")
        services[name] = {"image": images[service["image"]], "build": Reset(), "pull_policy": "never"}
    written: dict[str, Any] = {"services": services}
    if offline:
        written["networks"] = {
            name: {"driver_opts": NO_WAY_OUT}
            for name, network in stack["networks"].items()
            if not network.get("internal")
        }
    return yaml.dump(written, Dumper=Dumper, sort_keys=False)
