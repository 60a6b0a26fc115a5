"""Forests and boosted trees as nodes of a graph."""

from typing import Any

import numpy as np
from onnx import TensorProto

from trainer.conversion.boosters import BoostedTrees, of_lightgbm, of_xgboost
from trainer.conversion.ensemble import sums
from trainer.conversion.graph import Estimators, Graph
from trainer.conversion.trees import Tree, constant, start_of, trees_of
from trainer.errors import UnconvertibleError

FORESTS = (
    *("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor"),
    *("DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor"),
)


def boosted_of(model: Any) -> BoostedTrees | None:
    """The trees of a model of LightGBM or XGBoost, or of a booster by itself; None of any other.

    Raises UnconvertibleError.
    """
    library = type(model).__module__.partition(".")[0]
    if library == "lightgbm":
        if getattr(model, "pred_early_stop", False):
            raise UnconvertibleError("LightGBM's pred_early_stop leaves out trees by the row; leave it out")
        return of_lightgbm(getattr(model, "booster_", model))
    if library == "xgboost":
        if not hasattr(model, "get_booster"):
            return of_xgboost(model)
        # Its sign of a training that ended early is in the booster, and so in the library's own files.
        best = model.get_booster().attr("best_iteration")
        missing = float("nan") if model.missing is None else float(model.missing)
        return of_xgboost(
            model.get_booster(), None if best is None else int(best) + 1, None if np.isnan(missing) else missing
        )
    return None


def all_trees(model: Any) -> list[Tree]:
    """Those of a model that is itself an ensemble of trees, else none."""
    boosted = boosted_of(model)
    return trees_of(model) if boosted is None else [tree for tree, _ in boosted.trees]


def forest_shares(estimators: Estimators, model: Any, source: str) -> str:
    """The probabilities of a forest of classification trees."""
    return _forest(estimators.graph, model, source, len(model.classes_))


def forest_values(estimators: Estimators, model: Any, source: str) -> str:
    """The mean answer of a forest of regression trees."""
    return _forest(estimators.graph, model, source, 1)


def raw(graph: Graph, boosted: BoostedTrees, source: str) -> str:
    """The sums of LightGBM or XGBoost, [n, outputs]: of XGBoost in float32, as it compares and adds."""
    trees = [(tree, 0, output) for tree, output in boosted.trees]
    dtype: type = np.float32 if boosted.single else np.float64
    rows = graph.op("Cast", source, to=TensorProto.FLOAT) if boosted.single else source
    if boosted.missing is not None:
        marked = graph.op("Equal", rows, graph.constant(boosted.missing, dtype))
        rows = graph.op("Where", marked, graph.constant(np.nan, dtype), rows)
    if boosted.categories:
        rows = _whole(graph, rows, boosted, dtype)
    return sums(graph, trees, rows, boosted.outputs, dtype)


def _whole(graph: Graph, rows: str, boosted: BoostedTrees, dtype: type) -> str:
    """Categories as the library reads them: of -0.5 LightGBM makes 0, and XGBoost none that is known."""
    below = graph.op("Floor", rows)
    if not boosted.single:
        negative = graph.op("Less", rows, graph.constant(0.0, dtype))
        below = graph.op("Where", negative, graph.op("Ceil", rows), below)
    asked = np.isin(np.arange(boosted.width), boosted.categories)
    return graph.op("Where", graph.constant(asked, np.bool_), below, rows)


def of_boosted(graph: Graph, boosted: BoostedTrees, source: str) -> str:
    """The answers of LightGBM or XGBoost: shares of the classes, or values."""
    total = raw(graph, boosted, source)
    if not boosted.single:
        return linked(graph, total, boosted.link, boosted.scale)
    match boosted.link:
        case "sigmoid":
            return graph.both(graph.double(_single_sigmoid(graph, total)))
        case "one sigmoid":
            return graph.double(_single_sigmoid(graph, total))
        case "softmax":
            return graph.double(_single_softmax(graph, total))
    return linked(graph, graph.double(total), boosted.link)


def _single_exp(graph: Graph, power: str) -> str:
    """Rounded once, as the C library does; ONNX Runtime's own is a few units off."""
    return graph.op("Cast", graph.op("Exp", graph.double(power)), to=TensorProto.FLOAT)


def _single_sigmoid(graph: Graph, total: str) -> str:
    one = graph.constant(1.0, np.float32)
    return graph.op("Div", one, graph.op("Add", _single_exp(graph, graph.op("Neg", total)), one))


def _single_softmax(graph: Graph, total: str) -> str:
    most = graph.op("ReduceMax", total, graph.constant([1], np.int64))
    powers = _single_exp(graph, graph.op("Sub", total, most))
    over = graph.op("ReduceSum", graph.double(powers), graph.constant([1], np.int64))
    return graph.op("Div", powers, graph.op("Cast", over, to=TensorProto.FLOAT))


def gradient(graph: Graph, model: Any, source: str) -> str:
    """The raw sums of scikit-learn's boosting, [n, outputs], added up in its own order."""
    trees, start = trees_of(model), start_of(model, model.n_features_in_)
    compared = source if hasattr(model, "_predictors") else graph.single(source)
    # Trees take turns: one for each output, then the next round.
    added = [(constant(float(one)), 0, output) for output, one in enumerate(start)]
    added += [(tree, 0, place % len(start)) for place, tree in enumerate(trees)]
    return sums(graph, added, compared, len(start))


def linked(graph: Graph, raw: str, link: str, scale: float = 1.0) -> str:
    """The meaning of a sum: both shares of a sigmoid, those of a softmax, or a value."""
    scaled = raw if scale == 1 else graph.op("Mul", raw, graph.constant(scale))
    match link:
        case "sigmoid":
            return graph.both(graph.op("Sigmoid", scaled))
        case "softmax":
            return graph.op("Softmax", scaled, axis=1)
        case "exp" | "one sigmoid":
            return graph.op("Exp" if link == "exp" else "Sigmoid", scaled)
        case "square":
            return graph.op("Mul", scaled, graph.op("Abs", scaled))
    return scaled


def _forest(graph: Graph, model: Any, source: str, outputs: int) -> str:
    trees = trees_of(model)
    added = [(tree, output, output) for tree in trees for output in range(outputs)]
    return graph.op("Div", sums(graph, added, graph.single(source), outputs), graph.constant(float(len(trees))))
