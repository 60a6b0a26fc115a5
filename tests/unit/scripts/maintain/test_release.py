"""A release is only called ready when tree, versions, changelog and locks agree."""

import subprocess
from pathlib import Path

import pytest

from scripts.maintain.release import main, problems

VERSION = "1.2.3"
FILES = {
    "pyproject.toml": '[project]\nname = "whole"\nversion = "1.2.3"\n[dependency-groups]\ndev = ["pytest>=9"]\n',
    "requirements.lock.txt": (
        "pytest==9.2.0 \\\n    --hash=sha256:00\norjson==3.11.4 \\\n    --hash=sha256:01\nmlflow==3.17.2\n"
    ),
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-11-23)\n\n- It starts.\n",
    "services/api/pyproject.toml": '[project]\nname = "api"\nversion = "1.2.3"\ndependencies = ["orjson>=3.11"]\n',
    "services/api/requirements.lock.txt": "orjson==3.11.4 \\\n    --hash=sha256:01\n",
    "services/api/Dockerfile": 'FROM python\nARG VERSION=1.2.3\nLABEL version="$VERSION"\n',
    "services/mlflow/requirements.in": "# the server\nmlflow>=3.17.2,<3.18  # pinned\n",
    "services/mlflow/requirements.lock.txt": "mlflow==3.17.2\n",
}


def git(root: Path, *arguments: str) -> None:
    person = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "-C", str(root), *person, *arguments], check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A committed tree that is ready to be released as 1.2.3."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "all of it")
    return tmp_path


def change(tree: Path, name: str, old: str, new: str) -> None:
    path = tree / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    git(tree, "commit", "--quiet", "--all", "--message", "a change")


def test_a_tree_in_which_everything_agrees_is_ready(tree: Path) -> None:
    assert problems(tree, VERSION) == []


def test_a_ready_tree_gets_the_commands_that_release_it(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([VERSION], tree) == 0
    printed = capsys.readouterr().out
    assert "git tag --annotate v1.2.3" in printed
    assert "git push origin v1.2.3" in printed


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("services/api/pyproject.toml", "1.2.3", "1.2.2", "services/api/pyproject.toml says 1.2.2, not 1.2.3"),
        ("pyproject.toml", "1.2.3", "1.3.0", "pyproject.toml says 1.3.0, not 1.2.3"),
        ("services/api/Dockerfile", "1.2.3", "0.1.0", "services/api/Dockerfile says 0.1.0, not 1.2.3"),
        ("services/api/Dockerfile", "ARG VERSION=1.2.3\n", "", "services/api/Dockerfile has no `ARG VERSION=…`"),
        ("CHANGELOG.md", "- It starts.\n", "", "CHANGELOG.md says nothing under `## 1.2.3`"),
        ("CHANGELOG.md", "## 1.2.3 (2026", "## 1.2.4 (2026", "CHANGELOG.md says nothing under `## 1.2.3`"),
        (
            "CHANGELOG.md",
            "## Unreleased\n",
            "## Unreleased\n\n- New.\n",
            "CHANGELOG.md has changes under `## Unreleased`",
        ),
        ("services/api/pyproject.toml", "orjson>=3.11", "orjson>=4", "asks for orjson>=4, the lock has 3.11.4"),
        ("services/api/pyproject.toml", "orjson>=3.11", "httpx", "asks for httpx, the lock has none"),
        ("services/mlflow/requirements.in", "3.17.2,", "3.17.9,", "requirements.in asks for mlflow<3.18,>=3.17.9"),
        ("pyproject.toml", "pytest>=9", "pytest>=10", "pyproject.toml asks for pytest>=10, the lock has 9.2.0"),
        ("services/api/requirements.lock.txt", "3.11.4", "3.11.5", "disagree on orjson: make lock"),
    ],
)
def test_each_disagreement_is_named(tree: Path, name: str, old: str, new: str, message: str) -> None:
    change(tree, name, old, new)
    found = problems(tree, VERSION)
    assert len(found) == 1, found
    assert message in found[0]
    assert main([VERSION, "--check"], tree) == 1


def test_a_tree_that_differs_from_its_commit_is_not_released(tree: Path) -> None:
    (tree / "services" / "api" / "forgotten.py").write_text("", encoding="utf-8")
    (found,) = problems(tree, VERSION)
    assert found.startswith("the tree holds what no commit does: services/api/forgotten.py")


def test_a_version_is_released_once_and_its_own_tag_can_be_checked(tree: Path) -> None:
    git(tree, "tag", "v1.2.3")
    (found,) = problems(tree, VERSION)
    assert "a released version never changes" in found
    assert main([VERSION], tree) == 1
    assert main(["v1.2.3", "--check"], tree) == 0


@pytest.mark.parametrize("version", ["", "1.2", "01.2.3", "1.2.3.4", "latest", "1.2.3;true", "1.2.3-"])
def test_what_is_not_a_version_is_refused(tree: Path, version: str) -> None:
    (found,) = problems(tree, version)
    assert "is not a version such as" in found
