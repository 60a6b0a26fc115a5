"""One run of the loop in a copy of this checkout: every figure is read from the platform."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom
from typing import Any

import httpx2

from scripts.loop_demo.caller import Caller, of_world
from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.film.scenes import Measured
from scripts.loop_demo.world import World
from scripts.run.copies import copy_checkout
from scripts.run.ports import free_port
from scripts.run.processes import Process, wait_until
from scripts.traffic import rows
from scripts.traffic.served import ask

Page = dict[str, Any]
RATE, ANSWERS, MOVED, JUDGED = 60.0, 600, 1500, 100
"""Requests a second; answers in the old world and in the moved one; labels of a version before its accuracy is read."""
LEAST_FALL = 0.1
"""The loss of accuracy to wait for."""
START_SECONDS, STEP_SECONDS, TRAINING_SECONDS = 240.0, 600.0, 900.0


class Recorder:
    """A platform started by `make local` in `home`, a copy of the checkout `root`."""

    def __init__(self, root: Path, home: Path) -> None:
        self._home = home
        copy_checkout(root, home)
        api, mlflow, courier = (free_port() for _ in range(3))
        self._url = f"http://127.0.0.1:{api}"
        self._words = ["--api-port", str(api), "--mlflow-port", str(mlflow), "--courier-port", str(courier)]

    def record(self) -> Measured:
        """Raises DemoError, or NotInTimeError where a step takes too long."""
        command = [sys.executable, "-m", "scripts.run", "local", *self._words]
        with Process(command, _environment(), log=self._home / "local.log", cwd=self._home) as local:
            local.wait_until(lambda: "Ctrl-C stops everything" in local.tail(), "it serves", START_SECONDS)
            with httpx2.Client(base_url=self._url, timeout=10) as client:
                return self._story(client)

    def _story(self, client: httpx2.Client) -> Measured:
        served = ask(client)
        random = SystemRandom()
        usual = rows.from_data(served, self._home / "data" / "processed", random)
        if usual is None:
            raise DemoError("data/processed has no rows of the served table")
        moved_world = of_world(World.beyond(served).draw, random)
        with Caller(self._url, {}, served, usual, RATE, 3600.0) as caller:
            before = self._when(
                client,
                lambda page: page["versions"][0]["rows"] >= ANSWERS and _judged(page, served.version) >= JUDGED,
                "the first answers and their labels",
            )
            caller.move(moved_world)
            at = before["versions"][0]["rows"] + MOVED
            moved = self._when(
                client,
                lambda page: (
                    page["versions"][0]["rows"] >= at
                    and any(one["drifted"] for one in page["drift"])
                    and _accuracy(page, served.version) < _accuracy(before, served.version) - LEAST_FALL
                ),
                "drift and a lower live accuracy",
            )
            trained = json.loads((self._home / "artifacts/train/report.json").read_text())
            labels = caller.outcome.feedback
            self._verb("retrain")
            version = str(int(served.version) + 1)
            self._verb("promote", f"--version={version}")
            wait_until(lambda: client.get("/model").json()["version"] == version, "the new version", STEP_SECONDS)
            enough = caller.outcome.feedback + 4 * JUDGED
            wait_until(lambda: caller.outcome.feedback >= enough, "labels of the new version", STEP_SECONDS)
        # Without traffic the courier reads SQLite at once.
        after = self._when(client, lambda page: _judged(page, version) >= JUDGED, "the new version's accuracy")
        worst = next(one for one in moved["drift"] if one["drifted"])
        return Measured(
            candidates=len(trained["candidates"]),
            cross_validated=trained["candidates"][trained["winner"]]["cross_validation"]["score"],
            answers=caller.outcome.rows, p50_ms=after["hour"]["p50_ms"],
            audited=self._audited(caller.outcome.rows), accuracy=_accuracy(before, served.version),
            feature=worst["feature"].replace("_", " "), psi=worst["psi"], fallen=_accuracy(moved, served.version),
            labels=labels, version=version, mended=_accuracy(after, version),
        )  # fmt: skip

    def _when(self, client: httpx2.Client, holds: Callable[[Page], bool], what: str) -> Page:
        """The status page from the moment at which the condition holds."""
        found: list[Page] = [{}]

        def look() -> bool:
            found[0] = client.get("/status.json").raise_for_status().json()
            return holds(found[0])

        wait_until(look, what, STEP_SECONDS)
        return found[0]

    def _verb(self, *words: str) -> None:
        command = [sys.executable, "-m", "scripts.operate", *words]
        done = subprocess.run(
            command,
            cwd=self._home,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=TRAINING_SECONDS,
        )
        if done.returncode:
            raise DemoError(f"make {words[0]} failed:\n{done.stdout}{done.stderr}")

    def _audited(self, wanted: int) -> int:
        """Predictions in the audit, once those that were answered have landed."""
        with sqlite3.connect(self._home / "logs" / "predictions.db") as store:

            def count() -> int:
                return int(store.execute("SELECT count(*) FROM predictions").fetchone()[0])

            wait_until(lambda: count() >= wanted, "every answer in the audit", STEP_SECONDS)
            return count()


def _accuracy(page: Page, version: str) -> float:
    """By feedback of the version's newest answers. Raises DemoError where there is none."""
    found = next((one["accuracy"] for one in page["versions"] if one["version"] == version), None)
    if found is None:
        raise DemoError(f"version {version} has no live accuracy on the status page")
    return float(found["value"])


def _judged(page: Page, version: str) -> int:
    found = [one["accuracy"]["judged"] for one in page["versions"] if one["version"] == version and one["accuracy"]]
    return max(found, default=0)


def _environment() -> dict[str, str]:
    """DVC's stages say `python`: that of this environment. No address of another platform is taken over."""
    kept = {name: value for name, value in os.environ.items() if name not in {"MLFLOW_TRACKING_URI", "COURIER_URL"}}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{kept.get('PATH', '')}"}
