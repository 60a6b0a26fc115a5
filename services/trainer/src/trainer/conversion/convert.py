"""A fitted pipeline as ONNX: float32 in, and the library's own float64 arithmetic behind it."""

import json
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, ValueInfoProto, helper
from sklearn.pipeline import Pipeline

from trainer.conversion.answers import OWN, Answers
from trainer.conversion.graph import ML, Graph
from trainer.conversion.row_order import row_cells
from trainer.conversion.skl2onnx_steps import OPSETS
from trainer.conversion.tree_nodes import FORESTS, all_trees
from trainer.conversion.trees import trees_of
from trainer.conversion.unconvertible import explain
from trainer.conversion.votes import votes
from trainer.decision import Decision
from trainer.errors import UnconvertibleError
from trainer.training.preparation import fills

CLASSIFIER, REGRESSOR = "classifier", "regressor"
SUMS_IN_DOUBLE = 5
"""The first opset of ai.onnx.ml whose trees add up to float64."""
IR = 9
ROW_CELLS = "row_cells"
"""The key in the file's metadata of the rows that are neighbours, and answered fastest one after the other."""
BEFORE_THE_MODEL = {"encode", "single", "fill"}


def to_onnx(pipeline: Pipeline, features: int, classes: int, decision: Decision | None = None) -> bytes:
    """Input `features` float32 [n, features], encoded as docs/formats says.

    Outputs `label` int64 [n] and `probabilities` float32 [n, classes]; without classes `value` float64 [n]. In float64
    a split threshold, a sum of votes and a linear score are what they are in the library: no rounding can move a row
    to the other side of a split or break a tie the other way. With a `decision` the label is the one that it gives.
    Raises UnconvertibleError naming what has no converter.
    """
    if reason := explain(Pipeline([step for step in pipeline.steps if step[0] not in BEFORE_THE_MODEL]), OWN):
        raise UnconvertibleError(reason)
    graph, model = Graph(), pipeline.named_steps["model"]
    steps = [step for step in pipeline.steps[:-1] if step[0] not in BEFORE_THE_MODEL]
    source = _rows(graph, pipeline)
    if steps:
        source = Answers(graph).transformed(Pipeline(steps), source, features)
    outputs = _classes(graph, model, source, classes, decision) if classes else _value(graph, model, source)
    # Preparation spreads the values over other columns than those of the rows that come in.
    plain = not steps and "fill" not in pipeline.named_steps
    cells = row_cells(all_trees(model)) if plain else []
    return _finished(graph, features, outputs, {ROW_CELLS: json.dumps(cells)} if cells else {})


def _rows(graph: Graph, pipeline: Pipeline) -> str:
    """The input with its gaps filled, in float64."""
    source = "features"
    if "fill" in pipeline.named_steps:
        # ONNX Runtime has no imputer for float64.
        known = graph.constant(fills(pipeline), np.float32)
        source = graph.op("Where", graph.op("IsNaN", source), known, source)
    rows = graph.double(source)
    graph.exact.add(rows)
    return rows


def _classes(graph: Graph, model: Any, source: str, classes: int, decision: Decision | None) -> list[ValueInfoProto]:
    if len(model.classes_) != classes:
        raise UnconvertibleError("the model has not learnt every class of the table")
    if type(model).__name__ in FORESTS:
        label, shares = votes(graph, trees_of(model), graph.single(source), classes)
    else:
        exact = Answers(graph).shares(model, source)
        label = graph.op("ArgMax", exact, axis=1, keepdims=0)
        shares = graph.op("Cast", exact, to=TensorProto.FLOAT)
    if decision is not None:
        label = _decided(graph, shares, decision)
    graph.op("Identity", label, name="label")
    graph.op("Identity", shares, name="probabilities")
    return [
        helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes]),
    ]


def _decided(graph: Graph, shares: str, decision: Decision) -> str:
    """The label by the probabilities that are answered, so that a client who compares them finds the same."""
    share = graph.op("Gather", shares, graph.constant(decision.place, np.int64), axis=1)
    reached = graph.op("GreaterOrEqual", share, graph.constant(decision.at, np.float32))
    places = (graph.constant(place, np.int64) for place in (decision.place, 1 - decision.place))
    return graph.op("Where", reached, *places)


def _value(graph: Graph, model: Any, source: str) -> list[ValueInfoProto]:
    graph.op("Reshape", Answers(graph).values(model, source), graph.constant([-1], np.int64), name="value")
    return [helper.make_tensor_value_info("value", TensorProto.DOUBLE, [None])]


def _finished(graph: Graph, features: int, outputs: list[ValueInfoProto], metadata: dict[str, str]) -> bytes:
    """With the names that the bundle's format gives, and nothing that varies."""
    graph.prune([one.name for one in outputs])
    newest = any(node.op_type == "TreeEnsemble" for node in graph.nodes)
    opsets = OPSETS | ({ML: SUMS_IN_DOUBLE} if newest else {})
    body = helper.make_graph(
        graph.nodes,
        CLASSIFIER if len(outputs) > 1 else REGRESSOR,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, features])],
        outputs,
        graph.constants,
    )
    made = helper.make_model(
        body,
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in sorted(opsets.items())],
        ir_version=IR,
        producer_name="trainer",
    )
    helper.set_model_props(made, metadata)
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))
