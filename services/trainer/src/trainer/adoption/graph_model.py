"""A foreign ONNX model asked as a fitted estimator is: by rows of natural values."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.adoption.graph_file import GraphFile
from trainer.conversion.onnx_session import opened
from trainer.errors import AdoptionError

CHUNK = 10_000
"""Rows answered at once."""
LONGEST = 300
"""Characters of a reason."""
CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |\S*/onnxruntime_src/\S+:\d+ .*\)(?: const)?(?= )")
WHOLE = 1e-5
"""By how much the probabilities of a row may miss 1."""


class UnansweredError(AdoptionError):
    """ONNX Runtime failed on rows that the model was asked."""


class GraphModel:
    """`predict` and `predict_proba` take a frame whose columns are in the order of the model.

    Raises AdoptionError where ONNX Runtime does not open the file, which must not name others.
    """

    def __init__(self, file: GraphFile, source: bytes, name: str) -> None:
        self.file = file
        self.source = source
        """The file as it came."""
        self.name = name
        self.feature_names_in_ = [one.name for one in file.inputs]
        try:
            self._session = opened(file.content)
        except Exception as error:
            # ONNX Runtime raises whatever its C++ raises.
            raise AdoptionError(f"{name} can't be opened: {reason_of(error)}") from error
        self.classes_ = np.array(file.classes or self._by_index())

    @property
    def single(self) -> bool:
        """Whether all its numbers are float32, as the served model's are."""
        return all(one.kind in {"float32", "object", "bool"} for one in self.file.inputs)

    def predict_proba(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
        """[n, classes], which have to be probabilities."""
        shares = self._asked(rows, self.file.answer).astype(np.float64)
        if shares.ndim != 2 or shares.shape[1] != len(self.classes_):
            raise AdoptionError(
                f"{self.name} answers probabilities of the shape {shares.shape[1:]} for {len(self.classes_)} classes"
            )
        if not ((shares >= -WHOLE).all() and (np.abs(shares.sum(axis=1) - 1) <= WHOLE).all()):
            raise AdoptionError(
                f"{self.name} answers scores and not probabilities: the numbers of a row are below 0, missing, or do "
                "not sum to 1; put a Softmax at its end, or fill the gaps of the table"
            )
        # Sums in float32 end a hair outside.
        return np.clip(shares, 0.0, 1.0)

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[Any]:
        """Labels [n], or values [n]. Without an output for the label it is the most probable class."""
        if self.file.label is not None:
            return self._asked(rows, self.file.label).ravel()
        if len(self.classes_):
            most: npt.NDArray[Any] = self.classes_[self.predict_proba(rows).argmax(axis=1)]
            return most
        values = self._asked(rows, self.file.answer)
        if values.size != len(rows):
            raise AdoptionError(
                f"{self.name} answers {values.shape[1:]} numbers for a row; a regression answers one, a classifier "
                "also has a label"
            )
        return values.ravel()

    def _by_index(self) -> tuple[int, ...]:
        """The places of the probabilities as classes, since the file lists none; empty for a regression."""
        output = next(one for one in self._session.get_outputs() if one.name == self.file.answer)
        width = output.shape[1] if len(output.shape or ()) == 2 else None
        if self.file.label is None and (not isinstance(width, int) or width < 2):
            return ()
        if not isinstance(width, int):
            raise AdoptionError(f"{self.name} does not say what its classes are; keep the ZipMap when converting it")
        return tuple(range(width))

    def _asked(self, rows: pd.DataFrame, output: str) -> npt.NDArray[Any]:
        parts = [rows.iloc[at : at + CHUNK] for at in range(0, max(len(rows), 1), CHUNK)]
        feeds = [self._feeds(part) for part in parts]
        try:
            return np.concatenate([self._session.run([output], feed)[0] for feed in feeds])
        except Exception as error:
            why = reason_of(error)
            raise UnansweredError(f"{self.name} does not answer every row of the table or its ranges: {why}") from error

    def _feeds(self, rows: pd.DataFrame) -> dict[str, Any]:
        if not self.file.by_column:
            (one,) = self.file.inputs
            return {one.name: _typed(rows.to_numpy(np.float64), one.kind)}
        columns = (rows.iloc[:, place].to_numpy() for place in range(rows.shape[1]))
        return {
            one.name: _typed(column, one.kind).reshape([-1] if one.flat else [-1, 1])
            for one, column in zip(self.file.inputs, columns, strict=True)
        }


def reason_of(error: Exception) -> str:
    """ONNX Runtime's own words, without the places in its code."""
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return " ".join(CODE.sub(" ", line).split())[:LONGEST]


def _typed(values: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    if kind.startswith("int"):
        # A number of few decimals in float32 may be a hair below a whole one.
        return np.round(values.astype(np.float64)).astype(kind)
    return np.ascontiguousarray(values.astype(kind))
