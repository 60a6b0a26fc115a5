"""Contributions of the columns to an answer, from the arrays that the trainer put into the bundle."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from api.bundle.features import width
from api.bundle.manifest import Manifest, table_width
from api.bundle.model_inputs import ModelInputs
from api.bundle.reasons_file import read_arrays
from api.bundle.shapley import LinearReasons, TreeReasons
from api.bundle.tree_levels import Numbers
from api.errors import BundleRefusedError, RunTimeoutError


class Explainer:
    """The reasons of one model. Safe to call from several threads."""

    def __init__(self, content: bytes, manifest: Manifest) -> None:
        """Raises BundleRefusedError: the file is not what the format says."""
        self._classes, self._columns = len(manifest.target.classes), len(manifest.features)
        outputs = {0: {1}, 2: {1, 2}}.get(self._classes, {self._classes})
        arrays = read_arrays(content, method=manifest.reasons.method, columns=table_width(manifest), outputs=outputs)
        self._inputs = ModelInputs(arrays)
        feature_of_column = np.repeat(np.arange(self._columns), [width(feature) for feature in manifest.features])
        column_of_input = feature_of_column[arrays["source"]]
        linear = manifest.reasons.method == "linear"
        self._reasons = (LinearReasons if linear else TreeReasons)(arrays, column_of_input)
        # A library's linear score is of float64 values; trees compare what the served model gets.
        self._dtype = np.float64 if linear else np.float32
        self._seconds_per_row = 0.0

    def class_of(self, label: int) -> int | None:
        """The class whose score is explained: the answered one, or of two always the second; None of a regression."""
        return label if self._classes > 2 else 1 if self._classes else None

    def of(self, rows: npt.NDArray[Any], labels: Sequence[int], most: float = np.inf) -> Numbers:
        """[n, 1 + features] of the encoded rows [n, columns] and their answers: first the base, then the contribution
        of each feature. They add up to the raw score.

        Raises:
            RunTimeoutError: it took more than ``most`` seconds of a core.
        """
        ends = time.thread_time() + most

        def check() -> None:
            if time.thread_time() > ends:
                raise RunTimeoutError

        made: npt.NDArray[np.float64] = np.empty((len(rows), 1 + self._columns))
        base = self._reasons.base
        for place, (row, label) in enumerate(zip(self._inputs.of(rows.astype(self._dtype)), labels, strict=True)):
            output = label if self._classes > 2 else len(base) - 1
            made[place, 0] = base[output]
            made[place, 1:] = self._reasons.of(row, output, self._columns, check)
        return made

    def measure(self, rows: npt.NDArray[Any], labels: Sequence[int], most: float) -> None:
        """Explain the rows once, and find out how long one takes. Raises BundleRefusedError, RunTimeoutError."""
        began = time.thread_time()
        if not np.isfinite(self.of(rows, labels, most)).all():
            raise BundleRefusedError("golden", "the reasons of a golden row are not numbers")
        self._seconds_per_row = (time.thread_time() - began) / len(rows)

    def seconds(self, rows: int) -> float:
        """How long this many rows will take, going by what was measured."""
        return rows * self._seconds_per_row
