"""The shadow beside the answers: what it says, and that nothing it does or fails to do reaches a client."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.journal.writer import Journal
from tests.support.bundles import IRIS, make_bundle, tiny_parts, write_policy
from tests.support.following import Rig
from tests.support.shadows import Broken, Scene, Stuck, until


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with ThreadPoolExecutor(1) as loading, ThreadPoolExecutor(1) as shadowing:
        rig = Rig(tmp_path / "serving", loading)
        shadow = {"version": "3", "bundle": make_bundle(rig.serving, tilt=1.0)}
        write_policy(rig.serving, 1, make_bundle(rig.serving), shadow=shadow)
        rig.look()
        journal = Journal(tmp_path / "journal", 0)
        journal.open()
        yield Scene(rig, journal, tmp_path / "journal", shadowing)
        journal.close()


def test_it_answers_with_ids_of_its_own_and_names_what_it_is_compared_with(scene: Scene) -> None:
    async def story() -> None:
        scene.offer(rows=2, request="first", labels=[1, 0])
        scene.offer(request="second")
        await until(lambda: len(scene.kept()) == 2)

    asyncio.run(story())
    first, second = scene.kept()
    assert (first["kind"], first["version"], first["variant"]) == ("shadow", "3", "shadow")
    assert (first["request_id"], second["request_id"]) == ("first", "second")
    assert first["shadow_of"] == ["00000000-0000-7000-8000-000000000000", "00000000-0000-7000-8000-000000000001"]
    ids = [*first["ids"], *second["ids"]]
    assert len(set(ids)) == 3
    assert not set(ids) & set(first["shadow_of"])
    assert first["labels"] == [1, 1]
    counted = {
        (label, outcome): scene.registry.get_sample_value(
            "shadow_agreement_total", {"version": "3", "label": label, "outcome": outcome}
        )
        for label in ("setosa", "versicolor") for outcome in ("agree", "disagree")
    }  # fmt: skip
    assert counted == {
        ("versicolor", "agree"): 2, ("versicolor", "disagree"): None,
        ("setosa", "agree"): None, ("setosa", "disagree"): 1,
    }  # fmt: skip


def test_a_slow_one_fills_its_queue_and_what_comes_then_is_dropped(scene: Scene) -> None:
    stuck = Stuck(scene.production.bundle.predictor)
    scene.put(stuck)

    async def story() -> None:
        scene.offer(request="at work")
        await until(stuck.asked.is_set)
        for number in range(12):
            scene.offer(request=f"waiting {number}")
        assert scene.dropped("queue") == 2
        stuck.go.set()
        await until(lambda: len(scene.kept()) == 11)

    asyncio.run(story())


def test_a_batch_larger_than_the_queue_is_not_shadowed(scene: Scene) -> None:
    async def story() -> None:
        scene.offer(rows=11)
        scene.offer(rows=10)
        await until(lambda: len(scene.kept()) == 1)

    asyncio.run(story())
    assert scene.dropped("queue") == 11


def test_an_answer_after_its_time_does_not_count_nor_does_a_question_that_waited_too_long(scene: Scene) -> None:
    stuck = Stuck(scene.production.bundle.predictor)
    scene.put(stuck)

    async def story() -> None:
        scene.offer(rows=2)
        await until(stuck.asked.is_set)
        scene.offer(rows=3)
        scene.now = 1.5
        scene.offer(request="in time")
        stuck.go.set()
        await until(lambda: len(scene.kept()) == 1)

    asyncio.run(story())
    assert scene.dropped("late") == 5
    assert scene.kept()[0]["request_id"] == "in time"


def test_one_that_raises_is_dropped_and_asked_again_next_time(scene: Scene) -> None:
    right = scene.production.bundle.predictor

    async def story() -> None:
        scene.put(Broken())
        scene.offer(rows=3)
        await until(lambda: scene.dropped("error") == 3)
        scene.put(right)
        scene.offer()
        await until(lambda: len(scene.kept()) == 1)

    asyncio.run(story())


def test_under_load_it_is_the_first_thing_that_is_left_out(scene: Scene) -> None:
    async def story() -> None:
        scene.busy = True
        scene.offer(rows=4)
        await until(lambda: scene.dropped("busy") == 4)
        scene.busy = False
        scene.offer()
        await until(lambda: len(scene.kept()) == 1)

    asyncio.run(story())


def test_without_a_journal_it_is_dropped_quietly(scene: Scene) -> None:
    async def story() -> None:
        scene.journal.close()
        for file in scene.folder.iterdir():
            file.unlink()
        scene.folder.rmdir()
        scene.folder.write_text("a file where the folder should be")
        scene.offer(rows=2)
        await until(lambda: scene.dropped("journal") == 2)

    asyncio.run(story())


def test_one_with_other_features_is_never_asked(scene: Scene) -> None:
    async def story() -> None:
        other = tiny_parts(features=IRIS[:3]).write(scene.rig.serving / "bundles")
        current = scene.production.bundle.hash
        write_policy(scene.rig.serving, 2, current, shadow={"version": "4", "bundle": other})
        await scene.rig.follower.step()
        scene.put(Broken())
        scene.offer(rows=5)
        await asyncio.sleep(0)

    asyncio.run(story())
    assert scene.dropped("incompatible") == 5
    assert scene.dropped("error") == 0


def test_a_fault_of_ours_on_the_way_to_it_reaches_no_answer(scene: Scene) -> None:
    # outside of an event loop nothing can be arranged for later
    scene.offer()
    assert scene.kept() == []


def test_after_the_end_nothing_is_written(scene: Scene) -> None:
    stuck = Stuck(scene.production.bundle.predictor)
    scene.put(stuck)

    async def story() -> None:
        scene.offer()
        await until(stuck.asked.is_set)
        scene.offer()
        scene.shadow.close()
        scene.offer()
        stuck.go.set()
        await asyncio.get_running_loop().run_in_executor(scene.executor, lambda: None)
        await asyncio.sleep(0.03)

    asyncio.run(story())
    assert scene.kept() == []
