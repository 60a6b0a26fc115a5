"""An ONNX model describes itself as a fitted estimator does, with the help of the table that it is proved on."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from trainer.adoption.description import ModelDescription
from trainer.adoption.graph_model import GraphModel
from trainer.adoption.graph_texts import texts_known
from trainer.contract.csv_format import Csv

ESTIMATOR = "ONNX graph"


def describe_graph(model: GraphModel, signature: Sequence[str], cells: pd.DataFrame, written: Csv) -> ModelDescription:
    """`cells` is the table as it is written, `signature` the columns that MLflow knows. Raises AdoptionError."""
    header = [str(name) for name in cells.columns]
    names, width = _names(model, signature, header)
    found = ModelDescription(
        task="classification" if len(model.classes_) else "regression",
        estimator=ESTIMATOR,
        width=width,
        names=names,
        classes=tuple(model.classes_.tolist()),
    )
    if set(names) - set(header):
        return found  # The columns that are missing are named where the table is looked at.
    return replace(found, known=texts_known(model, cells, names, written) if names else {})


def _names(model: GraphModel, signature: Sequence[str], header: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The columns as the table has them, without names where the graph has none; and how many there are."""
    inputs = model.file.inputs
    if model.file.by_column:
        return tuple(_in_table(one.name, header) for one in inputs), len(inputs)
    width = inputs[0].width or len(signature) or len(header) - 1
    return (tuple(signature) if len(signature) == width else ()), width


def _in_table(name: str, header: Sequence[str]) -> str:
    """Converters write other signs than letters and digits as they like."""
    if name in header:
        return name
    alike = [one for one in header if _plain(one) == _plain(name)]
    return alike[0] if len(alike) == 1 else name


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").casefold()
