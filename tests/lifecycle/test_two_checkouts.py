"""Two checkouts side by side, each with `make local`: the verbs of each act on its own platform."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from scripts.run import record
from scripts.run.copies import copy_checkout
from scripts.run.ports import free_port
from scripts.run.processes import Process, wait_until
from tests.support.checkouts import lend_environment

ROOT = Path(__file__).resolve().parents[2]


def clone(folder: Path) -> Path:
    """A copy of what git tracks, which make finds set up with this environment."""
    copy_checkout(ROOT, folder)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    # One candidate is enough here.
    params["candidates"] = {"logistic_regression": params["candidates"]["logistic_regression"]}
    params["parity"]["random_rows"] = 100
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    lend_environment(folder)
    return folder


@contextmanager
def local(checkout: Path, ports: Mapping[str, str]) -> Iterator[Process]:
    """`make local`, begun; ended by `make stop`."""
    command = ["make", "local", *(f"{name}={port}" for name, port in ports.items())]
    with Process(command, os.environ, log=checkout / "local.out", cwd=checkout) as process:
        try:
            yield process
        finally:
            typed(checkout, "stop")


def typed(checkout: Path, *words: str, status: int = 0) -> str:
    done = subprocess.run(
        ["make", *words], cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout
    return done.stdout


@pytest.mark.timeout(1200)
def test_two_platforms_that_start_together_stay_apart(tmp_path: Path) -> None:
    first, second = clone(tmp_path / "first"), clone(tmp_path / "second")
    # The same first choices for both, as with the defaults; whatever runs on this machine is left alone.
    ports = {name: str(free_port()) for name in ("API_PORT", "MLFLOW_PORT", "COURIER_PORT")}
    with local(first, ports) as one, local(second, ports) as other:
        for process in (one, other):
            process.wait_until(lambda it=process: "Ctrl-C stops" in it.tail(), "it is up", 600)  # type: ignore[misc]
        addresses = [part.address for checkout in (first, second) for part in record.read(checkout).values()]
        assert len(set(addresses)) == 6
        typed(first, "traffic", "SECONDS=3", "FEEDBACK=1")
        wait_until(lambda: "production" in typed(first, "quality"), "the answers have landed")
        assert "nothing was predicted yet" in typed(second, "quality")
        assert "iris_clf at " + record.read(second)["mlflow"].address in typed(second, "models")
        typed(second, "shadow", "VERSION=none")
        again = typed(second, "local", status=2)
        assert record.read(second)["api"].address + "/docs" in again
        typed(second, "stop")
        assert other.process.wait(10) == 0
        assert len(record.read(first)) == 3
        assert "Nothing of this checkout is running" in typed(second, "quality", status=2)
        assert "production" in typed(first, "quality")
