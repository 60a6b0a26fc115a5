"""A training's entry for the registry, read from its files."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from trainer.bundle.bundle import Bundle, read_bundle, read_report
from trainer.bundle.servable import as_learned, check_parity
from trainer.bundle.threshold_model import undecided
from trainer.contract.contract import Contract
from trainer.data.dataset import Dataset, Rows, held_out, load
from trainer.decision import decision_of
from trainer.errors import StageError
from trainer.params import Params
from trainer.registry.publication import Publication, TrainingData
from trainer.registry.tags import ADOPTED
from trainer.training.folds import halves
from trainer.workspace import canonical
from trainer.workspace.layout import Layout
from trainer.workspace.lock import place_of

EXAMPLE_ROWS = 5


def read_publication(layout: Layout, contract: Contract, params: Params) -> Publication:
    """Everything `publish` needs, checked: the files belong together, and the ONNX model answers as scikit-learn does.

    Raises StageError when a stage has not run or ran on other data or parameters, ParityError when the models disagree.
    """
    bundle = read_bundle(layout)
    pipeline = undecided(canonical.load(bundle.content("model.joblib")))
    rows = load(layout.processed(contract.name), contract).rows.features
    learned = as_learned(contract, pipeline)
    decision = decision_of(bundle.manifest)
    parity = check_parity(bundle.content("model.onnx"), pipeline, rows, learned, params, decision)
    return _publication(layout, contract, params, bundle, pipeline, parity.largest_difference)


def read_adopted(layout: Layout, contract: Contract, params: Params, parity: float, origin: str) -> Publication:
    """The same of an adopted model, which was compared where its pickle may be opened: `parity` is what came of it.

    `origin` says in words where the model is from.
    """
    found = _publication(layout, contract, params, read_bundle(layout), None, parity)
    return replace(found, tags=found.tags | {ADOPTED: origin})


def _publication(
    layout: Layout, contract: Contract, params: Params, bundle: Bundle, pipeline: Pipeline | None, parity: float
) -> Publication:
    dataset = load(layout.processed(contract.name), contract)
    made_from = bundle.manifest["provenance"]
    for what, now, then in (
        ("data", dataset.sha256, made_from["data_sha256"]),
        ("params.yaml", params.sha256, made_from["params_sha256"]),
    ):
        if now != then:
            raise StageError(f"{what} changed after the bundle was made; run `python -m trainer run` (or `dvc repro`)")
    report = read_report(layout)
    after: float | None = report.get("split", {}).get("after")
    _, holdout = halves(dataset.rows, params, contract.target.classes)
    tags = {key: made_from[key] for key in ("data_sha256", "params_sha256")} | {"bundle": bundle.hash}
    tags["quality"] = _in_short(bundle.manifest["quality"])
    if commit := _git_commit(layout.root):
        tags["git_commit"] = commit
    return Publication(
        experiment=contract.name,
        model=contract.registered_model,
        bundle=bundle,
        pipeline=pipeline,
        dataset=_training_data(contract, dataset),
        report=report,
        timings=read_timings(layout),
        params=dict(_flat(params.shaping)) | ({} if after is None else {"split_after": after}),
        tags=tags,
        plots={name: layout.plot(name) for name in report["candidates"]},
        holdout=holdout,
        feedback=_feedback(layout, dataset, params, after),
        parity=parity,
        split_after=after,
        place=place_of(layout.lock),
    )


def _training_data(contract: Contract, dataset: Dataset) -> TrainingData:
    classes = contract.target.classes
    truth = pd.Series([classes[label] for label in dataset.rows.labels] if classes else dataset.rows.labels)
    return TrainingData(
        name=contract.name,
        source=contract.source,
        sha256=dataset.sha256,
        target=contract.target.name,
        frame=dataset.rows.features.assign(**{contract.target.name: truth}),
        example=dataset.rows.features.head(EXAMPLE_ROWS),
    )


def _feedback(layout: Layout, dataset: Dataset, params: Params, after: float | None) -> Rows | None:
    """They are the last rows of the data set, oldest first."""
    metadata: dict[str, Any] = json.loads(layout.metadata.read_bytes()) if layout.metadata.exists() else {}
    count = min(int(metadata.get("feedback", {}).get("kept", 0)), params.feedback.recent_rows)
    newest = np.arange(len(dataset.rows)) >= len(dataset.rows) - count
    held = newest & held_out(dataset.rows, share=params.holdout_share, seed=params.seed, after=after)
    return dataset.rows.take(held) if held.any() else None


def _in_short(quality: dict[str, Any]) -> str:
    name = "accuracy" if "accuracy" in quality else "r2"
    return f"{name} {quality[name]:.4f}"


def read_timings(layout: Layout) -> dict[str, dict[str, float]]:
    """The seconds of each candidate. Not an output of DVC: absent after `dvc pull`, and then simply not recorded."""
    if not layout.timings.exists():
        return {}
    timings: dict[str, dict[str, float]] = json.loads(layout.timings.read_bytes())
    return timings


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def _git_commit(root: Path) -> str | None:
    """The commit the files come from, if there is a git and a commit."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--verify", "HEAD"],  # noqa: S607 - whichever git the person uses
            cwd=root, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip()
