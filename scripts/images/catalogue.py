"""Lists the images that docker-bake.hcl declares and those of them that the engine holds."""

import tomllib
from dataclasses import dataclass
from typing import Any

from scripts.images.errors import ImagesError, ProgramError
from scripts.images.programs import ROOT, parsed, run, text

BAKE = (str(ROOT / "scripts" / "run" / "stack" / "bake.sh"),)
"""Buildx, with the tag and the labels that Compose and .env come to."""
ARCHITECTURES = ("amd64", "arm64")
REVISION_LABEL = "org.opencontainers.image.revision"
VERSION_LABEL = "org.opencontainers.image.version"


@dataclass(frozen=True)
class Image:
    """One image of docker-bake.hcl. `name` is what docker-compose.yml calls it."""

    service: str
    name: str
    dockerfile: str

    def of(self, architecture: str) -> str:
        """Its name for one architecture, so that two of them can lie in one engine."""
        return f"{self.name}-{architecture}"

    @property
    def base(self) -> str:
        """The image that the last stage is built on."""
        lines = (ROOT / self.dockerfile).read_text(encoding="utf-8").splitlines()
        return [line.split()[1] for line in lines if line.startswith("FROM ")][-1]


def catalogue(services: list[str]) -> list[Image]:
    """The images of `services`, or all of them. Raises ImagesError for one that docker-bake.hcl does not have."""
    targets = parsed(*BAKE, "--print")["target"]
    if unknown := sorted(set(services) - set(targets)):
        raise ImagesError(f"docker-bake.hcl has no image {', '.join(unknown)}; it has {', '.join(sorted(targets))}")
    return [
        Image(service, target["tags"][0], target["dockerfile"])
        for service, target in targets.items()
        if not services or service in services
    ]


def build(images: list[Image]) -> None:
    """Build `images` into the engine, labelled with the version of pyproject.toml and the commit.

    A REVISION in .env or in the environment stands in the place of the commit.
    """
    environment = {
        "VERSION": version(),
        "COMMIT": revision(),
        # The pushed index is what gets attested; a second kind of attestation would only make digests differ.
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
    }
    run(*BAKE, *(image.service for image in images), environment=environment)
    for image in images:
        run("docker", "tag", image.name, image.of(architecture(image.name)))


def version() -> str:
    """The version of the whole, from pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def revision() -> str:
    """The commit's hash; with `-dirty` behind it where the tree holds something else than that commit."""
    try:
        return text("git", "describe", "--always", "--abbrev=40", "--match=", "--dirty")
    except ProgramError:
        return "unknown"


def inspected(image: str) -> dict[str, Any]:
    """The engine's description of `image`. Raises ImagesError where it has no such image."""
    try:
        found: dict[str, Any] = parsed("docker", "image", "inspect", image)[0]
    except ProgramError as error:
        raise ImagesError(f"the engine has no image {image}: `make images` builds it ({error})") from error
    return found


def architecture(image: str) -> str:
    return str(inspected(image)["Architecture"])


def architectures(image: Image) -> list[str]:
    """The architectures of `image` that lie in the engine."""
    names = text("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", image.name.rpartition(":")[0])
    return [one for one in ARCHITECTURES if image.of(one) in names.split()]


def label(image: str, name: str) -> str:
    labels = inspected(image)["Config"].get("Labels") or {}
    if name not in labels:
        raise ImagesError(f"{image} has no label {name}: was it built by `make images`?")
    return str(labels[name])
