"""`python -m scripts.project new|upgrade`: behind `make new` and `make upgrade`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from scripts.project.create import create
from scripts.project.errors import ProjectError
from scripts.project.upgrade import Plan, apply, plan
from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 30
NEW = """
{folder} is a repository of its own.
Look for TODO in its data/contract.yaml, then:
  cd {folder} && make local
The first `make` there installs its packages: 450 MB to download, less those
that pip has kept, 1.8 GB on the disk, about two minutes."""


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.project", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    new = verbs.add_parser("new", help="a repository for a table of yours")
    new.add_argument("folder", type=Path)
    new.add_argument("csv")
    new.add_argument("target")
    upgrade = verbs.add_parser("upgrade", help="what a newer platform would change in this project")
    upgrade.add_argument("--folder", type=Path, default=ROOT, help="the project (default: this checkout)")
    upgrade.add_argument("--ref", help="a branch, tag or commit of the upstream (default: its main branch)")
    upgrade.add_argument("--apply", action="store_true", help="merge it")
    return parser.parse_args(argv)


def main(argv: list[str], console: Console) -> int:
    options = arguments(argv)
    try:
        if options.verb == "new":
            create(ROOT, options.folder.expanduser().resolve(), options.csv, options.target)
            console.print(NEW.format(folder=options.folder), markup=False, highlight=False, soft_wrap=True)
            return 0
        folder = options.folder.expanduser().resolve()
        found = plan(folder, options.ref)
        _show(found, console, applies=options.apply)
        if options.apply and found.commits:
            apply(folder, found)
            console.print("merged; `make demo` shows whether your table trains and serves as before")
    except ProjectError as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        return 1
    return 1 if found.refused else 0


def _show(found: Plan, console: Console, *, applies: bool) -> None:
    if not found.commits:
        console.print("up to date: the upstream has nothing that this project does not have")
        return
    console.print(f"{found.commits} newer commits, up to {found.ref[:12]}", highlight=False)
    if found.refused:
        console.print(f"[red]✗[/] the newer trainer refuses your settings: {found.refused}", highlight=False)
        console.print("change that, commit it, and run `make upgrade` again", highlight=False)
    elif found.ahead:
        console.print(
            f"your settings are written for the newer trainer already; the one you have says: {found.ahead}",
            highlight=False,
        )
    else:
        _lines(console, "your data/contract.yaml, with defaults: changes", found.contract)
        _lines(console, "your params.yaml, with defaults: changes", found.params)
        _lines(console, "your own values in params.yaml, which stay (platform → yours)", found.own)
    for file in found.conflicts:
        console.print(f"! both sides changed {file}; you will have to choose", highlight=False, soft_wrap=True)
    if not applies:
        console.print("nothing was changed; `make upgrade APPLY=1` merges it")


def _lines(console: Console, title: str, lines: tuple[str, ...]) -> None:
    console.print(f"{title}: {len(lines) or 'none'}", highlight=False, soft_wrap=True)
    for line in lines[:MOST_LINES]:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if len(lines) > MOST_LINES:
        console.print(f"  … and {len(lines) - MOST_LINES} more", highlight=False)


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:], Console()))
