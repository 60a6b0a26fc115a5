"""Computes reasons in one thread beside the event loop, each request within its time."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy.typing as npt

from api.bundle.reasons import Explainer
from api.bundle.tree_levels import Numbers
from api.errors import OverloadedError, TooLargeError, UnexplainedError
from api.serving.served_models import ServedModel

MOST_ROWS = 100
"""Rows of one request that are explained."""

_BYTES_A_SECOND = 20_000_000
"""The weight of a second of this thread in admission control: a plain request takes 0.1 ms and weighs 2 kB."""

_PATIENCE = 3.0
"""Seconds that a request waits for those before it."""


class Explanations:
    """The reasons of one worker's answers; ``most`` is how many seconds of a core those of one request may take."""

    def __init__(self, *, most: float) -> None:
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reasons")

    async def of(self, model: ServedModel, rows: npt.NDArray[Any], labels: Sequence[int]) -> Numbers:
        """[n, 1 + features], as :meth:`api.bundle.reasons.Explainer.of` has it.

        Raises:
            UnexplainedError: the model has no reasons.
            RunTimeoutError, OverloadedError: they took too long, or those of the requests before them.
        """
        explainer, latest = explainer_of(model), time.monotonic() + _PATIENCE

        def explain() -> Numbers:
            if time.monotonic() > latest:
                raise OverloadedError
            return explainer.of(rows, labels, self._most)

        return await asyncio.get_running_loop().run_in_executor(self._thread, explain)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def explainer_of(model: ServedModel) -> Explainer:
    """Raises UnexplainedError: the model has no reasons."""
    explainer = model.bundle.explainer
    if explainer is None:
        raise UnexplainedError(
            f"version {model.version} ({model.bundle.manifest.estimator}) gives no reasons: "
            f"{model.bundle.manifest.reasons.why}. Linear models, forests and boosted trees that the trainer fitted "
            "have them; GET /model says whether a version does. Leave explain=true out"
        )
    return explainer


def weight_of_reasons(model: ServedModel, rows: int) -> int:
    """The weight of the reasons of ``rows`` rows in admission control, in bytes of a body.

    Raises:
        UnexplainedError: the model has no reasons.
        TooLargeError: there are more rows than are explained at once.
    """
    explainer = explainer_of(model)
    if rows > MOST_ROWS:
        raise TooLargeError(f"with explain=true a request has at most {MOST_ROWS} rows; it has {rows}")
    return round(explainer.seconds(rows) * _BYTES_A_SECOND)
