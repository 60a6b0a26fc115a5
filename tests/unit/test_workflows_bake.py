"""docker-bake.hcl, docker-compose.yml, the Dockerfiles and the workflows name the same images."""

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.missing import skip_without

ROOT = Path(__file__).resolve().parents[2]


INSTALL = {plugin: f"apt-get install docker-{plugin}-plugin" for plugin in ("buildx", "compose")}


def has_plugin(plugin: str, environment: dict[str, str]) -> bool:
    """Whether there is a docker program with this plugin: Debian's own package docker.io has none."""
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", plugin, "version"], env=environment, capture_output=True, check=False)
    return asked.returncode == 0


def docker(*arguments: str) -> Any:
    """What the docker program reads in a file; it asks no engine and no network for that."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    if not has_plugin(arguments[0], kept):
        skip_without(f"docker {arguments[0]}", INSTALL[arguments[0]])
    kept["IMAGE_TAG"] = "one-for-both"
    done = subprocess.run(["docker", *arguments], cwd=ROOT, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def baked() -> dict[str, dict[str, Any]]:
    targets: dict[str, dict[str, Any]] = docker("buildx", "bake", "--file", "docker-bake.hcl", "--print")["target"]
    return targets


def test_compose_builds_the_images_of_the_bake_file_and_no_others(baked: dict[str, dict[str, Any]]) -> None:
    services = docker("compose", "--file", "docker-compose.yml", "config", "--format", "json")["services"]
    composed = {
        (one["image"], one["build"]["dockerfile"], frozenset(one["build"].get("args", {})), one["build"].get("target"))
        for one in services.values()
        if "build" in one
    }
    defined = {(one["tags"][0], one["dockerfile"], frozenset(one["args"]), one.get("target")) for one in baked.values()}
    assert composed == defined
    assert {Path(one["build"]["context"]) for one in services.values() if "build" in one} == {ROOT}


def test_each_image_is_named_for_the_folder_its_dockerfile_lies_in(baked: dict[str, dict[str, Any]]) -> None:
    assert {one["dockerfile"] for one in baked.values()} == {
        str(path.relative_to(ROOT)) for path in ROOT.glob("services/*/Dockerfile")
    }
    assert all(one["dockerfile"] == f"services/{name}/Dockerfile" for name, one in baked.items())


def test_every_image_has_a_budget_and_every_budget_an_image(baked: dict[str, dict[str, Any]]) -> None:
    with (ROOT / "scripts" / "images" / "budgets.toml").open("rb") as file:
        assert set(tomllib.load(file)) == set(baked)


def test_the_workflow_builds_and_pushes_every_image_on_both_architectures(baked: dict[str, dict[str, Any]]) -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "images.yml").read_text(encoding="utf-8"))["jobs"]
    assert set(jobs["build"]["strategy"]["matrix"]["service"]) == set(baked)
    assert set(jobs["push"]["strategy"]["matrix"]["service"]) == set(baked)
    for job in ("build", "smoke"):
        runners = {one["architecture"]: one["runner"] for one in jobs[job]["strategy"]["matrix"]["include"]}
        assert runners == {"amd64": "ubuntu-24.04", "arm64": "ubuntu-24.04-arm"}


def test_dependabot_watches_every_dockerfile(baked: dict[str, dict[str, Any]]) -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    watched = {folder for one in updates for folder in one.get("directories", [])}
    assert watched == {f"/{Path(one['dockerfile']).parent}" for one in baked.values()}
