"""A stranger's first minutes with a table of their own: a repository, a model that serves, and drift that is seen."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from scripts.project.git import Git
from scripts.run.copies import copy_checkout
from scripts.run.ports import free_port
from scripts.run.processes import Process, wait_until
from tests.support.browsers import find_chromium, running_chromium
from tests.support.checkouts import lend_environment
from tests.support.missing import skip_without

ROOT = Path(__file__).resolve().parents[2]


# The cells in their order, in one namespace, as a kernel runs them.
CELLS = """
import json, sys
namespace = {"__name__": "__main__"}
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), sys.argv[1], "exec"), namespace)
"""


def write_flowers(file: Path) -> None:
    random = Random(5)
    with file.open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["stem", "petal", "leaf", "species"])
        for _ in range(300):
            kind = random.choice(["rose", "tulip"])
            stem, petal = random.gauss(5 + 3 * (kind == "rose"), 1), random.gauss(2 + (kind == "rose"), 0.3)
            table.writerow([f"{stem:.2f}", f"{petal:.2f}", random.choice(["round", "long"]), kind])


def typed(folder: Path, *words: str) -> str:
    """The output of `make words` in the folder, which has to succeed."""
    done = subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`make new` in a clone; the name of the folder has a space."""
    folder = tmp_path_factory.mktemp("stranger")
    clone = copy_checkout(ROOT, folder / "mlops-iris")
    Git(clone).run("init", "--quiet", "--initial-branch", "main")
    Git(clone).commit("As it is published")
    lend_environment(clone)
    write_flowers(clone / "flowers.csv")
    typed(clone, "new", f"DIR={folder / 'my flowers'}", "CSV=flowers.csv", "TARGET=species")
    lend_environment(folder / "my flowers")
    return folder / "my flowers"


@pytest.fixture(scope="module")
def served(project: Path) -> Iterator[str]:
    """The api's address while `make local` runs in the project."""
    port = str(free_port())
    ports = ["--api-port", port, "--mlflow-port", str(free_port()), "--courier-port", str(free_port())]
    command = [sys.executable, "-m", "scripts.run", "local", *ports]
    with Process(command, os.environ, log=project / "var/local.out", cwd=project) as process:
        process.wait_until(lambda: "Ctrl-C stops everything" in process.tail(), "it is up", seconds=300)
        yield f"http://127.0.0.1:{port}"
        process.process.send_signal(signal.SIGINT)
        assert process.process.wait(60) == 0, process.tail()


def status(address: str) -> dict[str, Any]:
    page: dict[str, Any] = httpx2.get(f"{address}/status.json", timeout=10).raise_for_status().json()
    return page


def drifts_after_traffic(project: Path, address: str) -> bool:
    """A feature is judged from 500 rows, which a busy machine does not answer in a few seconds."""
    typed(project, "traffic", "SECONDS=4", "RATE=200", "DRIFT=1")
    return any(one["drifted"] for one in status(address)["drift"])


@pytest.mark.timeout(600)
def test_a_table_of_one_s_own_is_served_and_its_drift_is_on_the_status_page(project: Path, served: str) -> None:
    row = {"stem": 8.1, "petal": 3.0, "leaf": "round"}
    answer = httpx2.post(f"{served}/predict", json=row, timeout=10).raise_for_status().json()
    assert answer["label_name"] == "rose"
    assert answer["model"]["name"] == "flowers_model"

    wait_until(lambda: drifts_after_traffic(project, served), "drift on the status page", 240)
    page = status(served)
    assert page["versions"][0]["rows"] > 500
    assert {one["feature"] for one in page["drift"]} == {"stem", "petal", "leaf"}

    assert "up to date" in typed(project, "upgrade")
    changed = Git(project).run("status", "--porcelain", "--untracked-files=no").split()
    assert changed in ([], ["M", "dvc.lock"]), "a run changes no other file that git tracks"


@pytest.mark.timeout(600)
def test_a_person_sees_the_drift_in_the_browser(served: str) -> None:
    program = find_chromium()
    if program is None:
        skip_without("Chromium", "apt-get install chromium")
    worst = next(one for one in status(served)["drift"] if one["drifted"])
    with running_chromium(program) as browser:
        page = browser.new_page(viewport={"width": 390, "height": 780})
        page.goto(f"{served}/status")
        page.locator("#drift tr").first.wait_for()
        assert worst["feature"] in page.locator("#drift tr").first.inner_text()
        assert "Alert" in page.locator("#state").inner_text()


@pytest.mark.timeout(600)
def test_the_notebook_trains_serves_watches_and_replays(project: Path, served: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", CELLS, "notebook.ipynb"], cwd=project / "examples", env=os.environ | {"API": served},
        capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "labels accepted" in ran.stdout
    card = httpx2.get(f"{served}/model", timeout=10).raise_for_status().json()
    assert card["version"] == "2"
    assert (project / "var" / "replay").is_dir()
