"""Rows of numbers in, labels and probabilities or values out: the ONNX model and nothing else."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from api.bundle.onnx_file import has_external_data
from api.bundle.row_order import cells_of
from api.errors import BundleRefusedError, InferenceError

Matrix = npt.NDArray[np.float32]

_MANY = 64
"""Fewer rows cost less than it takes to sort them."""

_MEASURED, _SOON = 512, 0.1
"""Rows of a timed run, enough to make its fixed cost small, and the most seconds that timing may take."""


class Answer(NamedTuple):
    """n answers: ``labels`` are indices into the classes, [n]; ``probabilities`` [n, classes], within [0, 1].

    Of a regression ``labels`` are the bins its values fall into, and ``probabilities`` is [n, 1]: the values, float64.
    """

    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[Any]


class Predictor:
    """One loaded model. Safe to call from several threads; one call uses one core."""

    def __init__(self, onnx: bytes, *, features: int, classes: int) -> None:
        """Load a model from the bytes of its file.

        Raises:
            BundleRefusedError: it needs files or operators from elsewhere, or has not the format's inputs and outputs.
        """
        self._open(onnx, features)
        outputs = {"label": ("tensor(int64)", []), "probabilities": ("tensor(float)", [classes])}
        _check_signature(self._session, features, outputs)

    def _open(self, onnx: bytes, features: int) -> None:
        self._session = _load(onnx)
        self._cells = cells_of(self._session.get_modelmeta().custom_metadata_map, features)
        self._seconds_per_row = 0.0

    def measure(self, rows: Matrix, options: Any = None) -> Answer:
        """Answer like :meth:`predict`, and find out how long a row takes; with many rows, if that is soon over."""
        answer = self._timed(rows, options)
        # A first run also allocates, which takes longer than its rows.
        for number in (len(rows), _MEASURED):
            if self.seconds(number) < _SOON:
                self._timed(np.resize(rows, (number, rows.shape[1])), options)
        return answer

    def _timed(self, rows: Matrix, options: Any) -> Answer:
        # The thread's own time: on the clock it may have waited for the interpreter, or for the core.
        began = time.thread_time()
        answer = self.predict(rows, options)
        self._seconds_per_row = (time.thread_time() - began) / len(rows)
        return answer

    def seconds(self, rows: int) -> float:
        """How long this many rows will take, going by what was measured. It stays the same as long as the model serves:
        were it to change from run to run, those that are answered at once would overtake those that are not.
        """
        return rows * self._seconds_per_row

    def predict(self, rows: Matrix, options: Any = None) -> Answer:
        """Answer n rows, float32 [n, features]; ``options`` are those of :func:`within`.

        Raises:
            InferenceError: a probability is not a number.
        """
        labels, probabilities = self._run(["label", "probabilities"], rows, options)
        if _all_within(probabilities):
            return Answer(labels, probabilities)
        if not np.isfinite(probabilities).all():
            raise InferenceError
        return Answer(labels, np.clip(probabilities, 0.0, 1.0))

    def _run(self, outputs: list[str], rows: Matrix, options: Any) -> list[npt.NDArray[Any]]:
        """Run the model, on many rows in the order that its file asks for: neighbours that take the same branches of
        its trees are twice as fast. A row's answer does not depend on the other rows.
        """
        if self._cells is None or len(rows) < _MANY:
            return cast("list[npt.NDArray[Any]]", self._session.run(outputs, {"features": rows}, options))
        order = self._cells.order(rows)
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return [found[back] for found in self._session.run(outputs, {"features": rows[order]}, options)]


class ValuePredictor(Predictor):
    """A regression's model; ``edges`` are the inner ones of the bins that its values are counted in."""

    def __init__(self, onnx: bytes, *, features: int, edges: Sequence[float]) -> None:
        """Raises BundleRefusedError like :class:`Predictor`."""
        self._open(onnx, features)
        self._edges = np.array(edges, dtype=np.float64)
        _check_signature(self._session, features, {"value": ("tensor(double)", [])})

    def predict(self, rows: Matrix, options: Any = None) -> Answer:
        """Answer n rows like :class:`Predictor`. Raises InferenceError: a value is not a finite number."""
        (values,) = self._run(["value"], rows, options)
        if not np.isfinite(values).all():
            raise InferenceError
        return Answer(np.searchsorted(self._edges, values, side="left"), values[:, None])


def _all_within(probabilities: Matrix) -> bool:
    # One row is looked at faster by Python than by numpy, which takes microseconds to start.
    if len(probabilities) == 1:
        return all(0.0 <= share <= 1.0 for share in probabilities[0].tolist())
    # a NaN is the smallest and the largest of its array, and not within anything
    return bool(probabilities.min() >= 0.0 and probabilities.max() <= 1.0)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[Any]:
    """Options for a run that is broken off at its next operator when the time is over: a model may hold a loop."""
    options = load_runtime().RunOptions()
    timer = threading.Timer(seconds, setattr, (options, "terminate", True))
    timer.start()
    try:
        yield options
    finally:
        timer.cancel()


def refusal(reason: str, what: str, error: Exception) -> BundleRefusedError:
    """The runtime's own words, shortened; a failure for want of memory has that as its reason."""
    words = str(error).partition("\n")[0][:300]
    if isinstance(error, MemoryError) or "bad_alloc" in words:
        return BundleRefusedError("memory", f"{what}: it wants more memory than it may take")
    return BundleRefusedError(reason, f"{what}: {type(error).__name__}: {words}")


def load_runtime() -> Any:
    """Import onnxruntime, quietly."""
    # Not at the top: importing it starts a thread, and everything else is imported before the workers are forked.
    import onnxruntime as ort

    ort.set_default_logger_severity(4)
    ort.disable_telemetry_events()
    return ort


def _session(onnx: bytes) -> Any:
    ort = load_runtime()
    options = ort.SessionOptions()
    # One core per worker: parallelism comes from the workers, and idle pool threads only steal from them.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # The arena keeps the memory of the largest batch ever seen; malloc gives it back.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def _load(onnx: bytes) -> Any:
    if has_external_data(onnx):
        raise BundleRefusedError("external", "model.onnx refers to data outside of the file")
    try:
        return _session(onnx)
    except Exception as error:
        # onnxruntime raises a class of its own for each cause; all of them mean that this is not a model it can run
        raise refusal("model", "model.onnx does not load", error) from error


def _check_signature(session: Any, features: int, wanted: Mapping[str, tuple[str, list[int]]]) -> None:
    inputs = {port.name: (port.type, port.shape) for port in session.get_inputs()}
    outputs = {port.name: (port.type, port.shape) for port in session.get_outputs()}
    if set(inputs) != {"features"} or set(outputs) != set(wanted):
        raise BundleRefusedError("model", f"model.onnx has inputs {sorted(inputs)} and outputs {sorted(outputs)}")
    expected = {"features": ("tensor(float)", inputs["features"], [features])}
    expected |= {name: (type_, outputs[name], width) for name, (type_, width) in wanted.items()}
    for name, (type_, (found_type, shape), width) in expected.items():
        # a first dimension that is not a number is "any number of rows"; an unknown width is left to the golden rows
        fits = len(shape) == 1 + len(width) and not isinstance(shape[0], int)
        if (
            found_type != type_
            or not fits
            or any(isinstance(d, int) and d != w for d, w in zip(shape[1:], width, strict=True))
        ):
            raise BundleRefusedError(
                "model", f"model.onnx: {name} is {found_type} {shape}, expected {type_} {['n', *width]}"
            )
