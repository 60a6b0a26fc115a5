"""Audited answers are replayed without a loss: what differs is counted, what does not fit is named."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from rich.console import Console

from trainer.bundle.bundle import bundle
from trainer.commands.replaying import show
from trainer.contract.contract import Contract
from trainer.data.dataset import load
from trainer.data.encoding import encode, natural
from trainer.data.prepare import prepare
from trainer.errors import ReplayError
from trainer.gate.contender import Split, of_bundle
from trainer.params import Params
from trainer.replay.audit import AuditedAnswer
from trainer.replay.page import page_of
from trainer.replay.replaying import replay
from trainer.replay.statistics import mcnemar, paired, wilson
from trainer.scoring.model import Model
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent


class Made(NamedTuple):
    model: Model
    frame: pd.DataFrame


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, iris: Contract, fast: Params) -> Made:
    layout = Layout(tmp_path_factory.mktemp("replayed"))
    only = fast.model_copy(update={"candidates": {"linear": fast.candidates["linear"]}})
    prepare(layout, iris)
    train(layout, iris, only, Silent())
    model = Model(of_bundle(bundle(layout, iris, only), Split(only.seed, only.holdout_share)))
    return Made(model, load(layout.processed(iris.name), iris).rows.features)


@pytest.fixture
def model(made: Made) -> Model:
    return made.model


@pytest.fixture(scope="module")
def audited(made: Made) -> list[AuditedAnswer]:
    """Every row of the data set as the store keeps it: answered one by one, in the numbers of JSON."""
    model, frame = made
    session = onnxruntime.InferenceSession(model.contender.model)
    rows = []
    for place in range(len(frame)):
        one = frame.iloc[[place]]
        labels, shares = session.run(["label", "probabilities"], {"features": encode(one, model.columns)})
        features = {column.name: natural(one[column.name].iloc[0], column) for column in model.columns}
        named = {name: float(str(share)) for name, share in zip(model.classes, shares[0], strict=True)}
        rows.append(_answered(place, model, features, model.classes[labels[0]], named))
    return rows


def _answered(
    place: int, model: Model, features: dict[str, Any], label: str, shares: dict[str, float]
) -> AuditedAnswer:
    return AuditedAnswer(f"id-{place}", "1", model.bundle, features, label, shares, None, None, None)


def pages(rows: Sequence[AuditedAnswer], size: int = 40) -> list[list[AuditedAnswer]]:
    return [list(rows[at : at + size]) for at in range(0, len(rows), size)]


def test_the_version_that_served_answers_as_it_did(model: Model, audited: list[AuditedAnswer]) -> None:
    report = replay(pages(audited), model)
    same = report["same_bundle"]
    assert (same["rows"], same["differing"], report["differing"]) == (len(audited), 0, 0)
    assert same["largest_difference"] <= 1e-6
    assert all(one["old"] == one["new"] for one in report["flips"])
    for bins in report["columns"].values():
        assert sum(one["rows"] for one in bins) == len(audited)


def test_answers_that_differ_are_counted_by_class_and_by_column(model: Model, audited: list[AuditedAnswer]) -> None:
    first, second, *_ = model.classes
    wrong = [row._replace(label=second, bundle="0" * 64) if row.label == first else row for row in audited]
    report = replay(pages(wrong), model)
    flips = {(one["old"], one["new"]): one["rows"] for one in report["flips"] if one["old"] != one["new"]}
    count = sum(row.label == first for row in audited)
    assert flips == {(second, first): count}
    assert report["differing"] == count
    assert report["same_bundle"]["differing"] == 0
    assert sum(one["differing"] for one in report["columns"]["petal_length"]) == count


def test_the_segments_of_the_model_are_named_and_counted_value_by_value(
    model: Model, audited: list[AuditedAnswer], capsys: pytest.CaptureFixture[str]
) -> None:
    marked = Model(replace(model.contender, manifest=model.contender.manifest | {"segments": ["petal_length"]}))
    report = replay(pages(audited), marked)
    assert report["segments"] == ["petal_length"]
    assert replay(pages(audited), model)["segments"] == []
    show(Console(width=80), report)
    printed = capsys.readouterr().out
    for one in report["columns"]["petal_length"]:
        assert f"segment petal_length: {one['bin']}" in printed


def test_rows_that_do_not_fit_are_counted_under_their_reason(model: Model, audited: list[AuditedAnswer]) -> None:
    def having(row: AuditedAnswer, **changed: Any) -> AuditedAnswer:
        return row._replace(features={**row.features, **changed})

    without = audited[0]._replace(features={})
    odd = [without, having(audited[1], petal_width=None), having(audited[2], sepal_width="wide"), *audited[3:]]
    report = replay(pages(odd), model)
    assert report["audited"] == report["rows"] + sum(report["refused"].values()) == len(audited)
    assert report["refused"] == {
        f"column {model.columns[0].name!r}: the audited row does not have it": 1,
        "column 'petal_width': a missing value, which the version does not take": 1,
        "column 'sepal_width': not a number": 1,
    }
    with pytest.raises(ReplayError, match="can't answer one of 1 audited rows"):
        replay([[without]], model)
    with pytest.raises(ReplayError, match="holds no answer since then"):
        replay([], model)


def test_columns_that_the_version_does_not_ask_for_are_passed_over_and_named(
    model: Model, audited: list[AuditedAnswer], capsys: pytest.CaptureFixture[str]
) -> None:
    wider = [row._replace(features={**row.features, "colour": "red"}) for row in audited[:5]]
    report = replay(pages([*wider, *audited[5:]]), model)
    assert (report["rows"], report["differing"], report["refused"]) == (len(audited), 0, {})
    assert report["unasked"] == {"colour": 5}
    show(Console(width=80), report)
    assert "not asked for: column 'colour'" in capsys.readouterr().out
    assert "<td>colour</td>" in page_of(report)


def test_judged_rows_tell_both_versions_apart(model: Model, audited: list[AuditedAnswer]) -> None:
    second = model.classes[1]
    judged = [row._replace(true_label=row.label, label=second, bundle="0" * 64) for row in audited]
    quality = replay(pages(judged), model)["quality"]
    assert quality["rows"] == len(audited)
    assert quality["new"]["accuracy"] == 1.0
    assert quality["only_new_right"] == sum(row.label != second for row in audited)
    assert quality["difference"]["interval"][0] > 0.5
    assert quality["mcnemar_p"] < 1e-9


def test_the_page_holds_all_of_it_and_fetches_nothing(
    model: Model, audited: list[AuditedAnswer], tmp_path: Path
) -> None:
    report = replay(pages([row._replace(true_label=row.label) for row in audited]), model)
    page = page_of(report)
    assert page.count("<svg") == len(model.columns)
    assert "McNemar" in page
    assert not any(word in page for word in ("src=", "href=", "@import", "<script"))


@pytest.mark.parametrize(("old", "new", "expected"), [(0, 0, 1.0), (5, 0, 0.0625), (10, 10, 1.0), (1, 9, 0.021484375)])
def test_mcnemars_p_is_the_exact_binomial_one(old: int, new: int, expected: float) -> None:
    assert mcnemar(old, new) == pytest.approx(expected)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    draw = np.random.default_rng(7)
    counts = draw.multinomial(400, [0.8, 0.05, 0.1, 0.05], size=2000)
    held = [low <= 0.05 <= high for low, high in (paired(int(old), int(new), 400) for _, old, new, _ in counts)]
    assert 0.935 <= np.mean(held) <= 0.975
    held = [low <= 0.85 <= high for low, high in (wilson(int(both + old), 400) for both, old, _, _ in counts)]
    assert 0.93 <= np.mean(held) <= 0.97
