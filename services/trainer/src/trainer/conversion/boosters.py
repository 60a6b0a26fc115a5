"""The trees of LightGBM and XGBoost, read from the libraries' own JSON, and what they do to the sum."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.conversion.trees import Tree, constant
from trainer.errors import UnconvertibleError

Node = dict[str, Any]


@dataclass(frozen=True)
class BoostedTrees:
    """Sums over trees, and what makes answers of them."""

    trees: list[tuple[Tree, int]]
    """Each with the output that it adds to."""
    outputs: int
    link: str
    """identity, sigmoid (both shares), one sigmoid, softmax, exp or square (with the sign kept)."""
    scale: float = 1.0
    """The sum is multiplied by it before the link."""
    single: bool = False
    """Whether the library compares and adds in float32."""
    width: int = 0
    """How many columns the rows have."""
    missing: float | None = None
    """A number that the library takes for a missing value, besides NaN."""

    @property
    def categories(self) -> list[int]:
        """The places of the columns that are asked for categories: the library cuts off what is behind the point."""
        return sorted({int(tree.asked[node]) for tree, _ in self.trees for node in tree.members})


LIGHTGBM_LINKS = {
    **dict.fromkeys(("regression", "regression_l1", "huber", "fair", "quantile", "mape"), "identity"),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "exp"),
    **dict.fromkeys(("binary", "cross_entropy"), "sigmoid"),
    "multiclass": "softmax",
}
XGBOOST_LINKS = {
    **dict.fromkeys(("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"), "identity"),
    **dict.fromkeys(("reg:quantileerror", "reg:squaredlogerror"), "identity"),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), "exp"),
    "binary:logistic": "sigmoid",
    "reg:logistic": "one sigmoid",
    **dict.fromkeys(("multi:softprob", "multi:softmax"), "softmax"),
}


def of_lightgbm(booster: Any) -> BoostedTrees:
    """A lightgbm.Booster. Raises UnconvertibleError for an objective or a kind of tree that is not known here."""
    page = booster.dump_model()
    objective, *words = str(page.get("objective", "custom")).split()
    options = dict(word.split(":", 1) for word in words if ":" in word)
    if objective not in LIGHTGBM_LINKS:
        raise UnconvertibleError(
            f"LightGBM's objective {objective} has no converter; use one of {', '.join(sorted(LIGHTGBM_LINKS))}"
        )
    outputs = int(page["num_tree_per_iteration"])
    link = "square" if "sqrt" in words else LIGHTGBM_LINKS[objective]
    scale = float(options.get("sigmoid", 1.0)) if link == "sigmoid" else 1.0
    if page["average_output"]:
        scale /= max(1, len(page["tree_info"]) // outputs)
    trees = [(_lightgbm_tree(one["tree_structure"]), place % outputs) for place, one in enumerate(page["tree_info"])]
    return BoostedTrees(trees, outputs, link, scale, width=booster.num_feature())


def of_xgboost(booster: Any, rounds: int | None = None, missing: float | None = None) -> BoostedTrees:
    """An xgboost.Booster, of it the first `rounds`. Raises UnconvertibleError as `of_lightgbm` does."""
    kept = booster if rounds is None else booster[:rounds]
    learner = json.loads(kept.save_raw("json"))["learner"]
    objective, grown = learner["objective"]["name"], learner["gradient_booster"]
    if objective not in XGBOOST_LINKS:
        raise UnconvertibleError(
            f"XGBoost's objective {objective} has no converter; use one of {', '.join(sorted(XGBOOST_LINKS))}"
        )
    dropped = grown["name"] == "dart"
    if grown["name"] not in {"gbtree", "dart"}:
        raise UnconvertibleError(f"XGBoost's booster {grown['name']} has no converter; use gbtree")
    weights = grown["weight_drop"] if dropped else None
    model = (grown["gbtree"] if dropped else grown)["model"]
    link, outputs = XGBOOST_LINKS[objective], max(1, int(learner["learner_model_param"]["num_class"]))
    if int(learner["learner_model_param"].get("num_target", 1)) > 1:
        raise UnconvertibleError("XGBoost answers several targets or quantiles at once; fit one model for each")
    starts = np.ravel(json.loads(learner["learner_model_param"]["base_score"])).astype(np.float64)
    trees = [
        (constant(_before_link(float(start), link)), output)
        for output, start in enumerate(np.broadcast_to(starts, outputs))
    ]
    for place, (one, output) in enumerate(zip(model["trees"], model["tree_info"], strict=True)):
        trees.append((_xgboost_tree(one, 1.0 if weights is None else float(weights[place])), int(output)))
    return BoostedTrees(trees, outputs, link, single=True, width=booster.num_features(), missing=missing)


def _before_link(start: float, link: str) -> float:
    if link.endswith("sigmoid"):
        return float(np.log(start) - np.log1p(-start))
    return float(np.log(start)) if link == "exp" else start


def _lightgbm_tree(root: Node) -> Tree:
    nodes: list[Node] = [root]
    yes, no, members = [], [], {}
    for place, node in enumerate(nodes):
        if "leaf_coeff" in node:
            raise UnconvertibleError("LightGBM's linear_tree has no converter; leave it out")
        if "split_feature" not in node:
            yes.append(-1)
            no.append(-1)
            continue
        yes.append(len(nodes))
        no.append(len(nodes) + 1)
        nodes += [node["left_child"], node["right_child"]]
        if node["decision_type"] == "==":
            members[place] = [float(one) for one in str(node["threshold"]).split("||")]
        elif node["missing_type"] == "Zero":
            raise UnconvertibleError("LightGBM's zero_as_missing has no converter; leave it out")
    return Tree(
        np.array([node.get("split_feature", -1) for node in nodes], dtype=np.int64),
        np.array([_number(node) for node in nodes], dtype=np.float64),
        np.array([[node.get("leaf_value", 0.0)] for node in nodes], dtype=np.float64),
        np.array(yes, dtype=np.int64),
        np.array(no, dtype=np.int64),
        np.array([_gaps(node) for node in nodes], dtype=bool),
        members=members,
        covers=np.array([node.get("internal_count", node.get("leaf_count", 1)) for node in nodes], dtype=np.float64),
    )


def _number(node: Node) -> float:
    return float(node["threshold"]) if node.get("decision_type") == "<=" else 0.0


def _gaps(node: Node) -> bool:
    """A missing value is 0 where the training rows of this column had none."""
    if node.get("decision_type") != "<=":
        return False
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else float(node["threshold"]) >= 0


def _xgboost_tree(one: Node, weight: float) -> Tree:
    if int(one["tree_param"]["size_leaf_vector"]) > 1:
        raise UnconvertibleError("XGBoost's multi_output_tree has no converter; use one_output_per_tree")
    left, right = np.array(one["left_children"], dtype=np.int64), np.array(one["right_children"], dtype=np.int64)
    leaf = left < 0
    numbers = np.array(one["split_conditions"], dtype=np.float32).astype(np.float64)
    gaps = np.array(one["default_left"], dtype=bool)
    members = {}
    for node, start, size in zip(
        one["categories_nodes"], one["categories_segments"], one["categories_sizes"], strict=True
    ):
        # Of XGBoost the categories that are listed go to the right.
        members[int(node)] = [float(category) for category in one["categories"][start : start + size]]
        left[node], right[node], gaps[node] = right[node], left[node], not gaps[node]
    return Tree(
        np.where(leaf, -1, np.array(one["split_indices"], dtype=np.int64)),
        np.where(leaf, 0.0, numbers),
        np.where(leaf, weight * numbers, 0.0)[:, None],
        np.where(leaf, -1, left),
        np.where(leaf, -1, right),
        gaps & ~leaf,
        below=True,
        members=members,
        covers=np.array(one["sum_hessian"], dtype=np.float64),
    )
