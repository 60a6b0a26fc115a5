"""What pages and Compose files tell people to put into the checkout enters neither git nor an image."""

import re
import subprocess
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALWAYS = {".env", ".env.local", "docker-compose.override.yml", "compose.override.yaml"}
"""Compose reads these by itself, whether a page names them or not."""
MOUNTED = re.compile(r"(?<![\w.])\./([\w./-]+)(?=[:\s`\"'\])]|$)", re.MULTILINE)
"""A path of the checkout as Compose and a shell write it."""
PRIVATE = re.compile(
    r"(?<![\w./-])((?:[\w-]+/)*(?:secrets|keys)/[\w./-]+|[\w-]*compose\.override\.ya?ml|\.env)(?![\w/-])"
)
PLACES = ("*.md", "docs/**/*.md", "docker-compose*.yml", ".env.example", "monitoring/**/*.yml")


@cache
def tracked() -> frozenset[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = {name for name in listed.split("\0") if name}
    return frozenset(files | {str(parent) for name in files for parent in PurePosixPath(name).parents})


def recommended() -> set[str]:
    """Paths in pages and Compose files that nothing of the repository is at: a person is to make them."""
    files = [file for place in PLACES for file in ROOT.glob(place) if str(file.relative_to(ROOT)) in tracked()]
    named = {
        match[1].rstrip("./")
        for file in files
        for pattern in (MOUNTED, PRIVATE)
        for match in pattern.finditer(file.read_text(encoding="utf-8"))
    }
    return {path for path in named | ALWAYS if path not in tracked()}


def in_build_context(path: str) -> bool:
    """Whether .dockerignore lets `path` in: the last line that fits it, or one of its parents, decides."""
    inside = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").replace("**/", "*")
        if any(fnmatchcase(str(one), pattern) for one in (PurePosixPath(path), *PurePosixPath(path).parents)):
            inside = line.startswith("!")
    return inside


def test_the_pages_name_the_paths_that_this_is_about() -> None:
    assert recommended() >= {
        "secrets/database_url",
        "s3-credentials",
        "docker-compose.override.yml",
        "monitoring/alertmanager/secrets/slack_url",
        "keys/api-keys.json",
        ".env",
    }


def test_git_ignores_everything_that_the_pages_ask_people_to_make() -> None:
    paths = sorted(recommended())
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert set(paths) - set(done.stdout.splitlines()) == set()


def test_no_image_is_built_from_any_of_it() -> None:
    assert [path for path in sorted(recommended()) if in_build_context(path)] == []
    assert in_build_context("services/api/Dockerfile")
    assert not in_build_context("data/processed/iris.csv")
