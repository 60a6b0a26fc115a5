"""Runs of a model and their deadlines, without a server."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from api.bundle.predictor import Answer, Matrix, Predictor
from api.errors import OverloadedError, RunTimeoutError
from api.serving.counted_out import FILE, CountedOut
from api.serving.lanes import OverrunError
from api.serving.policy import PolicyEntry
from api.serving.runs import Runs
from api.serving.served_models import ServedModel
from tests.support.bundles import make_bundle, write_policy
from tests.support.following import Rig

ROW = np.array([[6.5, 3.0, 5.5, 1.8]], dtype=np.float32)
A, B = PolicyEntry(version="1", bundle="a" * 64), PolicyEntry(version="2", bundle="b" * 64)


class Endless:
    """A predictor that works until it is broken off, or until it is let go."""

    def __init__(self, model: Predictor, *, deaf: bool = False) -> None:
        self._model, self._deaf = model, deaf
        self.started, self.go = Event(), Event()
        self.runs = 0

    def predict(self, rows: Matrix, options: Any) -> Answer:
        self.runs += 1
        self.started.set()
        while not self.go.is_set():
            if options.terminate and not self._deaf:
                raise RuntimeError("terminated")
        return self._model.predict(rows, options)


class Scene:
    """A served model whose predictor never ends, and what became of its runs."""

    def __init__(self, rig: Rig, *, most: float, deaf: bool = False) -> None:
        self.good = rig.models.production()
        self.endless = Endless(self.good.bundle.predictor, deaf=deaf)
        self.model = replace(self.good, bundle=replace(self.good.bundle, predictor=self.endless))  # type: ignore[arg-type]  # it has the one method that is called
        self.now = 0.0
        self.overran: list[str] = []
        self.stuck: list[str] = []
        self.runs = Runs(most=most, overran=self._note(self.overran), on_stuck=self._end, clock=lambda: self.now)
        self.runs.watchdog.start()

    def _note(self, into: list[str]) -> Callable[[ServedModel], None]:
        return lambda model: into.append(model.version)

    def _end(self, model: ServedModel) -> None:
        self.stuck.append(model.version)
        self.endless.go.set()

    def close(self) -> None:
        self.endless.go.set()
        self.runs.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ThreadPoolExecutor(1) as loading:
        made = Rig(tmp_path / "serving", loading)
        write_policy(made.serving, 1, make_bundle(made.serving))
        made.look()
        yield made


@pytest.fixture
def scene(rig: Rig) -> Iterator[Scene]:
    made = Scene(rig, most=0.1)
    yield made
    made.close()


def test_a_run_in_the_loops_turn_is_broken_off_and_the_model_leaves_the_loop_for_a_while(scene: Scene) -> None:
    assert not scene.runs.is_careful(scene.model)
    with pytest.raises(OverrunError):
        scene.runs.now(scene.model, ROW)
    assert scene.runs.is_careful(scene.model)
    scene.now = 301.0
    assert not scene.runs.is_careful(scene.model)
    assert scene.overran == []


def test_after_a_run_that_was_broken_off_the_next_one_is_whole(scene: Scene) -> None:
    with pytest.raises(OverrunError):
        scene.runs.now(scene.model, ROW)
    assert len(scene.runs.now(scene.good, ROW).labels) == 1


def test_a_row_that_never_ends_has_two_runs_and_is_refused(scene: Scene) -> None:
    with pytest.raises(RunTimeoutError):
        asyncio.run(scene.runs.beside(scene.model, ROW))
    assert scene.endless.runs == 2
    assert scene.overran == ["1"]


def test_after_three_rows_that_never_ended_the_next_has_one_run(scene: Scene) -> None:
    for _ in range(4):
        with pytest.raises(RunTimeoutError):
            asyncio.run(scene.runs.few(scene.model, ROW))
    # the first of all began in the loop's turn
    assert scene.endless.runs == 1 + 3 * 2 + 1
    assert len(scene.overran) == 3


def test_a_batch_and_a_shadow_that_never_end_are_refused(scene: Scene) -> None:
    with pytest.raises(RunTimeoutError):
        asyncio.run(scene.runs.many(scene.model, ROW))
    with pytest.raises(RunTimeoutError):
        scene.runs.shadow(scene.model, ROW)
    assert scene.overran == ["1", "1"]


def test_a_row_that_waited_too_long_behind_others_is_refused_as_overload(scene: Scene) -> None:
    async def ask() -> None:
        first = asyncio.create_task(scene.runs.beside(scene.model, ROW))
        second = asyncio.create_task(scene.runs.beside(scene.good, ROW))
        assert await asyncio.to_thread(scene.endless.started.wait, 30)
        scene.now = 4.0
        with pytest.raises(OverloadedError):
            await second
        with pytest.raises(RunTimeoutError):
            await first

    asyncio.run(ask())


def test_an_overrun_counts_although_its_client_has_gone(scene: Scene) -> None:
    async def ask() -> None:
        task = asyncio.create_task(scene.runs.many(scene.model, ROW))
        assert await asyncio.to_thread(scene.endless.started.wait, 30)
        task.cancel()
        end = time.monotonic() + 30
        while not scene.overran:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)

    asyncio.run(ask())


def test_a_run_that_cannot_be_broken_off_is_reported_as_stuck(rig: Rig) -> None:
    scene = Scene(rig, most=0.05, deaf=True)
    with pytest.raises(OverrunError):
        scene.runs.now(scene.model, ROW)
    assert scene.stuck == ["1"]
    scene.close()


def test_what_one_worker_counts_out_every_worker_knows(tmp_path: Path) -> None:
    one, other = CountedOut(tmp_path), CountedOut(tmp_path)
    one.add(A.version, A.bundle)
    assert A in one
    assert A not in other
    other.add(B.version, B.bundle)
    one.look()
    assert A in other
    assert B in one
    assert one.versions() == other.versions() == ["1", "2"]


def test_what_the_policy_no_longer_names_is_forgotten_by_all(tmp_path: Path) -> None:
    one, other = CountedOut(tmp_path), CountedOut(tmp_path)
    one.add(A.version, A.bundle)
    other.look()
    one.forget([B])
    other.look()
    assert A not in one
    assert A not in other


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'[{"version": "x"}]', b"\xff"])
def test_a_file_that_can_not_be_read_changes_nothing(tmp_path: Path, content: bytes) -> None:
    counted_out = CountedOut(tmp_path)
    counted_out.add(A.version, A.bundle)
    (tmp_path / FILE).write_bytes(content)
    counted_out.look()
    assert A in counted_out


def test_without_a_folder_a_worker_remembers_for_itself(tmp_path: Path) -> None:
    counted_out = CountedOut(tmp_path / "missing")
    counted_out.add(A.version, A.bundle)
    counted_out.look()
    assert A in counted_out
