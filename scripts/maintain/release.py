"""`make release VERSION=x.y.z`: checks that all is ready to be tagged, and prints the commands. Changes nothing."""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console

from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?")
LOCK = "requirements.lock.txt"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def problems(root: Path, version: str) -> list[str]:
    """The reasons, as sentences, why the tree at `root` can't be released as `version`; none when it is ready."""
    if not VERSION.fullmatch(version):
        return [f"{version!r} is not a version such as 1.2.3 or 1.2.3-rc.1"]
    return [*_tree(root, version), *_versions(root, version), *_changelog(root, version), *_locks(root)]


def _tree(root: Path, version: str) -> Iterable[str]:
    if changed := _git(root, "status", "--porcelain"):
        yield f"the tree holds what no commit does: {', '.join(line[3:] for line in changed.splitlines()[:5])}"
    if _git(root, "tag", "--list", f"v{version}"):
        yield f"there is a tag v{version} already: a released version never changes"


def _versions(root: Path, version: str) -> Iterable[str]:
    for path in [root / "pyproject.toml", *sorted(root.glob("services/*/pyproject.toml"))]:
        if (found := _project(path)["version"]) != version:
            yield f"{path.relative_to(root)} says {found}, not {version}"
    for path in sorted(root.glob("services/*/Dockerfile")):
        if (default := re.search(r"^ARG VERSION=(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)) is None:
            yield f"{path.relative_to(root)} has no `ARG VERSION=…`, so its image would not carry a version"
        elif default[1] != version:
            yield f"{path.relative_to(root)} says {default[1]}, not {version}"


def _changelog(root: Path, version: str) -> Iterable[str]:
    sections = re.split(r"^## ", (root / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    texts = {section.split(maxsplit=1)[0]: section.partition("\n")[2].strip() for section in sections}
    if not texts.get(version):
        yield f"CHANGELOG.md says nothing under `## {version}`"
    if texts.get("Unreleased"):
        yield f"CHANGELOG.md has changes under `## Unreleased`: they belong under `## {version}`"


def _locks(root: Path) -> Iterable[str]:
    """The lock holds what every package asks for, and each service's lock is a part of it."""
    whole = _pins(root / LOCK)
    tools = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("dependency-groups", {})
    wanted = {"pyproject.toml": (tools.get("dev", []), whole)}
    for folder in sorted(path.parent for path in root.glob(f"services/*/{LOCK}")):
        pins = _pins(folder / LOCK)
        name = str(folder.relative_to(root))
        if differing := sorted(one for one, version in pins.items() if whole.get(one) != version):
            yield f"{name}/{LOCK} and {LOCK} disagree on {', '.join(differing)}: make lock"
        if (project := folder / "pyproject.toml").is_file():
            wanted[f"{name}/pyproject.toml"] = (_project(project)["dependencies"], pins)
        else:
            wanted[f"{name}/requirements.in"] = (_lines(folder / "requirements.in"), pins)
    for source, (requirements, pins) in wanted.items():
        for requirement in map(Requirement, requirements):
            if requirement.marker and not requirement.marker.evaluate():
                continue
            locked = pins.get(canonicalize_name(requirement.name))
            if locked is None or not requirement.specifier.contains(locked, prereleases=True):
                yield f"{source} asks for {requirement}, the lock has {locked or 'none'}: make lock"


def _pins(path: Path) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PINNED.findall(path.read_text(encoding="utf-8"))}


def _lines(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def _project(path: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return project


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.rstrip()


def main(argv: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("version", help="the version to release, such as 1.2.3")
    parser.add_argument("--check", action="store_true", help="only check; the pipeline asks this of a tag it is given")
    options = parser.parse_args(argv)
    version, console = options.version.removeprefix("v"), Console(soft_wrap=True, highlight=False)
    found = problems(root, version)
    if options.check:  # the tag is what started the check
        found = [one for one in found if not one.startswith("there is a tag")]
    for problem in found:
        console.print(f"[red]✗[/] {problem}", markup=True)
    if found:
        return 1
    console.print(f"[green]✓[/] {version} is ready: tree, versions, changelog and locks agree")
    if not options.check:
        console.print(f"\ngit tag --annotate v{version} --message 'mlops-iris {version}'\ngit push origin v{version}\n")
        console.print("The tag starts the pipeline: it proves the images again and pushes them as that version.")
    return 0


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:]))
