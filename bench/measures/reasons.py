"""The time that one row's reasons take, of 200 boosted trees of 255 leaves on 20 columns."""

import time

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.pipeline import Pipeline

from api.bundle.reasons_file import read_arrays
from api.bundle.shapley import TreeReasons
from bench.bar import Bar, at_most
from bench.bench import Bench
from trainer.bundle.reasons import reasons_of
from trainer.contract.columns import Number
from trainer.estimators import ESTIMATORS

MILLISECONDS = 20.0
TREES, LEAVES, COLUMNS, ROWS = 200, 255, 20, 20_000


def reasons(bench: Bench) -> list[Bar]:
    """Milliseconds of a core, so that another program on the machine does not count."""
    rows, found = large()
    milliseconds = timed(found, rows[: bench.plan.explained])
    p50, p99 = np.quantile(milliseconds, [0.5, 0.99])
    what = f"reasons of one row, {TREES} boosted trees of {LEAVES} leaves, {COLUMNS} columns: p99 of CPU"
    return [at_most(what, float(p99), MILLISECONDS, " ms", note=f"p50 {p50:.1f} ms, of {len(milliseconds)} rows")]


def large() -> tuple[np.ndarray, TreeReasons]:
    """Rows, and the reasons of a model that was trained on them, read like those of a bundle."""
    generator = np.random.default_rng(19)
    rows = generator.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    truth = (rows[:, 0] * rows[:, 1] + np.sin(3 * rows[:, 2]) + generator.normal(size=ROWS) > 0).astype(int)
    settings = ESTIMATORS["LGBMClassifier"].fixed
    model = LGBMClassifier(n_estimators=TREES, num_leaves=LEAVES, min_child_samples=5, **settings)
    pipeline = Pipeline([("model", model.fit(rows, truth))])
    limits = {"dtype": "float64", "unit": "", "minimum": -9, "maximum": 9, "description": ""}
    columns = [Number.model_validate({"name": f"c{place}", **limits}) for place in range(COLUMNS)]
    _, content = reasons_of(pipeline, pd.DataFrame(rows, columns=[one.name for one in columns]), columns)
    if content is None:
        raise ValueError("the trees are too many to be explained")
    arrays = read_arrays(content, method="trees", columns=COLUMNS, outputs={1, 2})
    return rows, TreeReasons(arrays, arrays["source"])


def timed(found: TreeReasons, rows: np.ndarray) -> list[float]:
    """Milliseconds of each row."""
    times = []
    for row in rows.astype(np.float64):
        began = time.thread_time()
        found.of(row, 0, COLUMNS, lambda: None)
        times.append(1000 * (time.thread_time() - began))
    return times
