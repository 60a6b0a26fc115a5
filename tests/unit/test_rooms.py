"""What import contracts cannot say: a room names itself, and one room alone knows a library's internals."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / f"services/{service}/src/{service}" for service in ("api", "courier", "trainer")]
# Modules of prometheus_client that its documentation does not name.
INTERNALS = {"prometheus_client.metrics", "prometheus_client.mmap_dict", "prometheus_client.values"}


def rooms() -> list[Path]:
    """Every folder with Python files in it, in the services and in scripts."""
    files = [file for folder in [*SOURCES, ROOT / "scripts"] for file in folder.rglob("*.py")]
    return sorted({file.parent for file in files})


def imported(file: Path) -> set[str]:
    """Every module a file imports, `from package import module` included."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{item.name}" for item in node.names)}
    return found


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.relative_to(ROOT).as_posix())
def test_a_room_says_in_one_sentence_what_it_is_for(room: Path) -> None:
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))


@pytest.mark.parametrize("service", SOURCES, ids=lambda folder: folder.name)
def test_each_class_and_function_that_another_file_may_use_says_what_it_is(service: Path) -> None:
    """The docstring of a program's file says it for its `main`."""
    silent = [
        f"{file.relative_to(service)}:{node.lineno} {node.name}"
        for file in service.rglob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if not node.name.startswith("_") and node.name != "main" and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("home", [*SOURCES, ROOT / "scripts"], ids=lambda home: home.name)
def test_the_map_of_the_architecture_names_each_room(home: Path) -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition(f"({home.relative_to(ROOT).as_posix().join(('../', '/'))})\n")[2].partition("\n**")[0]
    named = re.findall(r"^\| `(\w+)/` \|", table, flags=re.MULTILINE)
    assert sorted(named) == sorted(room.name for room in rooms() if room.parent == home)


def test_only_the_telemetry_of_the_api_imports_the_internals_of_prometheus_client() -> None:
    importing = [file for folder in SOURCES for file in folder.rglob("*.py") if imported(file) & INTERNALS]
    assert importing
    assert [file for file in importing if file.parent != SOURCES[0] / "telemetry"] == []


def test_mypy_reads_every_python_file() -> None:
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True)
    known = {
        *(f"{name.replace('.', '/')}/" for name in mypy["packages"]),
        *(f"{name.replace('.', '/')}.py" for name in mypy["modules"]),
    }
    roots = [f"{folder}/".removeprefix("./") for folder in mypy["mypy_path"]]
    unread = [
        file
        for file in listed.stdout.split()
        if not any(file.startswith(root + name) for root in roots for name in known)
    ]
    assert unread == []
