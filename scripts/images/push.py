"""Push what was proved under its digest and its commit alone; afterwards move the tags people use."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.images.catalogue import REVISION_LABEL, VERSION_LABEL, Image, architectures, inspected, label
from scripts.images.errors import ImagesError, RegistryError
from scripts.images.programs import folder, parsed, run

PUSHED = "pushed"
TOOLS = ("docker", "buildx", "imagetools")
COMMIT_CHARACTERS = 7
RELEASE_REF = re.compile(r"refs/tags/v((\d+)\.(\d+)\.\d+)(-[0-9A-Za-z.-]+)?")


@dataclass(frozen=True)
class Pushed:
    """An image in a registry. `digest` is the index over the `platforms` (architecture: digest)."""

    service: str
    repository: str
    digest: str
    platforms: dict[str, str]
    revision: str
    version: str

    @property
    def reference(self) -> str:
        return f"{self.repository}@{self.digest}"

    def pulled(self) -> str:
        """Pull it by its digest and return the reference; a digest can't be answered with anything else."""
        run("docker", "pull", "--quiet", self.reference)
        return self.reference


def push(image: Image, registry: str) -> Pushed:
    """Push every architecture of `image`, join them in one index tagged with the commit, and record the digests.

    `registry` is a host and the path before the image's name: `localhost:5000`, `ghcr.io/owner`.
    Raises ImagesError when the image is not built, or its architectures are of different commits; RegistryError
    when the registry does not hold exactly what the engine pushed.
    """
    present = architectures(image)
    revisions = {one: label(image.of(one), REVISION_LABEL) for one in present}
    if len(set(revisions.values())) != 1:
        raise ImagesError(f"{image.service} is not built, or its architectures are of different commits: {revisions}")
    revision = revisions[present[0]]
    repository = f"{registry.strip('/').lower()}/mlops-iris-{image.service}"
    commit = commit_tag(revision)
    platforms = {one: _push_one(image.of(one), f"{repository}:{commit}-{one}") for one in present}
    run(*TOOLS, "create", "--tag", f"{repository}:{commit}", *(f"{repository}@{one}" for one in platforms.values()))
    pushed = Pushed(
        image.service,
        repository,
        _digest(f"{repository}:{commit}"),
        platforms,
        revision,
        label(image.of(present[0]), VERSION_LABEL),
    )
    (folder(PUSHED) / f"{image.service}.json").write_text(json.dumps(asdict(pushed), indent=2) + "\n", encoding="utf-8")
    tell_workflow(pushed)
    return pushed


def move_tags(images: list[Image], tags: list[str]) -> list[Pushed]:
    """Point each of `tags` at the recorded digest of each image. Raises ImagesError unless all are of one commit."""
    pushed = [recorded(image) for image in images]
    if len({one.revision for one in pushed}) != 1:
        raise ImagesError(f"the images are of different commits: { {one.service: one.revision for one in pushed} }")
    for one in pushed:
        for tag in tags:
            run(*TOOLS, "create", "--tag", f"{one.repository}:{tag}", one.reference)
            if (found := _digest(f"{one.repository}:{tag}")) != one.digest:
                raise RegistryError(f"{one.repository}:{tag} is {found} and should be {one.digest}")
    return pushed


def recorded(image: Image) -> Pushed:
    """The record that `push` made of `image`. Raises ImagesError where it did not."""
    path = folder(PUSHED) / f"{image.service}.json"
    if not path.is_file():
        raise ImagesError(f"{image.service} was not pushed: {path} is not there")
    return Pushed(**json.loads(path.read_text(encoding="utf-8")))


def commit_tag(revision: str) -> str:
    """The tag of a commit: seven characters, and `-dirty` where the tree held something else. Raises ImagesError."""
    if not re.fullmatch(r"[0-9a-f]{40}(-dirty)?", revision):
        raise ImagesError(f"an image labelled with revision {revision!r} is of no commit: build it in a git checkout")
    return revision[:COMMIT_CHARACTERS] + revision[40:]


def tags_of(ref: str, version: str) -> list[str]:
    """The moving tags a git ref stands for.

    `latest` on main; `1.2.3` and `1.2` on the tag v1.2.3; `1.2.3-rc.1` alone on v1.2.3-rc.1; none on any other ref.
    Raises ImagesError when a tag is not of the version the images are labelled with.
    """
    if ref == "refs/heads/main":
        return ["latest"]
    release = RELEASE_REF.fullmatch(ref)
    if release is None:
        return []
    whole, major, minor, before = release.groups()
    if whole + (before or "") != version:
        raise ImagesError(f"{ref} is to be released and the images say {version}: see `make release`")
    return [version] if before else [version, f"{major}.{minor}"]


def holds(manifest: dict[str, Any], digest: str, image_id: str) -> bool:
    """Is `manifest`, which has this `digest`, the image the engine calls `image_id`?

    An engine names an image by the digest of its configuration, or, with containerd's store, of its manifest. Either
    covers every byte of every layer.
    """
    return image_id in (digest, manifest.get("config", {}).get("digest"))


def tell_workflow(pushed: Pushed) -> None:
    """In a GitHub workflow: give the steps that follow the subject to attest."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"name={pushed.repository}\ndigest={pushed.digest}\n")


def _push_one(local: str, remote: str) -> str:
    run("docker", "tag", local, remote)
    run("docker", "push", "--quiet", remote)
    digest = _digest(remote)
    manifest = parsed(*TOOLS, "inspect", "--raw", f"{remote.rpartition(':')[0]}@{digest}")
    if not holds(manifest, digest, inspected(local)["Id"]):
        raise RegistryError(f"{remote} is {digest} in the registry, which is not the image {local} that was proved")
    return digest


def _digest(reference: str) -> str:
    return str(parsed(*TOOLS, "inspect", "--format={{json .Manifest}}", reference)["digest"])
