"""The contents of an image, as an SPDX document that can be attested."""

import os
from pathlib import Path

from scripts.images.catalogue import Image, architecture
from scripts.images.programs import folder, run

DOCUMENTS = "sbom"


def write(images: list[Image]) -> list[Path]:
    """Have syft list the contents of each image, one document per image and architecture. Raises ProgramError."""
    syft = os.environ.get("SYFT") or "syft"  # a workflow's download is not on the path
    written = []
    for image in images:
        built = architecture(image.name)
        path = folder(DOCUMENTS) / f"{image.service}-{built}.spdx.json"
        run(syft, "scan", f"docker:{image.of(built)}", "--quiet", "--output", f"spdx-json={path}")
        written.append(path)
    return written
