"""Production with a shadow beside it, and shadows that hang or fail."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry

from api.bundle.predictor import Answer, Matrix, Predictor
from api.journal.writer import Journal
from api.serving.runs import Runs
from api.serving.served_models import ServedModel
from api.serving.shadow import Shadow
from api.serving.shadow_run import ShadowTask
from api.telemetry.answer_metrics import ShadowMetrics
from tests.support.following import Rig
from tests.support.journals import records
from tests.support.polling import eventually


class Stuck:
    """A predictor that answers when it is let go, as the model it stands before."""

    def __init__(self, model: Predictor) -> None:
        self._model = model
        self.asked, self.go = Event(), Event()

    def predict(self, rows: Matrix, _options: Any) -> Answer:
        self.asked.set()
        assert self.go.wait(30)
        return self._model.predict(rows)


class Broken:
    """A predictor that can't."""

    def predict(self, rows: Matrix, _options: Any) -> Answer:
        raise RuntimeError(f"no answer to {len(rows)} rows")


@dataclass
class Scene:
    """Production and a shadow of its own kind, with the shadow's surroundings in the test's hands."""

    rig: Rig
    journal: Journal
    folder: Path
    executor: ThreadPoolExecutor
    busy: bool = False
    now: float = 0.0
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.shadow = Shadow(
            self.rig.models,
            self.journal,
            ShadowMetrics(self.registry),
            executor=self.executor,
            runs=Runs(most=60.0, overran=lambda _: None, on_stuck=lambda _: None),
            is_busy=lambda: self.busy,
            most_rows=10,
            budget=1.0,
            clock=lambda: self.now,
        )

    @property
    def production(self) -> ServedModel:
        return self.rig.models.production()

    def put(self, predictor: Any) -> None:
        model = self.rig.models.get("shadow")
        assert model is not None
        self.rig.models.put(replace(model, bundle=replace(model.bundle, predictor=predictor)))

    def offer(self, rows: int = 1, request: str = "r", labels: list[int] | None = None) -> None:
        values = [[6.5, 3.0, 5.5, 1.8]] * rows
        ids = [f"00000000-0000-7000-8000-00000000000{n}" for n in range(rows)]
        self.shadow.offer(
            self.production, [ShadowTask(request, "", values, np.array(labels or [1] * rows, dtype=np.int64), ids)]
        )

    def dropped(self, reason: str) -> float:
        return self.registry.get_sample_value("shadow_dropped_total", {"reason": reason}) or 0.0

    def kept(self) -> list[dict[str, Any]]:
        return records(self.folder)


async def until(condition: Callable[[], bool]) -> None:
    """Wait in a thread, so that the event loop goes on."""
    await asyncio.to_thread(eventually, condition, seconds=30.0)
