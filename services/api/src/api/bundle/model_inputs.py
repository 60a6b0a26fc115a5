"""Turns the encoded table into the inputs of the model inside ``model.onnx``, by the arrays of ``reasons.npz``."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from api.bundle.tree_levels import Numbers


class ModelInputs:
    """Gaps filled, categories one-hot or as means of the target, numbers scaled."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._fill, self._source = arrays["fill"], arrays["source"]
        self._shift, self._scale = arrays["shift"], arrays["scale"]
        self._compared = np.flatnonzero(~np.isnan(arrays["equal"]))
        self._equal = arrays["equal"][self._compared]
        ends = arrays["means_end"]
        starts = np.concatenate([[0], ends[:-1]])
        self._means = [
            (place, float(arrays["first"][place]), arrays["means"][start:end])
            for place, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True))
            if end > start
        ]

    def of(self, encoded: npt.NDArray[Any]) -> Numbers:
        """[n, inputs] of rows [n, columns]."""
        values = encoded.astype(np.float64)
        made = np.where(np.isnan(values), self._fill, values)[:, self._source]
        made[:, self._compared] = made[:, self._compared] == self._equal
        for place, first, means in self._means:
            index = np.nan_to_num(made[:, place] - first)
            made[:, place] = means[np.clip(index, 0, len(means) - 1).astype(np.int64)]
        scaled: Numbers = (made - self._shift) / self._scale
        return scaled
