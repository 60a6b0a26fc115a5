"""Preparing steps of a person's own pipeline answer in ONNX as in scikit-learn, or are refused with what to use."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, FastICA, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import (
    RFE,
    RFECV,
    SelectFromModel,
    SelectKBest,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from tests.support.matrix import Drawn, proved, table
from trainer.errors import UnconvertibleError
from trainer.estimators import Estimator
from trainer.training.pipeline import fit
from trainer.training.preparation import is_plain, preparation, single

LINEAR = LogisticRegression(max_iter=2000)
GAPPED = {
    "mean": SimpleImputer(),
    "median and marks": SimpleImputer(strategy="median", add_indicator=True),
    "constant": SimpleImputer(strategy="constant", fill_value=-1),
    "most frequent": SimpleImputer(strategy="most_frequent"),
    "marks beside": make_union(SimpleImputer(), MissingIndicator()),
    "power of gaps": make_pipeline(PowerTransformer(), SimpleImputer()),
    "quantiles of gaps": make_pipeline(QuantileTransformer(n_quantiles=40), SimpleImputer()),
}
WHOLE = {
    **{
        f"polynomials {degree} {alone} {bias}": PolynomialFeatures(degree, interaction_only=alone, include_bias=bias)
        for degree in (1, 2, 3, (2, 3))
        for alone in (False, True)
        for bias in (False, True)
    },
    **{f"bins {kind}": KBinsDiscretizer(5, encode=kind, quantile_method="averaged_inverted_cdf")
       for kind in ("onehot", "onehot-dense", "ordinal")},
    "splines": SplineTransformer(),
    "splines of the quantiles": SplineTransformer(4, degree=2, knots="quantile", include_bias=False),
    "Yeo-Johnson": PowerTransformer(),
    "Yeo-Johnson alone": PowerTransformer(standardize=False),
    "quantiles": QuantileTransformer(n_quantiles=40),
    "Box-Cox": make_pipeline(FunctionTransformer(np.exp), PowerTransformer("box-cox")),
    **{f"numpy.{one.__name__}": FunctionTransformer(one)
       for one in (np.abs, np.exp, np.expm1, np.square, np.tanh, np.sin, np.cos, np.sign, np.floor, np.ceil)},
    "logarithm": make_pipeline(*(FunctionTransformer(one) for one in (np.abs, np.log1p, np.sqrt))),
    "components": PCA(2, whiten=True),
    "values": TruncatedSVD(2),
    "best": SelectKBest(k=2),
    "by the model": SelectFromModel(LINEAR),
    "one after the other": RFE(LINEAR, n_features_to_select=2),
    "cross-validated": RFECV(LINEAR, cv=3),
    "forward": SequentialFeatureSelector(LINEAR, n_features_to_select=2, cv=2),
    "that vary": VarianceThreshold(),
    "side by side": FeatureUnion([("a", PCA(2)), ("b", PolynomialFeatures(2))], transformer_weights={"a": 0.5}),
    "by column": ColumnTransformer(
        [("a", PolynomialFeatures(2), [0, 1]), ("b", "drop", [2])], remainder=make_pipeline(RobustScaler())
    ),
}  # fmt: skip
ROUNDED = {
    "one-hot": OneHotEncoder(handle_unknown="ignore"),
    "one-hot, first dropped": OneHotEncoder(handle_unknown="ignore", drop="first", sparse_output=False),
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "means": TargetEncoder(cv=KFold(3)),
    "quantiles of ties": QuantileTransformer(n_quantiles=40),
}


def fitted(step: BaseEstimator, drawn: Drawn, model: Any) -> Pipeline:
    """As a candidate `my_module:make` that returned the step before a model."""
    row = Estimator("", "classification", "", gaps=True, doubles=True)
    columns = drawn.contract.columns
    before = [("single", single())] if is_plain(columns) else preparation(columns, row, 1)
    return fit(Pipeline([*before, ("model", make_pipeline(step, model))]), drawn.rows, drawn.labels)


def rounded(step: BaseEstimator) -> BaseEstimator:
    """Behind whole numbers, so that values repeat."""
    return make_pipeline(FunctionTransformer(np.floor), step)


CASES = [
    *((name, "gaps", step) for name, step in GAPPED.items()),
    *((name, "plain", step) for name, step in WHOLE.items()),
    *((name, "plain", rounded(step)) for name, step in ROUNDED.items()),
]


@pytest.mark.filterwarnings("ignore:Found unknown categories", "ignore:lbfgs failed to converge")
@pytest.mark.parametrize(("kind", "step"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_a_step_before_a_line_and_before_trees_is_served_as_it_answers(kind: str, step: BaseEstimator) -> None:
    for classes, model in ((2, LINEAR), (3, RandomForestClassifier(6, random_state=0))):
        drawn = table(kind, classes, rows=150)
        found = proved(fitted(step, drawn, model), drawn, random_rows=500)
        assert found.largest_difference <= 1e-5


REFUSED = [
    (KNNImputer(), "KNNImputer has no converter to ONNX: use SimpleImputer"),
    (FastICA(2, random_state=0, max_iter=1000), "FastICA has no converter to ONNX: use PCA"),
    (QuantileTransformer(n_quantiles=40, output_distribution="normal"), "use uniform"),
    (SplineTransformer(extrapolation="linear"), "use constant"),
    (FunctionTransformer(np.cbrt), r"FunctionTransformer\(cbrt\) has no converter; use a function of NumPy \(absolute"),
    (rounded(OneHotEncoder(max_categories=3, handle_unknown="ignore")), "OneHotEncoder.* leave them out"),
    (SimpleImputer(missing_values=-1.0), "missing_values=-1.0.* make that value a gap"),
    (
        make_pipeline(StandardScaler(), ColumnTransformer([("a", PCA(1), [0, 1])], transformer_weights={"a": 2.0})),
        "transformer_weights",
    ),
]


@pytest.mark.filterwarnings("ignore:FastICA did not converge")
@pytest.mark.parametrize(("step", "message"), REFUSED, ids=[message[:20] for _, message in REFUSED])
def test_a_step_without_an_onnx_form_is_refused_with_what_to_use(step: BaseEstimator, message: str) -> None:
    drawn = table("plain", 2, rows=150)
    with pytest.raises(UnconvertibleError, match=message):
        proved(fitted(step, drawn, LINEAR), drawn, random_rows=50)
