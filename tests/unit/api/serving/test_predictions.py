"""Where many rows are answered: in the turn they were read in, or in a thread beside the loop."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from api.access.fair_scheduler import FairScheduler
from api.bundle.predictor import Answer, Matrix, Predictor
from api.journal.writer import Journal
from api.serving.answers import Answered
from api.serving.explanations import Explanations
from api.serving.predictions import Predictions
from api.serving.runs import Runs
from api.serving.shadow import Shadow
from api.telemetry.answer_metrics import AnswerMetrics, ShadowMetrics
from tests.support.bundles import make_bundle, write_policy
from tests.support.following import Rig
from tests.support.journals import records

ROWS = [[6.5, 3.0, 5.5, 1.8]] * 100


class Slow(Predictor):
    """A predictor that says how long it will take, and remembers which thread asked it."""

    def __init__(self, model: Predictor, seconds: float) -> None:
        self._model, self._seconds = model, seconds
        self.asked_by = ""

    def seconds(self, _rows: int) -> float:
        return self._seconds

    def predict(self, rows: Matrix, options: Any = None) -> Answer:
        self.asked_by = threading.current_thread().name
        return self._model.predict(rows, options)


class RequestContext:
    request_id, arrived, origin, trial = "r", 0.0, "", False


@pytest.mark.parametrize(("seconds", "thread"), [(0.0019, "MainThread"), (0.0021, "inference_0")])
def test_what_takes_long_is_left_to_a_thread(tmp_path: Path, seconds: float, thread: str) -> None:
    with ThreadPoolExecutor(1) as loading:
        rig = Rig(tmp_path / "serving", loading)
        write_policy(rig.serving, 1, make_bundle(rig.serving))
        rig.look()
        registry = CollectorRegistry()
        journal, metrics = Journal(tmp_path / "journal", 0), AnswerMetrics(registry)
        journal.open()
        runs = Runs(most=1.0, overran=lambda _: None, on_stuck=lambda _: None)
        shadow = Shadow(
            rig.models,
            journal,
            ShadowMetrics(registry),
            executor=loading,
            runs=runs,
            is_busy=lambda: False,
            most_rows=1,
            budget=1.0,
        )
        predictions = Predictions(
            rig.traffic,
            journal,
            metrics,
            shadow,
            scheduler=FairScheduler(),
            runs=runs,
            explanations=Explanations(most=1.0),
        )
        served = rig.models.production()
        predictor = Slow(served.bundle.predictor, seconds)
        model = replace(served, bundle=replace(served.bundle, predictor=predictor))

        async def ask() -> Answered:
            return await predictions.answer(model, ROWS, RequestContext())

        answered = asyncio.run(ask())
        assert predictor.asked_by == thread
        assert len(answered.ids.texts) == len(ROWS)
        journal.close()
        runs.close()
    (record,) = records(tmp_path / "journal")
    assert record["ids"] == answered.ids.texts
    assert record["probabilities"] == orjson.loads(answered.shares.nested)
