"""The texts that an ONNX model knows in each of its columns of texts, found by asking it.

The encoders of a graph list their texts, but which column each is for depends on the nodes between. So the model
answers rows with each text in each column: one that it answers as it answers a text of nobody is unknown there.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from onnx import ModelProto, TensorProto

from trainer.adoption.description import KnownValues
from trainer.adoption.graph_file import nodes_in
from trainer.adoption.graph_model import GraphModel, UnansweredError
from trainer.bundle.parity import UNKNOWN
from trainer.contract.csv_format import Csv
from trainer.drafting.gaps import missing_in
from trainer.errors import AdoptionError

ASKED = 64
"""Rows that each text is tried on."""
MOST = 1000
"""Texts of an encoder that are tried."""
ENCODERS = ("cats_strings", "keys_strings")


def texts_known(model: GraphModel, cells: pd.DataFrame, names: Sequence[str], written: Csv) -> dict[str, KnownValues]:
    """By column of texts; `cells` is the table as it is written and `names` its columns in the order of the inputs.

    Raises AdoptionError where the model does not answer the texts of the table.
    """
    places = [place for place, one in enumerate(model.file.inputs) if one.kind == "object"]
    if not places:
        return {}
    there = {place: _texts(cells[names[place]], written) for place in places}
    for place in places:
        if not there[place]:
            raise AdoptionError(f"{names[place]} is empty in the table: nothing can be proved for its texts")
    rows = _rows(model, cells, names, there)
    listed = _listed(model) - {str(one) for one in model.classes_}
    if len(listed) > MOST:
        raise AdoptionError(f"{model.name} lists {len(listed)} texts, and {MOST} are tried; merge rare categories")
    unseen = {place: sorted(listed - set(there[place])) for place in places}
    others = {place: _answers(model, rows, place, UNKNOWN) for place in places}
    known = {
        place: [one for one in unseen[place] if _differs(_answers(model, rows, place, one), others[place])]
        for place in places
    }
    # A text that changed none of these answers may still change that of a row which was not asked.
    nowhere = listed - {one for place in places for one in (*known[place], *there[place])}
    return {
        names[place]: KnownValues(
            tuple(sorted({*there[place], *known[place], *nowhere})), answers_others=others[place] is not None
        )
        for place in places
    }


def _texts(cells: "pd.Series[str]", written: Csv) -> list[str]:
    return sorted(cells[~missing_in(cells, written)].unique())


def _rows(model: GraphModel, cells: pd.DataFrame, names: Sequence[str], there: dict[int, list[str]]) -> pd.DataFrame:
    """Rows of the table as the model takes them, whatever stands in a cell that can't be read as a number."""
    spread = cells.iloc[np.linspace(0, len(cells) - 1, min(ASKED, len(cells)), dtype=np.int64)]
    made = {}
    for place, (name, one) in enumerate(zip(names, model.file.inputs, strict=True)):
        column = spread[name].reset_index(drop=True)
        if one.kind == "object":
            made[name] = column.where(column.isin(there[place]), there[place][0]).astype(object)
        else:
            made[name] = pd.to_numeric(column.str.lower().replace({"true": "1", "false": "0"}), "coerce").fillna(0.0)
    return pd.DataFrame(made)


def _answers(model: GraphModel, rows: pd.DataFrame, place: int, text: str) -> npt.NDArray[np.float64] | None:
    """None where the model refuses the text."""
    asked = rows.assign(**{str(rows.columns[place]): text})
    try:
        return np.asarray(model.predict_proba(asked) if len(model.classes_) else model.predict(asked), np.float64)
    except UnansweredError:
        return None


def _differs(answers: npt.NDArray[np.float64] | None, others: npt.NDArray[np.float64] | None) -> bool:
    if answers is None:
        return False
    return others is None or not np.array_equal(answers, others, equal_nan=True)


def _listed(model: GraphModel) -> set[str]:
    graph = ModelProto.FromString(model.file.content).graph
    tensors = list(graph.initializer)
    found: set[str] = set()
    for node in nodes_in(graph):
        for attribute in node.attribute:
            if attribute.name in ENCODERS:
                found |= {one.decode(errors="replace") for one in attribute.strings}
            elif attribute.HasField("t"):
                tensors.append(attribute.t)
    for tensor in tensors:
        if tensor.data_type == TensorProto.STRING:
            found |= {one.decode(errors="replace") for one in tensor.string_data}
    return found
