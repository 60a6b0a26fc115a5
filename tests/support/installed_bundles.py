"""A bundle that is installed from a dictionary of its files."""

from pathlib import Path

from courier.following.bundle_rules import MANIFEST
from courier.following.bundles import Bundles

Files = dict[str, bytes]


def install(bundles: Bundles, bundle: str, files: Files, listed: dict[str, int | None] | None = None) -> None:
    def fetch(name: str, to: Path, most: int) -> None:
        assert len(files[name]) <= most or name != MANIFEST
        to.write_bytes(files[name])

    bundles.install(bundle, listed or {name: len(content) for name, content in files.items()}, fetch)
