"""Checks that a fitted pipeline can serve: it converts, agrees with its ONNX twin, and is small and quick enough."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
import pandas as pd
from sklearn.pipeline import Pipeline

from trainer.bundle import parity
from trainer.contract.contract import Contract
from trainer.contract.encoded_places import width
from trainer.conversion.convert import to_onnx
from trainer.conversion.onnx_session import session
from trainer.conversion.ways_out import advised
from trainer.data.encoding import encode
from trainer.decision import Decision
from trainer.errors import ParityError
from trainer.estimators import is_listed
from trainer.params import Params
from trainer.training.levels import learned_columns
from trainer.workspace import canonical

WARM_UP, TIMED = 20, 200
MOST_ROWS, REPEATS = 200, 3


class Answering(Protocol):
    """A session of ONNX Runtime, or a stand-in."""

    def run(self, outputs: None, inputs: dict[str, Any], /) -> Any: ...


def refusal(pipeline: Pipeline, rows: pd.DataFrame, contract: Contract, params: Params) -> str | None:
    """Why it can't serve, with the key of params.yaml that says so; None where it can. `rows` is the whole table."""
    contract = as_learned(contract, pipeline)
    try:
        served = to_onnx(pipeline, sum(map(width, contract.columns)), len(contract.target.classes))
        check_parity(served, pipeline, rows, contract, params)
    except ParityError as error:
        return advised(str(error).partition("\n")[0], pipeline)
    except Exception as error:
        # A converter raises whatever it likes for a model that it does not know.
        reason = str(error).partition("\n")[0] or type(error).__name__
        return advised(f"it can't be converted to ONNX: {reason}", pipeline)
    limits = params.gate
    size = (len(served) + len(canonical.dump(pipeline))) / 1e6
    if size > limits.size_mb:
        return f"it is {size:.0f} MB, gate.size_mb allows {limits.size_mb:g}"
    milliseconds = one_row_ms(session(served), encode(rows.iloc[:1], contract.columns))
    if milliseconds > limits.latency_ms:
        return f"one row takes {milliseconds:.2f} ms, gate.latency_ms allows {limits.latency_ms:g}"
    return None


def as_learned(contract: Contract, pipeline: Pipeline) -> Contract:
    """The contract with what the pipeline has learned of its columns."""
    return contract.model_copy(update={"columns": learned_columns(contract.columns, pipeline)})


def check_parity(
    served: bytes,
    pipeline: parity.Answering,
    rows: pd.DataFrame,
    contract: Contract,
    params: Params,
    decision: Decision | None = None,
) -> parity.Parity:
    """Every row of the data set and the random ones of params.yaml. Raises ParityError."""
    drawn = parity.random_rows(contract, params.parity.random_rows, params.seed)
    both = pd.concat([rows, drawn], ignore_index=True)
    if contract.task == "regression":
        return parity.check_values(served, pipeline, both, tolerance=params.parity.tolerance, contract=contract)
    tolerance = params.parity.tolerance
    if isinstance(pipeline, Pipeline) and decision is None and not is_listed(pipeline[-1]):
        parity.check_labels(pipeline, both)
    return parity.check(served, pipeline, both, tolerance=tolerance, columns=contract.columns, decision=decision)


def one_row_ms(running: onnxruntime.InferenceSession, row: npt.NDArray[np.float32]) -> float:
    """The median milliseconds of one row, [1, features]."""
    seconds: list[float] = []
    for _ in range(WARM_UP + TIMED):
        started = time.perf_counter()
        running.run(None, {"features": row})
        seconds.append(time.perf_counter() - started)
    return median(seconds[WARM_UP:]) * 1000


def p99_of(pipeline: Pipeline, rows: pd.DataFrame, contract: Contract) -> float | None:
    """The p99 of one row's milliseconds in ONNX Runtime; None where the pipeline can't be converted."""
    contract = as_learned(contract, pipeline)
    try:
        served = to_onnx(pipeline, sum(map(width, contract.columns)), len(contract.target.classes))
        return slowest_ms(session(served), encode(rows.iloc[:MOST_ROWS], contract.columns))
    except Exception:
        # A converter raises whatever it likes for a model that it does not know.
        return None


def slowest_ms(
    running: Answering, rows: npt.NDArray[np.float32], clock: Callable[[], float] = time.perf_counter
) -> float:
    """The p99 over rows [n, features] asked one by one; each row counts with the best of its runs."""
    for _ in range(WARM_UP):
        running.run(None, {"features": rows[:1]})
    best: list[float] = []
    for place in range(len(rows)):
        seconds = []
        for _ in range(REPEATS):
            started = clock()
            running.run(None, {"features": rows[place : place + 1]})
            seconds.append(clock() - started)
        best.append(min(seconds))
    return float(np.quantile(best, 0.99)) * 1000
