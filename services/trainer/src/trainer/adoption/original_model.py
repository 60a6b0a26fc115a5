"""The model as it came, asked as the trainer asks its own: the ONNX model is held against it."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.adoption.decimals import restored
from trainer.adoption.description import ModelDescription
from trainer.contract.columns import Boolean, Category, Column
from trainer.errors import AdoptionError

ALONE = 32
"""Rows that are asked one by one."""
SAME = 1e-5


@dataclass(frozen=True)
class OriginalModel:
    """The model as it came, under the names of the contract.

    `columns` are those that the model reads, in its order; `order` the place of each contract's class in its
    probabilities.
    """

    model: Any
    described: ModelDescription
    columns: Sequence[Column]
    order: Sequence[int]
    decimals: Mapping[str, float] = field(default_factory=dict)
    """By column, `steps_of` the table."""

    def predict_proba(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
        """[n, classes] in the contract's order. Raises AdoptionError where the model takes the rows not."""
        shares = np.asarray(self._asked(self.model.predict_proba, rows), dtype=np.float64)
        # Some libraries answer in float32, whose shares sum to 1 only nearly.
        ordered: npt.NDArray[np.float64] = (shares / shares.sum(axis=1, keepdims=True))[:, list(self.order)]
        return ordered

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[Any]:
        """A regression's values [n], or the model's own labels."""
        return np.ravel(np.asarray(self._asked(self.model.predict, rows)))

    def check_labels(self, rows: pd.DataFrame) -> None:
        """Raises AdoptionError where the model's label is not its most probable class: that is what is served."""
        shares = np.asarray(self._asked(self.model.predict_proba, rows), dtype=np.float64)
        labels = np.asarray(self.model.classes_)
        labels_of_rows = self.predict(rows)
        chosen = shares[np.arange(len(rows)), [int(np.flatnonzero(labels == one)[0]) for one in labels_of_rows]]
        others = int((chosen < shares.max(axis=1) - 1e-9).sum())
        if others:
            raise AdoptionError(
                f"{self.described.estimator} does not answer its most probable class on {others} of {len(rows)} rows "
                "(a tuned threshold?); adopt the model inside it, whose probabilities are served"
            )

    def check_rows(self, rows: pd.DataFrame) -> None:
        """Raises AdoptionError where the answer to a row depends on the rows that are asked with it."""
        few = rows.iloc[np.linspace(0, len(rows) - 1, min(ALONE, len(rows)), dtype=np.int64)]
        ask = self.predict_proba if self.order else self.predict
        alone = np.concatenate([ask(few.iloc[[place]]) for place in range(len(few))])
        if not np.allclose(ask(few), alone, rtol=SAME, atol=SAME, equal_nan=True):
            raise AdoptionError(
                f"{self.described.estimator} answers a row otherwise when it is asked with other rows; "
                "it has to answer each row by itself"
            )

    def _asked(self, method: Any, rows: pd.DataFrame) -> Any:
        frame = pd.DataFrame({one.name: self._typed(rows[one.name], one) for one in self.columns})
        named = hasattr(self.model, "feature_names_in_")
        try:
            with warnings.catch_warnings():
                # Values that the encoders do not know are among the random ones.
                warnings.simplefilter("ignore", UserWarning)
                return method(frame if named else frame.to_numpy(dtype=np.float64))
        except AdoptionError:
            raise
        except Exception as error:
            # An estimator raises whatever it likes for rows that it does not take.
            why = " ".join(str(error).split())[:300]
            raise AdoptionError(f"the model does not answer every row of the table or its ranges: {why}") from error

    def _typed(self, values: "pd.Series[Any]", column: Column) -> "pd.Series[Any]":
        if isinstance(column, Category):
            return values.astype("object").where(values.notna(), np.nan)
        if isinstance(column, Boolean):
            return values if column.nullable else values.astype(bool)
        numbers = values.astype(np.float64)
        if step := self.decimals.get(column.name):
            return pd.Series(restored(numbers.to_numpy(np.float64), step), numbers.index)
        return numbers
