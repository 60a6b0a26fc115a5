"""Names the steps of a model that have no ONNX form, and their replacements."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from skl2onnx._supported_operators import sklearn_operator_name_map

INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(("KNNImputer", "IterativeImputer"), "SimpleImputer"),
    **dict.fromkeys(("FastICA", "FactorAnalysis", "FeatureAgglomeration", "BernoulliRBM", "Birch"), "PCA"),
    **dict.fromkeys(("NMF", "MiniBatchNMF"), "TruncatedSVD"),
    **dict.fromkeys(("Nystroem", "RBFSampler", "PolynomialCountSketch", "Isomap"), "KernelPCA"),
    **dict.fromkeys(("KMeans", "MiniBatchKMeans", "RandomTreesEmbedding"), "KBinsDiscretizer"),
    **dict.fromkeys(("CCA", "PLSCanonical"), "PLSRegression"),
    "AdaBoostClassifier": "GradientBoostingClassifier",
    "AdaBoostRegressor": "GradientBoostingRegressor",
    "GaussianProcessClassifier": "CalibratedClassifierCV around SVC",
    "KernelRidge": "SVR or GaussianProcessRegressor",
    "RadiusNeighborsClassifier": "KNeighborsClassifier",
    "RadiusNeighborsRegressor": "KNeighborsRegressor",
    **dict.fromkeys(("LabelPropagation", "LabelSpreading"), "KNeighborsClassifier, or SelfTrainingClassifier"),
    "NearestCentroid": "LinearDiscriminantAnalysis",
    "DummyClassifier": "LogisticRegression: every report compares with guessing anyway",
    "DummyRegressor": "Ridge: every report compares with guessing anyway",
    "TunedThresholdClassifierCV": "the estimator inside it: the served label is the most probable class",
    "FixedThresholdClassifier": "the estimator inside it: the served label is the most probable class",
    "CatBoostClassifier": "LightGBM or XGBoost",
    "CatBoostRegressor": "LightGBM or XGBoost",
    "SVC": "CalibratedClassifierCV around it: by itself it has no probabilities",
}
REFUSED = {
    *("TunedThresholdClassifierCV", "FixedThresholdClassifier", "AdaBoostClassifier", "AdaBoostRegressor"),
    *("GaussianProcessClassifier", "RadiusNeighborsClassifier", "RadiusNeighborsRegressor", "KNNImputer"),
}
"""skl2onnx knows them, and its graph fails or answers otherwise."""
OTHERWISE = "one of the estimators and steps of docs/your-model.md"
BOOSTED = ("lightgbm", "xgboost")
LIBRARIES = {"sklearn", "trainer", *BOOSTED}
"""Whose classes are meant by their names: a class of the user's own under such a name may answer otherwise."""


def explain(model: Any, own: Collection[str] = ()) -> str:
    """A sentence that names every step without a converter; empty where all have one. `own`: classes we convert."""
    found = sorted({_named(one) for one in _parts(model) if not _known(one, own)})
    return "; ".join(f"{name} has no converter to ONNX: use {INSTEAD.get(name, OTHERWISE)}" for name in found)


def _named(step: Any) -> str:
    kind = type(step)
    ours = kind.__name__ in _names() and kind.__module__.partition(".")[0] not in LIBRARIES
    return f"{kind.__module__}.{kind.__name__}" if ours else kind.__name__


def _names() -> set[str]:
    return {kind.__name__ for kind in sklearn_operator_name_map}


def _known(step: Any, own: Collection[str]) -> bool:
    name, library = type(step).__name__, type(step).__module__.partition(".")[0]
    if library in BOOSTED or (name in own and library in LIBRARIES):
        return True
    if name in REFUSED:
        return False
    return type(step) in sklearn_operator_name_map


def _parts(model: Any) -> Iterator[Any]:
    """The fitted estimators and steps inside others; each other model as it is."""
    name = type(model).__name__
    if name in {"Pipeline", "FeatureUnion", "ColumnTransformer"}:
        pairs = getattr(model, "steps", None) or getattr(model, "transformer_list", None) or model.transformers_
        inner = [pair[1] for pair in pairs]
    elif name.startswith(("Voting", "Stacking")):
        inner = [*model.estimators_, getattr(model, "final_estimator_", None)]
    elif name == "CalibratedClassifierCV":
        inner = [one.estimator for one in model.calibrated_classifiers_]
    elif name == "TransformedTargetRegressor":
        inner = [model.regressor_]
    else:
        yield model
        return
    for one in inner:
        if one is not None and not isinstance(one, str):
            yield from _parts(one)
