"""The model as it was made elsewhere and as it will be served: both take the contract's rows and answer its classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trainer.adoption.classes import as_written
from trainer.adoption.converters import register
from trainer.adoption.decimals import steps_of
from trainer.adoption.description import ModelDescription
from trainer.adoption.drafting import in_order_of
from trainer.adoption.graph_model import GraphModel
from trainer.adoption.graph_wrapping import wrapped
from trainer.adoption.order import reordered
from trainer.adoption.original_model import OriginalModel
from trainer.adoption.rewriting import rewritten
from trainer.bundle.parity import random_rows
from trainer.contract.contract import Contract
from trainer.conversion.convert import to_onnx
from trainer.conversion.ways_out import advised
from trainer.data.dataset import Dataset
from trainer.errors import AdoptionError, ParityError
from trainer.params import Params


def twins_of(
    model: Any, described: ModelDescription, contract: Contract, found: Dataset, params: Params
) -> tuple[OriginalModel, bytes]:
    """The original, and the ONNX file that is served in its place.

    Raises AdoptionError where the model does another task or answers other classes, or can't be converted.
    """
    graph = model if isinstance(model, GraphModel) else None
    reads = in_order_of(contract, described)
    columns = {one.name: one for one in contract.columns}
    # A graph of float32 gets the numbers of the served model as they are.
    exact = graph is None or not graph.single
    decimals = dict(zip(columns, steps_of(contract.columns, found.rows), strict=True)) if exact else {}
    answered = _written(described, found, contract)
    order = [answered.index(name) for name in contract.target.classes]
    twin = OriginalModel(model, described, [columns[name] for name in reads], order, decimals)
    if contract.target.classes:
        drawn = random_rows(contract, params.parity.random_rows, params.seed)
        twin.check_labels(pd.concat([found.rows.features, drawn], ignore_index=True))
    steps = [decimals.get(name, 0.0) for name in columns]
    if graph is None:
        return twin, _served(model, described, contract, reads, order, steps)
    twin.check_rows(found.rows.features)
    return twin, reordered(wrapped(graph, contract.columns, reads, steps), order)


def _written(described: ModelDescription, found: Dataset, contract: Contract) -> list[str]:
    """The model's classes in its order, as the contract has them."""
    if contract.task != described.task:
        raise AdoptionError(
            f"the model does {described.task}, and the contract's target {contract.target.name} is for {contract.task}"
        )
    if not contract.target.classes:
        return []
    there = [contract.target.classes[label] for label in np.unique(found.rows.labels)]
    named, _ = as_written(described.classes, there)
    if absent := [name for name in contract.target.classes if name not in named]:
        raise AdoptionError(f"the contract's class {', '.join(absent)} is not among the answers of the model")
    if strange := [name for name in named if name not in contract.target.classes]:
        raise AdoptionError(f"the model answers {', '.join(strange)}, which the contract does not list")
    return named


def _served(
    model: Any,
    described: ModelDescription,
    contract: Contract,
    reads: Sequence[str],
    order: Sequence[int],
    decimals: Sequence[float],
) -> bytes:
    register()
    pipeline = rewritten(model, contract.columns, reads, described.known, decimals, len(contract.target.classes))
    try:
        served = to_onnx(pipeline, len(contract.columns), len(contract.target.classes))
    except (AdoptionError, ParityError):
        raise
    except Exception as error:
        # A converter raises whatever it likes for a model that it does not know.
        steps = ", ".join(type(step).__name__ for _, step in pipeline.steps)
        why = " ".join(str(error).split())[:300] or type(error).__name__
        refused = f"it can't be converted to ONNX (its steps: {steps}): {why}"
        raise AdoptionError(advised(refused, model)) from error
    return reordered(served, order)
