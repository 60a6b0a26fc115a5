"""What was pushed is what was built: to a real registry, back by digest, and started with building disabled."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.stack.platform import HERE, CommandError, definition, run
from tests.support.servers import Server, free_port, http_answers

SERVICES = ("api", "courier", "trainer", "mlflow")
TAG = "registry-test"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


FIXABLE = {
    "vulnerability": {"id": "CVE-2026-1", "severity": "Critical", "fix": {"state": "fixed", "versions": ["1.1"]}},
    "artifact": {"name": "libssl", "version": "1.0"},
}


def program(path: Path, answer: dict[str, Any]) -> Path:
    """A program in the place of grype or syft: notes what it is asked and answers with `answer` as JSON."""
    path.write_text(f"#!/bin/sh\necho \"$@\" >'{path}.asked'\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
    path.chmod(0o755)
    return path


@dataclass(frozen=True)
class Images:
    """`make images`, `push`, `tags` and `smoke`, with names and a folder of their own."""

    folder: Path
    tag: str = TAG

    def __call__(self, *arguments: str, **variables: str) -> str:
        """What the verb says. Raises CommandError when it fails."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
        environment = {**kept, "IMAGE_TAG": self.tag, "IMAGES_DIR": str(self.folder), "COLUMNS": "200", **variables}
        command = [sys.executable, "-m", "scripts.images", *arguments]
        return run(*command, environment=environment, seconds=900).stdout

    def record(self, service: str) -> dict[str, Any]:
        recorded: dict[str, Any] = json.loads((self.folder / "pushed" / f"{service}.json").read_text())
        return recorded


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry of this module, empty: `localhost:PORT`."""
    if shutil.which("docker-registry") is None:
        pytest.skip("no registry program on this machine (Debian: apt-get install docker-registry)")
    home, port = tmp_path_factory.mktemp("registry"), free_port()
    storage = f"storage: {{filesystem: {{rootdirectory: {home / 'data'}}}}}"
    (home / "config.yml").write_text(f"version: 0.1\n{storage}\nhttp: {{addr: '127.0.0.1:{port}'}}\n")
    command = ["docker-registry", "serve", str(home / "config.yml")]
    with Server(command, {"PATH": os.environ["PATH"]}, log=home / "registry.log") as server:
        server.wait_until(lambda: http_answers(f"http://127.0.0.1:{port}/v2/"), "the registry answers", seconds=30)
        yield f"localhost:{port}"


@pytest.fixture(scope="module")
def verbs(images: frozenset[str], registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """The four images, built and pushed; every name they were given is taken back afterwards."""
    made = Images(tmp_path_factory.mktemp("images"))
    made("build")
    made("push", "--registry", registry)
    yield made
    names = run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}").stdout
    ours = [name for name in names.split() if name.startswith(f"{registry}/") or f":{TAG}" in name]
    run("docker", "image", "rm", "--force", *(name for name in ours if "<none>" not in name), check=False)


def ask(registry: str, path: str, accept: str = MANIFEST) -> httpx2.Response:
    return httpx2.get(f"http://{registry}/v2/{path}", headers={"Accept": accept}, timeout=10)


@pytest.mark.parametrize("service", SERVICES)
def test_the_registry_holds_every_byte_of_the_image_that_was_built(verbs: Images, registry: str, service: str) -> None:
    pushed, repository = verbs.record(service), f"mlops-iris-{service}"
    built = json.loads(run("docker", "image", "inspect", f"mlops-iris/{service}:{TAG}").stdout)[0]
    assert pushed["repository"] == f"{registry}/{repository}"
    assert list(pushed["platforms"]) == [built["Architecture"]]
    manifest = ask(registry, f"{repository}/manifests/{pushed['platforms'][built['Architecture']]}").json()
    assert manifest["config"]["digest"] == built["Id"]
    for blob in [manifest["config"], *manifest["layers"]]:
        held = httpx2.head(f"http://{registry}/v2/{repository}/blobs/{blob['digest']}", timeout=10)
        assert held.status_code == 200, blob


def test_an_image_says_version_and_commit_and_its_tag_is_that_commit(verbs: Images, registry: str) -> None:
    for service in SERVICES:
        pushed = verbs.record(service)
        labels = json.loads(run("docker", "image", "inspect", f"mlops-iris/{service}:{TAG}").stdout)[0]["Config"][
            "Labels"
        ]
        assert labels["org.opencontainers.image.version"] == pushed["version"]
        assert labels["org.opencontainers.image.revision"] == pushed["revision"]
        assert run("git", "cat-file", "-t", pushed["revision"][:40]).stdout == "commit\n"
        tag = pushed["revision"][:7] + ("-dirty" if pushed["revision"].endswith("-dirty") else "")
        assert tag in ask(registry, f"mlops-iris-{service}/tags/list").json()["tags"]


def test_tags_move_for_all_images_to_exactly_what_was_pushed(verbs: Images, registry: str) -> None:
    assert "latest" not in ask(registry, "mlops-iris-api/tags/list").json()["tags"]
    verbs("tags", "--ref", "refs/heads/main")
    for service in SERVICES:
        kinds = "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json"
        answer = ask(registry, f"mlops-iris-{service}/manifests/latest", kinds)
        assert answer.headers["Docker-Content-Digest"] == verbs.record(service)["digest"]


def test_a_version_is_not_given_to_images_that_are_of_another(verbs: Images, registry: str) -> None:
    with pytest.raises(CommandError, match=r"refs/tags/v99\.0\.0 is to be released and the images say"):
        verbs("tags", "--ref", "refs/tags/v99.0.0")
    assert "99.0.0" not in ask(registry, "mlops-iris-api/tags/list").json()["tags"]


def test_pushing_again_changes_nothing(verbs: Images, registry: str) -> None:
    before = verbs.record("courier")
    verbs("push", "courier", "--registry", registry)
    assert verbs.record("courier") == before


def test_an_image_travels_as_a_file_and_stays_itself(verbs: Images) -> None:
    name = f"mlops-iris/courier:{TAG}"
    before = run("docker", "image", "inspect", "--format={{.Id}}", name).stdout
    verbs("save", "courier")
    run("docker", "image", "rm", name, *(f"{name}-{one}" for one in verbs.record("courier")["platforms"]))
    verbs("load", "courier")
    assert run("docker", "image", "inspect", "--format={{.Id}}", name).stdout == before
    # A checkout of another name has another tag.
    elsewhere = f"{TAG}-elsewhere"
    Images(verbs.folder, tag=elsewhere)("load", "courier")
    there = run("docker", "image", "inspect", "--format={{.Id}}", f"mlops-iris/courier:{elsewhere}").stdout
    assert there == before


def test_every_image_keeps_its_size_budget(verbs: Images, note: Callable[[str], None]) -> None:
    table = verbs("budget")
    for line in table.splitlines():
        if any(f" {service} " in line for service in SERVICES):
            name, adds, budget = (part.strip() for part in line.strip("│").split("│"))
            note(f"image {name} adds {adds} MB to its base, of {budget} it may")


def test_a_scan_asks_about_each_image_and_ends_with_what_an_update_would_remove(verbs: Images, tmp_path: Path) -> None:
    quiet, loud = program(tmp_path / "quiet", {"matches": []}), program(tmp_path / "loud", {"matches": [FIXABLE]})
    assert "courier: 0 fixable high or critical, 0 of them not allowed" in verbs("scan", "courier", GRYPE=str(quiet))
    architecture = next(iter(verbs.record("courier")["platforms"]))
    assert f"docker:mlops-iris/courier:{TAG}-{architecture}" in quiet.with_suffix(".asked").read_text()
    with pytest.raises(CommandError, match=r"courier: Critical CVE-2026-1: libssl 1\.0, fixed in 1\.1"):
        verbs("scan", "courier", GRYPE=str(loud))


def test_the_list_of_contents_is_asked_for_in_the_format_that_is_attested(verbs: Images, tmp_path: Path) -> None:
    syft = program(tmp_path / "syft", {})
    message = verbs("sbom", "courier", SYFT=str(syft))
    architecture = next(iter(verbs.record("courier")["platforms"]))
    path = verbs.folder / "sbom" / f"courier-{architecture}.spdx.json"
    asked = syft.with_suffix(".asked").read_text()
    assert f"docker:mlops-iris/courier:{TAG}-{architecture}" in asked
    assert f"spdx-json={path}" in asked
    assert str(path) in message


def test_the_stack_starts_from_what_was_pushed_offline_and_with_nothing_to_build(
    verbs: Images, images: frozenset[str], note: Callable[[str], None]
) -> None:
    alertmanager = definition()["services"]["alertmanager"]["image"]
    arguments = ["smoke", "--pushed", "--offline"]
    if "debian" in run("docker", "run", "--rm", alertmanager, "--version").stdout:
        arguments += ["--also", str(HERE / "debian-alertmanager/override.yml")]
    for name in sorted(images):
        arguments += ["--without", name]
    found = verbs(*arguments)
    assert "a prediction was answered and is in the audit" in found
    note(f"from pushed images, offline: {found.strip().splitlines()[-1]}")
    left = run(
        "docker", "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=mlops-iris-smoke"
    ).stdout
    assert left == ""


def test_a_stack_whose_images_are_missing_says_so_and_builds_nothing(images: frozenset[str], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"the engine has no image mlops-iris/api:never-built: `make images` builds"):
        Images(tmp_path, tag="never-built")("smoke")
