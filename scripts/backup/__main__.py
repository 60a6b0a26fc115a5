"""`python -m scripts.backup save|restore`: what `make backup` and `make restore FILE=…` do."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from scripts.backup import archive, containers, embedded
from scripts.backup.errors import BackupError, NotConfirmedError
from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]


def main(argv: list[str]) -> int:
    """Returns 0, 1 when it could not be done, 2 for wrong usage or when nobody confirmed it."""
    options = arguments(argv)
    screen = Console(highlight=False)
    try:
        if options.verb == "save":
            save(options.root, options.file, screen)
        else:
            restore(options.root, options.file, screen, force=options.force)
    except NotConfirmedError as error:
        screen.print(f"[red]{error}[/]")
        return 2
    except (BackupError, OSError) as error:
        screen.print(f"[red]{error}[/]")
        return 1
    return 0


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.backup", description=__doc__)
    parser.add_argument("verb", choices=("save", "restore"))
    parser.add_argument("--file", type=Path, help="the archive; save has a default below var/backups")
    parser.add_argument("--force", action="store_true", help="restore without asking")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout of an embedded platform")
    options = parser.parse_args(argv)
    if options.verb == "restore" and options.file is None:
        parser.error("which archive? make restore FILE=var/backups/….tar")
    return options


def save(root: Path, file: Path | None, screen: Console) -> None:
    """Back up the containers where they run, else the embedded platform."""
    kind: archive.Kind = "containers" if {"postgres", "mlflow", "courier"} <= containers.running() else "embedded"
    target = file or root / "var/backups" / f"mlops-iris-{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        if kind == "containers":
            containers.save(Path(folder))
        else:
            embedded.save(root, Path(folder))
        manifest = archive.write(Path(folder), kind, target)
    for name, entry in manifest.files.items():
        screen.print(f"  {name:<16} {entry['size'] / 1e6:>8.1f} MB  sha256 {entry['sha256'][:16]}…")
    screen.print(f"{kind}: saved in {target}", soft_wrap=True)


def restore(root: Path, file: Path, screen: Console, *, force: bool) -> None:
    """Check all of the archive, ask, and put it in the place of what is there."""
    with archive.opened(file) as (manifest, folder):
        screen.print(f"{file}: {manifest.kind}, made {manifest.made_at}, every checksum right")
        if not force and not _confirmed(screen):
            raise NotConfirmedError("nothing was changed; `make restore FILE=… FORCE=1` does not ask")
        if manifest.kind == "containers":
            containers.restore(folder)
        else:
            embedded.restore(root, folder)
    screen.print("restored; what was answered since that backup is not in the store any more")


def _confirmed(screen: Console) -> bool:
    if not sys.stdin.isatty():
        return False
    return screen.input("This replaces the audit and MLflow's registry. Type yes to go on: ").strip() == "yes"


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:]))
