"""Notebook pipelines drawn at random and adopted: the bundle must answer as the model that was saved does.

`make test-adoptions MINUTES=5` draws for that long and ends with 1 where an adopted model differs.
"""

import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pandas as pd
import xgboost
import yaml
from sklearn import calibration, compose, ensemble, impute, linear_model, model_selection, preprocessing, tree
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import Pipeline, make_pipeline

from tests.support.drawn_outcomes import TOLERANCE, Outcome, main, verdict
from tests.support.drawn_settings import Draw
from tests.support.tables import ROOT
from trainer.adoption.making import ProofTable, make
from trainer.adoption.origin import of_path
from trainer.bundle.bundle import read_bundle
from trainer.bundle.parity import TIE, run
from trainer.contract.contract import Contract
from trainer.data.encoding import encode
from trainer.errors import TrainerError
from trainer.params import Params
from trainer.workspace.layout import Layout

NUMBERS, TEXTS = ["size", "price", "floor"], ["city", "kind"]
CLASSES: tuple[tuple[Any, ...], ...] = (("no", "yes"), (0, 1), (1, 2), (False, True), ("a", "b", "c"), (3, 5, 7, 9))
Made = Callable[[Draw, bool], Any]


def rows_of(generator: np.random.Generator, count: int, *, gaps: bool, unknown: bool) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "size": generator.uniform(10, 90, count).round(1),
            "price": generator.lognormal(3, 1, count).round(2),
            "floor": generator.integers(0, 6, count),
            "city": generator.choice(["Cork", "Galway", "Naas", *(["Trim"] if unknown else [])], count),
            "kind": generator.choice(["flat", "house"], count),
            "new": generator.random(count) < 0.5,
        }
    )
    if gaps:
        frame["size"] = frame["size"].mask(generator.random(count) < 0.1)
        frame["city"] = frame["city"].astype(object).mask(generator.random(count) < 0.1, np.nan)
    return frame


def _numbers(draw: Draw, gaps: bool) -> Any:
    steps: list[Any] = [impute.SimpleImputer(strategy=draw.of(["mean", "median"]), add_indicator=draw.chance(0.3))]
    if not gaps and draw.chance(0.7):
        steps = []
    others = [
        preprocessing.StandardScaler(), preprocessing.MinMaxScaler(), preprocessing.PolynomialFeatures(2),
        preprocessing.KBinsDiscretizer(4, encode="ordinal"), preprocessing.QuantileTransformer(n_quantiles=20),
        preprocessing.PowerTransformer(), preprocessing.FunctionTransformer(np.log1p), PCA(2), "passthrough",
    ]  # fmt: skip
    return make_pipeline(*steps, draw.of(others), draw.of([preprocessing.StandardScaler(), "passthrough"]))


def _texts(draw: Draw, gaps: bool) -> Any:
    encoder = draw.of(
        [
            preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=draw.chance(0.5)),
            preprocessing.OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False),
            preprocessing.OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.3, sparse_output=False),
            preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
            preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
            preprocessing.TargetEncoder(random_state=0),
        ]
    )
    if isinstance(encoder, preprocessing.OrdinalEncoder) and encoder.unknown_value != -1:
        return make_pipeline(encoder, impute.SimpleImputer(strategy="most_frequent"))
    if gaps or draw.chance(0.3):
        filled = impute.SimpleImputer(strategy=draw.of(["most_frequent", "constant"]), fill_value="none")
        return make_pipeline(filled, encoder)
    return encoder


def _last(draw: Draw, classifies: bool) -> Any:
    kinds: tuple[tuple[Callable[[], Any], Callable[[], Any]], ...] = (
        (lambda: linear_model.LogisticRegression(max_iter=300), linear_model.Ridge),
        (
            lambda: ensemble.RandomForestClassifier(draw.whole(2, 12), max_depth=draw.of([None, 4]), random_state=0),
            lambda: ensemble.ExtraTreesRegressor(8, random_state=0),
        ),
        (
            lambda: ensemble.GradientBoostingClassifier(n_estimators=8, random_state=0),
            lambda: ensemble.GradientBoostingRegressor(n_estimators=8, random_state=0),
        ),
        (
            lambda: ensemble.HistGradientBoostingClassifier(max_iter=8),
            lambda: ensemble.HistGradientBoostingRegressor(max_iter=8),
        ),
        (
            lambda: lightgbm.LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1),
            lambda: lightgbm.LGBMRegressor(n_estimators=8, verbose=-1, n_jobs=1),
        ),
        (
            lambda: xgboost.XGBClassifier(n_estimators=8, n_jobs=1),
            lambda: xgboost.XGBRegressor(n_estimators=8, n_jobs=1),
        ),
        (
            lambda: tree.DecisionTreeClassifier(max_depth=4, random_state=0),
            lambda: tree.DecisionTreeRegressor(max_depth=4),
        ),
    )
    made = draw.of(kinds)[0 if classifies else 1]()
    if draw.chance(0.2):
        made = make_pipeline(SelectKBest(k=2) if classifies else PCA(2), made)
    if draw.chance(0.15) and classifies:
        made = calibration.CalibratedClassifierCV(made, method=draw.of(["sigmoid", "isotonic"]), cv=3)
    if draw.chance(0.1):
        pair = [("one", made), ("two", draw.of(kinds)[0 if classifies else 1]())]
        made = (
            ensemble.VotingClassifier(pair, voting="soft")
            if classifies
            else ensemble.StackingRegressor(pair, cv=3, passthrough=draw.chance(0.5))
        )
    return made


def notebook(draw: Draw, *, classifies: bool, gaps: bool) -> Any:
    """A ColumnTransformer and an estimator, as a pipeline, inside a search, or inside a calibration."""
    parts: list[Any] = [("numbers", _numbers(draw, gaps), NUMBERS), ("texts", _texts(draw, gaps), TEXTS)]
    if draw.chance(0.5):
        parts.append(("new", draw.of(["passthrough", "drop", preprocessing.OneHotEncoder(drop="if_binary")]), ["new"]))
    before = compose.ColumnTransformer(
        parts, remainder=draw.of(["drop", "passthrough"]), sparse_threshold=draw.of([0, 0.3])
    )
    if draw.chance(0.2):
        before.set_params(sparse_threshold=0).set_output(transform="pandas")
        before.set_params(verbose_feature_names_out=draw.chance(0.5))
    made: Any = Pipeline([("before", before), ("model", _last(draw, classifies))])
    if draw.chance(0.2):
        made = model_selection.GridSearchCV(made, {}, cv=3)
    elif draw.chance(0.1) and classifies:
        made = calibration.CalibratedClassifierCV(made, cv=3)
    elif draw.chance(0.15) and not classifies:
        made = compose.TransformedTargetRegressor(made, func=np.log1p, inverse_func=np.expm1)
    return made


def tried(seed: int) -> Outcome:
    """Draw, fit and adopt one model, and compare its bundle with it."""
    generator = np.random.default_rng(seed)
    draw = Draw(generator)
    gaps = draw.chance(0.5)
    rows = rows_of(generator, draw.whole(80, 300), gaps=gaps, unknown=False)
    labels: Any = (rows["size"].fillna(40.0) / 10 + (rows["city"] == "Cork") * 3 + rows["floor"]).round(2)
    classes: tuple[Any, ...] = draw.of([*CLASSES, ()])
    if classes:
        cuts = np.quantile(labels, np.arange(1, len(classes)) / len(classes))
        labels = np.array(classes)[np.digitize(labels, cuts)]
    made = notebook(draw, classifies=bool(classes), gaps=gaps)
    what = " ".join(f"{classes} gaps={gaps}: {made}".split())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made.fit(rows, labels)
        except Exception as error:
            # An estimator raises whatever it likes for settings that do not go together.
            return Outcome(seed, what, f"not fitted: {type(error).__name__}: {str(error)[:90]}")
        asked = rows_of(generator, 1500, gaps=gaps, unknown=True)
        with tempfile.TemporaryDirectory() as folder:
            return Outcome(seed, what, _ended(made, rows.assign(y=labels), asked, classes, Path(folder)))


def _ended(made: Any, frame: pd.DataFrame, asked: pd.DataFrame, classes: tuple[Any, ...], folder: Path) -> str:
    page = yaml.safe_load((ROOT / "params.yaml").read_text())
    params = Params.model_validate(page | {"parity": {"random_rows": 1000, "tolerance": TOLERANCE}})
    joblib.dump(made, folder / "model.joblib")
    proof = ProofTable(frame.to_csv(index=False).encode(), "table.csv", None, own=False)
    try:
        adopted = make(Layout(folder / "made"), of_path(folder / "model.joblib"), proof, None, "y", params)
    except TrainerError as error:
        return f"refused: {str(error).splitlines()[0]}"
    assert adopted.page is not None
    columns = Contract.model_validate(yaml.safe_load(adopted.page)).columns
    served = read_bundle(Layout(folder / "made")).content("model.onnx")
    try:
        expected = made.predict_proba(asked) if classes else made.predict(asked)
    except ValueError:
        # One that refuses a category that it does not know: the api refuses it, too.
        asked = asked[asked["city"] != "Trim"]
        expected = made.predict_proba(asked) if classes else made.predict(asked)
    numbers = encode(asked[[one.name for one in columns]], columns)
    if not classes:
        (values,) = run(served, numbers, ["value"])
        return verdict(np.abs(values - expected) / np.ptp(frame["y"]), np.ones(len(asked), dtype=np.bool_))
    labels, shares = run(served, numbers, ["label", "probabilities"])
    best = np.take_along_axis(expected, labels[:, None], axis=1)[:, 0]
    return verdict(np.abs(shares - expected).max(axis=1), best >= expected.max(axis=1) - TIE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], tried, verb="test-adoptions", about=__doc__, minutes=5.0))
