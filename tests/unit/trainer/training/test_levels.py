"""Learned levels: which texts of the training rows a category knows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from trainer.bundle.parity import answer
from trainer.candidates import Candidate
from trainer.contract.columns import Category
from trainer.conversion.convert import to_onnx
from trainer.training import levels
from trainer.training.levels import learn, learned_columns, with_levels
from trainer.training.pipeline import build
from trainer.training.preparation import round_learned

SHOP = Category(name="shop", description="", kind="category", levels="learned", unknown="other")
HISTOGRAM = Candidate(estimator="HistGradientBoostingClassifier", settings={"max_iter": 20})


def learned(texts: list[str | None], classes: int = 2) -> tuple[str, ...]:
    [column] = learn([SHOP], pd.DataFrame({"shop": pd.Series(texts, dtype="str")}), classes)
    assert isinstance(column, Category)
    return column.categories


def test_texts_that_occur_twice_are_levels_the_most_frequent_first() -> None:
    assert learned(["b", "a", "b", "c", "c", "c", "once", None, "a"]) == ("c", "a", "b")


def test_a_column_without_repeats_keeps_its_texts_and_one_that_is_too_long_is_no_level() -> None:
    assert learned(["b", "a", "x" * 257]) == ("a", "b")


def test_levels_with_the_name_of_a_bin_come_last() -> None:
    texts: list[str | None] = [*["other"] * 9, *["missing"] * 9, "a", "a"]
    assert learned(texts) == ("a", "missing", "other")


def test_the_table_of_means_and_the_file_of_levels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str | None] = [f"text {place % 100}" for place in range(200)]
    assert len(learned(texts, classes=50_000)) == 10
    monkeypatch.setattr(levels, "MOST_TEXT", 60)
    assert 0 < len(learned(texts)) < 10


@pytest.mark.parametrize("document", [b"{}", b'{"features": {"city": ["a"]}}', b'{"features": {"shop": [1]}}', b"["])
def test_levels_that_do_not_belong_to_the_columns_are_refused(document: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        with_levels([SHOP], document)


def test_many_levels_say_more_as_means_than_the_top_fifty_one_hot_and_the_graph_agrees() -> None:
    draw = np.random.default_rng(3)
    effects = draw.normal(size=2000) * 1.5
    shops = draw.integers(2000, size=12_000)
    truth = (draw.random(12_000) < 1 / (1 + np.exp(-effects[shops]))).astype(int)
    frame = pd.DataFrame({"shop": pd.Series([f"shop {shop}" for shop in shops], dtype="str")})
    training = np.arange(12_000) < 9_000
    columns = learn([SHOP], frame[training], 2)
    pipeline = round_learned(build(HISTOGRAM, 1, {}, columns).fit(frame[training], truth[training]))
    assert learned_columns([SHOP], pipeline) == columns
    found = pipeline.predict_proba(frame[~training])
    _, served = answer(to_onnx(pipeline, 1, 2), frame[~training], columns)
    assert np.abs(found - served).max() < 1e-6

    assert isinstance(columns[0], Category)
    top = columns[0].model_copy(update={"categories": columns[0].categories[:50]})
    plain = build(HISTOGRAM, 1, {}, [top]).fit(frame[training], truth[training]).predict_proba(frame[~training])
    by_means, by_top = (roc_auc_score(truth[~training], one[:, 1]) for one in (found, plain))
    assert by_means >= by_top + 0.02
