"""Images as files, so that the bytes one machine proved are the bytes another one starts and pushes."""

from pathlib import Path

from scripts.images.catalogue import Image, architecture, architectures
from scripts.images.errors import ImagesError
from scripts.images.programs import folder, run, text

ARCHIVES = "archives"


def save(images: list[Image]) -> list[Path]:
    """Write each image of this machine's architecture to var/images/archives."""
    written = []
    for image in images:
        built = architecture(image.name)
        path = folder(ARCHIVES) / f"{image.service}-{built}.tar"
        run("docker", "save", "--output", str(path), image.of(built))
        written.append(path)
    return written


def load(images: list[Image]) -> None:
    """Take every archive of `images` into the engine; this machine's architecture also under the name Compose starts.

    Raises ImagesError for an image without an archive.
    """
    native = text("docker", "version", "--format", "{{.Server.Arch}}")
    for image in images:
        paths = sorted(folder(ARCHIVES).glob(f"{image.service}-*.tar"))
        if not paths:
            raise ImagesError(f"no archive of {image.service} in {folder(ARCHIVES)}")
        for path in paths:
            # It comes with the name of the machine that wrote it, where the tag may be another.
            loaded = text("docker", "load", "--quiet", "--input", str(path)).rpartition("Loaded image: ")[2]
            run("docker", "tag", loaded, image.of(path.stem.removeprefix(f"{image.service}-")))
        if native in architectures(image):
            run("docker", "tag", image.of(native), image.name)
