"""A model in a process of its own with limits, which answers batch after batch."""

import os
import selectors
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from trainer.contract.encoded_places import width
from trainer.scoring.confined_answers import HEAD
from trainer.scoring.model import Model
from trainer.workspace.confined import (
    TRIAL,
    ChampionError,
    Limits,
    environment_of_a_model,
    own_module,
    reason_of,
)

BATCH = 4096
"""Rows of one run: what a model needs in memory for each adds up."""


class Answers(NamedTuple):
    """n answers: indices into the classes [n] and probabilities [n, classes], float32 within [0, 1]. Of a regression
    `labels` is empty and `scores` are the values [n], float64."""

    labels: npt.NDArray[np.int64]
    scores: npt.NDArray[Any]


class Answering:
    """The process in which a model answers. A context manager: the process ends with it.

    `limits.seconds` hold for each batch.

    Every method raises ChampionError when the model breaks a limit or answers something else than its format says.
    """

    def __init__(self, model: Model, limits: Limits = TRIAL) -> None:
        self._model = model
        self._limits = limits
        self._width = sum(map(width, model.columns))
        self._classes = len(model.classes)

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory()
        place = Path(self._folder.name)
        (place / "model.onnx").write_bytes(self._model.contender.model)
        self._log = place / "output.txt"
        outputs = ["label", "probabilities"] if self._classes else ["value"]
        words = [self._limits.memory, self._limits.file, int(self._limits.seconds) + 5, self._width, *outputs]
        with self._log.open("wb") as output:
            self._child = subprocess.Popen(  # noqa: S603 - our own words
                own_module("trainer.scoring.confined_answers", *words),
                cwd=place, env=environment_of_a_model(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output,
                bufsize=0,
            )  # fmt: skip
        # More than a pipe holds would otherwise wait for a child that may never read.
        os.set_blocking(self._pipe(self._child.stdin).fileno(), False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        self._child.wait()
        self._folder.cleanup()

    def answers(self, rows: npt.NDArray[np.float32]) -> Answers:
        """Answer float32 rows [n, width]."""
        parts = [self._batch(rows[at : at + BATCH]) for at in range(0, len(rows), BATCH)]
        labels = np.concatenate([part.labels for part in parts])
        return Answers(labels, np.concatenate([part.scores for part in parts]))

    def _batch(self, rows: npt.NDArray[np.float32]) -> Answers:
        count = len(rows)
        deadline = time.monotonic() + self._limits.seconds
        self._send(count.to_bytes(HEAD, "little") + np.ascontiguousarray(rows).tobytes(), deadline)
        if not self._classes:
            values = np.frombuffer(self._received(count * 8, deadline), dtype=np.float64)
            self._check(values)
            return Answers(np.empty(0, dtype=np.int64), values)
        found = self._received(count * (8 + 4 * self._classes), deadline)
        labels = np.frombuffer(found[: count * 8], dtype=np.int64)
        shares = np.frombuffer(found[count * 8 :], dtype=np.float32).reshape(count, self._classes)
        self._check(shares)
        if labels.min() < 0 or labels.max() >= self._classes:
            raise ChampionError("it answers labels beyond the classes of its manifest")
        return Answers(labels, np.clip(shares, 0.0, 1.0))

    def _check(self, found: npt.NDArray[Any]) -> None:
        if not np.isfinite(found).all():
            raise ChampionError("it answers numbers that are not finite")

    def _send(self, content: bytes, deadline: float) -> None:
        pipe, left = self._pipe(self._child.stdin), memoryview(content)
        try:
            while left:
                self._wait(pipe, selectors.EVENT_WRITE, deadline)
                left = left[os.write(pipe.fileno(), left) :]
        except BrokenPipeError:
            raise self._ended() from None

    def _received(self, size: int, deadline: float) -> bytes:
        pipe, found = self._pipe(self._child.stdout), bytearray()
        while len(found) < size:
            self._wait(pipe, selectors.EVENT_READ, deadline)
            part = os.read(pipe.fileno(), size - len(found))
            if not part:
                raise self._ended()
            found += part
        return bytes(found)

    def _wait(self, pipe: IO[bytes], event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise ChampionError(f"{BATCH} rows were not answered after {self._limits.seconds:g} s")

    def _ended(self) -> ChampionError:
        return ChampionError(reason_of(self._child.wait(), self._log))

    def _pipe(self, pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise ChampionError("its process has no pipe")
        return pipe
