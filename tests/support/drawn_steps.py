"""Steps before an estimator with settings drawn at random: alone, side by side, and by columns."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn import (
    cluster,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    impute,
    kernel_approximation,
    linear_model,
    preprocessing,
    random_projection,
    tree,
)
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, make_pipeline

from tests.support.drawn_settings import Draw

FUNCTIONS = (np.abs, np.tanh, np.square, np.sign, np.floor, np.ceil, np.exp, np.expm1, np.sin, np.negative, np.cbrt)


def _by_columns(draw: Draw) -> Any:
    """The first columns go through one step, the next through another, the rest through or away."""
    split = draw.whole(1, 2)
    second: Any = draw.of([[split], slice(split, split + 1), [False] * split + [True] + [False] * draw.whole(1, 3)])
    return ColumnTransformer(
        [("first", draw.of(ALONE)(draw), list(range(split))), ("second", draw.of(ALONE)(draw), second)],
        remainder=draw.of(["passthrough", "drop", preprocessing.StandardScaler()]),
        sparse_threshold=0,
        transformer_weights=draw.of([None, None, None, {"first": 2.0}]),
    )


def _side_by_side(draw: Draw) -> Any:
    return FeatureUnion(
        [("first", draw.of(ALONE)(draw)), ("second", draw.of([*ALONE, lambda _: "passthrough"])(draw))],
        transformer_weights=draw.of([None, {"first": 0.5}]),
    )


def _binned(draw: Draw, encoder: Any) -> Any:
    bins = preprocessing.KBinsDiscretizer(
        draw.whole(2, 5), encode="ordinal", strategy=draw.of(["uniform", "quantile", "kmeans"]), random_state=0
    )
    return make_pipeline(bins, encoder)


ALONE: Sequence[Callable[[Draw], Any]] = (
    lambda draw: preprocessing.StandardScaler(with_mean=draw.chance(0.8)),
    lambda draw: preprocessing.MinMaxScaler(clip=draw.chance(0.5)),
    lambda draw: preprocessing.RobustScaler(),
    lambda draw: preprocessing.MaxAbsScaler(),
    lambda draw: preprocessing.Normalizer(norm=draw.of(["l1", "l2", "max"])),
    lambda draw: preprocessing.Binarizer(threshold=0.25),
    lambda draw: preprocessing.PolynomialFeatures(2, interaction_only=draw.chance(0.5)),
    lambda draw: preprocessing.KBinsDiscretizer(
        draw.whole(2, 6), encode=draw.of(["ordinal", "onehot-dense"]), strategy=draw.of(["uniform", "quantile"])
    ),
    lambda draw: preprocessing.PowerTransformer(),
    lambda draw: preprocessing.QuantileTransformer(n_quantiles=20),
    lambda draw: preprocessing.SplineTransformer(n_knots=4),
    lambda draw: preprocessing.FunctionTransformer(np.abs),
    lambda draw: preprocessing.FunctionTransformer(),
    lambda draw: decomposition.PCA(n_components=2, whiten=draw.chance(0.5)),
    lambda draw: decomposition.TruncatedSVD(n_components=2),
    lambda draw: cluster.KMeans(n_clusters=3, n_init=1, random_state=0),
    lambda draw: feature_selection.SelectKBest(k=2),
    lambda draw: feature_selection.VarianceThreshold(),
    lambda draw: impute.SimpleImputer(strategy=draw.of(["mean", "median"]), add_indicator=draw.chance(0.5)),
    lambda draw: impute.KNNImputer(n_neighbors=3),
    lambda draw: FeatureUnion(
        [("scaled", preprocessing.StandardScaler()), ("parts", decomposition.PCA(n_components=2))]
    ),
    lambda draw: preprocessing.FunctionTransformer(draw.of(FUNCTIONS)),
    lambda draw: preprocessing.FunctionTransformer(np.clip, kw_args={"a_min": -1.0, "a_max": 1.0}),
    lambda draw: preprocessing.PolynomialFeatures(
        draw.of([2, 3, (2, 2)]), include_bias=draw.chance(0.5), order=draw.of(["C", "F"])
    ),
    lambda draw: preprocessing.PowerTransformer(standardize=draw.chance(0.5)),
    lambda draw: preprocessing.QuantileTransformer(n_quantiles=draw.of([3, 50]), output_distribution="uniform"),
    lambda draw: preprocessing.SplineTransformer(
        n_knots=draw.whole(2, 6), degree=draw.whole(1, 3), include_bias=draw.chance(0.5), extrapolation="constant"
    ),
    lambda draw: preprocessing.RobustScaler(with_centering=draw.chance(0.5), quantile_range=(10.0, 90.0)),
    lambda draw: preprocessing.StandardScaler(with_std=draw.chance(0.5)),
    lambda draw: preprocessing.MinMaxScaler(feature_range=(-1, 3)),
    lambda draw: _binned(draw, preprocessing.OneHotEncoder(sparse_output=False, handle_unknown="ignore")),
    lambda draw: _binned(draw, preprocessing.OneHotEncoder(sparse_output=False, drop=draw.of(["first", "if_binary"]))),
    lambda draw: _binned(
        draw, preprocessing.OneHotEncoder(sparse_output=False, min_frequency=20, handle_unknown="infrequent_if_exist")
    ),
    lambda draw: _binned(
        draw, preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=draw.of([-1, np.nan]))
    ),
    lambda draw: _binned(draw, preprocessing.TargetEncoder(smooth=draw.of(["auto", 5.0]), random_state=0)),
    lambda draw: preprocessing.KBinsDiscretizer(3, encode="onehot", strategy="kmeans", random_state=0),
    lambda draw: impute.SimpleImputer(
        strategy=draw.of(["most_frequent", "constant"]), fill_value=-9.0, add_indicator=draw.chance(0.5)
    ),
    lambda draw: impute.MissingIndicator(features=draw.of(["all", "missing-only"])),
    lambda draw: feature_selection.SelectFromModel(tree.DecisionTreeClassifier(random_state=0)),
    lambda draw: feature_selection.SelectPercentile(percentile=60),
    lambda draw: feature_selection.RFE(linear_model.Ridge(), n_features_to_select=2),
    lambda draw: decomposition.IncrementalPCA(n_components=2),
    lambda draw: decomposition.KernelPCA(n_components=2, kernel=draw.of(["linear", "poly", "rbf", "sigmoid"])),
    lambda draw: decomposition.FactorAnalysis(n_components=2),
    lambda draw: decomposition.FastICA(n_components=2, random_state=0),
    lambda draw: decomposition.SparsePCA(n_components=2, max_iter=5, random_state=0),
    lambda draw: discriminant_analysis.LinearDiscriminantAnalysis(n_components=1),
    lambda draw: cross_decomposition.PLSRegression(n_components=2),
    lambda draw: random_projection.GaussianRandomProjection(n_components=2, random_state=0),
    lambda draw: random_projection.SparseRandomProjection(n_components=3, random_state=0, dense_output=True),
    lambda draw: kernel_approximation.Nystroem(n_components=5, random_state=0),
    lambda draw: kernel_approximation.RBFSampler(n_components=5, random_state=0),
    lambda draw: cluster.FeatureAgglomeration(n_clusters=2),
    lambda draw: ensemble.RandomTreesEmbedding(n_estimators=3, max_depth=2, sparse_output=False, random_state=0),
)
STEPS: Sequence[Callable[[Draw], Any]] = (
    *ALONE,
    *[_by_columns] * 5,
    *[_side_by_side] * 3,
    lambda draw: "passthrough",
)
