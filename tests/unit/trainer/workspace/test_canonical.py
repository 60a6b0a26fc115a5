"""The same model is the same bytes, in every process."""

import io
import os
import pickle
import subprocess
import sys
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from trainer.workspace import canonical

MODELS = {
    "forest": RandomForestClassifier(n_estimators=8, random_state=1),
    "boosted": GradientBoostingClassifier(n_estimators=4, subsample=0.8, random_state=1),
    "linear": LogisticRegression(max_iter=500),
}

# Fills the heap with other bytes first, so that what a struct's padding holds differs from process to process. One of
# the processes reads estimators first: the names of their attributes are then strings of their own in all later ones.
ELSEWHERE = """
import pickle
import sys
from hashlib import sha256
dirt = [bytes([int(sys.argv[1])]) * size for size in range(16, 40000, 16)]
del dirt
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from trainer.workspace import canonical
features, labels = load_iris(return_X_y=True, as_frame=True)
forest = RandomForestClassifier(n_estimators=8, random_state=1)
boosted = HistGradientBoostingClassifier(max_iter=3, random_state=1)
pipelines = [Pipeline([("scale", StandardScaler()), ("model", model)]) for model in (forest, boosted)]
if sys.argv[1] == "250":
    pickle.loads(pickle.dumps(pipelines))
for pipeline in map(clone, pipelines):
    print(sha256(canonical.dump(pipeline.fit(features, labels.to_numpy()))).hexdigest())
"""


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_dump_loads_as_the_same_model_and_dumps_to_the_same_bytes(name: str) -> None:
    features, labels = load_iris(return_X_y=True, as_frame=True)
    pipeline = Pipeline([("model", MODELS[name])]).fit(features, labels.to_numpy())
    before = pipeline.predict_proba(features)
    content = canonical.dump(pipeline)
    loaded = canonical.load(content)
    assert np.array_equal(loaded.predict_proba(features), before)
    assert np.array_equal(pipeline.predict_proba(features), before)
    assert canonical.dump(loaded) == content


def test_two_processes_with_another_memory_and_history_make_the_same_bytes() -> None:
    def trained(number: int) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": str(number)}
        command = [sys.executable, "-c", ELSEWHERE, str(number)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert trained(1) == trained(250)


def padding_of(nodes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The bytes of a structured array that belong to no field, as a view that can be written to."""
    fields = nodes.dtype.fields.values()
    used = {byte for kind, offset, *_ in fields for byte in range(offset, offset + kind.itemsize)}
    unused = sorted(set(range(nodes.dtype.itemsize)) - used)
    assert unused == list(range(unused[0], unused[-1] + 1))
    return nodes.view(np.uint8).reshape(len(nodes), -1)[:, unused[0] : unused[-1] + 1]


@pytest.mark.parametrize("name", ["forest", "boosted"])
def test_what_the_padding_of_a_tree_held_does_not_show(name: str) -> None:
    features, labels = load_iris(return_X_y=True)
    pipeline = Pipeline([("model", MODELS[name])]).fit(features, labels)
    clean = canonical.dump(pipeline)
    for tree in np.ravel(pipeline.named_steps["model"].estimators_):
        padding_of(tree.tree_.__getstate__()["nodes"])[:] = 0xAB
    assert pickle.dumps(pipeline).count(b"\xab" * 7) > 20
    assert canonical.dump(pipeline) == clean


def test_it_is_a_file_as_joblib_reads_it() -> None:
    features, labels = load_iris(return_X_y=True)
    pipeline = Pipeline([("model", MODELS["forest"])]).fit(features, labels)
    loaded = joblib.load(io.BytesIO(canonical.dump(pipeline)))
    assert np.array_equal(loaded.predict(features), pipeline.predict(features))
