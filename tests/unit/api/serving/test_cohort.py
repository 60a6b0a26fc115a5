"""Batches that came together: the order of their stages, and their counts."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from prometheus_client import CollectorRegistry

from api.bundle.reader import read_bundle
from api.serving.cohort import CohortCounter, next_stage
from api.telemetry.metrics import Metrics
from api.telemetry.model_metrics import ModelMetrics, Rows
from tests.support.bundles import make_bundle

Counts = dict[str, float]


class Counted:
    """The metrics of two versions, and the calls that count answers in them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._registry = CollectorRegistry()
        bundle = read_bundle(folder / "bundles", make_bundle(folder))
        metrics = Metrics(self._registry)
        self.first, self.second = (
            ModelMetrics(metrics, bundle.manifest, bundle.reference, version, "production") for version in ("1", "2")
        )
        self.calls: list[tuple[str, str]] = []
        for name, one in (("first", self.first), ("second", self.second)):
            monkeypatch.setattr(one, "observe", self._noting(name, one.observe))

    def _noting(self, name: str, observe: Callable[..., None]) -> Callable[..., None]:
        def noted(rows: Rows, *answers: npt.NDArray[np.float32]) -> None:
            self.calls.append((name, "list" if isinstance(rows, list) else rows.dtype.name))
            observe(rows, *answers)

        return noted

    def counts(self) -> Counts:
        """All counters that are not 0, by name and labels."""
        return {
            f"{sample.name}{sorted(sample.labels.items())}": sample.value
            for family in self._registry.collect()
            for sample in family.samples
            if sample.value and sample.name.endswith("_total")
        }


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(tmp_path, monkeypatch)


class Batch:
    """Answers to rows drawn from a seed, some of them outside of the training data."""

    def __init__(self, seed: int, size: int, dtype: str = "float32") -> None:
        drawn = np.random.default_rng(seed)
        self.rows = drawn.uniform(0, 12, (size, 4)).astype(dtype)
        self.probabilities = drawn.dirichlet([1, 1, 1], size).astype(np.float32)
        self.labels = self.probabilities.argmax(axis=1)

    def count(self, counter: CohortCounter, metrics: ModelMetrics) -> None:
        counter.observe(metrics, self.rows, self.labels, self.probabilities)


def test_batches_that_came_together_go_through_each_stage_one_after_the_other() -> None:
    steps: list[str] = []

    async def answer(name: str, rows: Rows) -> None:
        for stage in ("read", "run", "write"):
            steps.append(f"{stage} {name}")
            await next_stage(rows)

    async def together(*batches: Awaitable[None]) -> None:
        await asyncio.gather(*batches)

    many = np.zeros((64, 4), np.float32)
    asyncio.run(together(answer("a", many), answer("b", many)))
    assert steps == ["read a", "read b", "run a", "run b", "write a", "write b"]

    steps.clear()
    asyncio.run(together(answer("few", many[:63]), answer("objects", many.tolist()), answer("many", many)))
    alone = [f"{stage} {name}" for name in ("few", "objects") for stage in ("read", "run", "write")]
    assert steps == [*alone, "read many", "run many", "write many"]


def test_a_cohort_is_counted_once_and_as_if_each_of_its_batches_had_been_counted_alone(
    counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = [Batch(seed, size) for seed, size in enumerate((64, 1000, 70))]

    async def cohort() -> None:
        counter = CohortCounter()
        for batch in batches:
            batch.count(counter, counted.first)
        assert counted.counts() == {}, "they wait for the others of their turn"
        await asyncio.sleep(0)

    asyncio.run(cohort())
    assert counted.calls == [("first", "float32")]
    alone = Counted(tmp_path / "alone", monkeypatch)
    for batch in batches:
        alone.first.observe(batch.rows, batch.labels, batch.probabilities)
    assert counted.counts() == pytest.approx(alone.counts(), rel=1e-12)
    assert len(alone.counts()) > 20


def test_versions_and_types_are_counted_apart_and_few_rows_or_lists_at_once(counted: Counted) -> None:
    async def cohort() -> None:
        counter = CohortCounter()
        Batch(1, 64).count(counter, counted.first)
        Batch(2, 64).count(counter, counted.second)
        Batch(3, 64, "float64").count(counter, counted.first)
        Batch(4, 63).count(counter, counted.first)
        objects = Batch(5, 100)
        counter.observe(counted.first, objects.rows.tolist(), objects.labels, objects.probabilities)
        assert counted.calls == [("first", "float32"), ("first", "list")]
        await asyncio.sleep(0)
        assert counted.calls[2:] == [("first", "float32"), ("second", "float32"), ("first", "float64")]
        Batch(6, 64).count(counter, counted.second)
        await asyncio.sleep(0)
        assert counted.calls[5:] == [("second", "float32")]

    asyncio.run(cohort())


def test_what_waits_to_be_counted_is_bounded(counted: Counted) -> None:
    async def cohort() -> None:
        counter, batch = CohortCounter(), Batch(1, 10_000)
        for _ in range(27):
            batch.count(counter, counted.first)
        assert len(counted.calls) == 1, "more than 2**20 values waited"
        Batch(2, 64).count(counter, counted.second)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert counted.calls == [("first", "float32"), ("second", "float32")]

    asyncio.run(cohort())
