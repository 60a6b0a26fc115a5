"""Steps of our own before an adopted model: its columns in its order, unscaled, and rounded as its trees round."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from trainer.adoption.decimals import restored
from trainer.contract.columns import Column, Number


class ToFloat32(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Numbers as scikit-learn's trees compare them: rounded to float32."""

    def __init__(self, width: int) -> None:
        self.width = width

    @property
    def n_features_in_(self) -> int:
        return self.width

    def fit(self, rows: Any, _labels: Any = None) -> "ToFloat32":
        del rows
        return self

    def transform(self, rows: Any) -> Any:
        return np.asarray(rows, dtype=np.float32).astype(np.float64)


class ColumnOrder(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The columns in the order of the model."""

    def __init__(self, places: Sequence[int]) -> None:
        self.places = places

    @property
    def n_features_in_(self) -> int:
        return len(self.places)

    def fit(self, rows: Any, _labels: Any = None) -> "ColumnOrder":
        del rows
        return self

    def transform(self, rows: Any) -> Any:
        return np.asarray(rows, dtype=np.float64)[:, list(self.places)]


class TableNumbers(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Numbers as the table has them: unscaled where docs/formats had them scaled, with the decimals of the table."""

    def __init__(self, offset: Sequence[float], scale: Sequence[float], steps: Sequence[float]) -> None:
        self.offset = offset
        self.scale = scale
        self.steps = steps

    @classmethod
    def of(cls, columns: Sequence[Column], steps: Sequence[float]) -> "TableNumbers":
        scaled = [(one.offset or 0.0, one.scale or 1.0) if isinstance(one, Number) else (0.0, 1.0) for one in columns]
        return cls([offset for offset, _ in scaled], [scale for _, scale in scaled], list(steps))

    @property
    def n_features_in_(self) -> int:
        return len(self.scale)

    def fit(self, rows: Any, _labels: Any = None) -> "TableNumbers":
        del rows
        return self

    def transform(self, rows: Any) -> Any:
        spread = np.asarray(rows, dtype=np.float64) * self.scale + self.offset
        steps = np.asarray(self.steps)
        return np.where(steps == 0, spread, restored(spread, steps))
