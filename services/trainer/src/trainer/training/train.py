"""Stage `train`: every candidate cross-validated, the best of each fitted and measured, the winner kept."""

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from trainer.candidates import Candidate
from trainer.contract.contract import Contract
from trainer.data.dataset import Dataset, load, newest_of
from trainer.errors import ParamsError, StageError
from trainer.params import Params, candidates_of, scoring_of
from trainer.training.building import known_pipelines, own_process
from trainer.training.evaluate import best, guess, scoring_for
from trainer.training.final_fit import FitInputs
from trainer.training.fitting import Fitted, fit_candidate
from trainer.training.folds import halves, sample
from trainer.training.isolation import IsolatedProcess
from trainer.training.levels import learn
from trainer.training.pipeline import Table
from trainer.training.schedule import Schedule
from trainer.training.search import trials_of
from trainer.training.validation import Fits, LocalFits, Trial, Validation, validation_of
from trainer.training.warnings import warnings_of
from trainer.workspace import canonical
from trainer.workspace.files import json_bytes, write
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Progress

THREADED_ROWS = 200_000
"""On a busy machine one thread boosted 16,000 rows in 4.6 s, two threads in 32 s."""
Servable = Callable[[Pipeline, pd.DataFrame], str | None]
"""Why a fitted pipeline can't serve, by what it answers on a table; None where it can."""
Latency = Callable[[Pipeline, pd.DataFrame], float | None]
"""The p99 of one row's milliseconds as it would be served; None where it can't be."""
LARGEST_COMPARED = 10_000_000
"""Bytes of a candidate whose latency is compared: a second or two to convert a forest of this size."""
Place = Callable[[Validation, Progress], AbstractContextManager[Fits]]
"""Where the fits of cross-validation run, for as long as the context lasts."""


def here(validation: Validation, _progress: Progress) -> AbstractContextManager[Fits]:
    """Run the validation in this process."""
    return nullcontext(LocalFits(validation))


def train(
    layout: Layout,
    contract: Contract,
    params: Params,
    progress: Progress,
    servable: Servable = lambda _pipeline, _rows: None,
    place: Place = here,
    latency: Latency = lambda _pipeline, _rows: None,
) -> dict[str, Any]:
    """Write artifacts/train and artifacts/timings.json; return the report.

    The winner is the best that `servable` has nothing against. Raises StageError without data and where no candidate
    can serve, DataError for bad data, ParamsError for a wrong argument of an estimator.
    """
    _check_threshold(contract, params)
    dataset = load(layout.processed(contract.name), contract)
    seed, folds, classes = params.seed, params.cross_validation.folds, contract.target.classes
    training, holdout = halves(dataset.rows, params, classes)
    columns = learn(contract.columns, training.features, len(classes))
    contract = contract.model_copy(update={"columns": columns})
    candidates = candidates_of(params, contract.task)
    table = Table(contract.columns, classes, contract.task, layout.root)
    # Threads of OpenMP and BLAS wait for one another longer than they work, unless the table is large.
    threads = 1 if len(training) < THREADED_ROWS else None
    validated = sample(training, params.cross_validation.rows, seed, classes=bool(classes), folds=folds)
    scoring = scoring_for(training.labels, contract.task, scoring_of(params, contract.task))
    inputs = FitInputs(training, holdout, contract, params, scoring, table)
    try:
        validation = validation_of(validated, folds, seed, contract.task)
    except ValueError as error:
        raise StageError(f"the training rows can't be cross-validated in {folds} folds: {error}") from error
    with threadpool_limits(threads), own_process(candidates, params, table, threads) as isolated:
        known = known_pipelines(candidates, table, seed, isolated, weighted=training.weights is not None)
        with place(validation, progress) as fits:
            fitted, left_out = _fit(candidates, known, inputs, fits, isolated, progress)
    report: dict[str, Any] = {
        "winner": _winner(fitted, left_out, dataset, servable, progress),
        "task": contract.task,
        "scoring": scoring,
        "rows": {"training": len(training), "cross_validated": len(validated), "holdout": len(holdout)},
        "split": {"by": dataset.rows.split_by},
        "data_sha256": dataset.sha256,
        "candidates": {name: one.record for name, one in fitted.items()},
        "left_out": left_out,
        "guess": guess(validated, folds=folds, seed=seed, scoring=scoring, task=contract.task).record,
    }
    if dataset.rows.times is not None:
        report["split"] |= {"after": newest_of(dataset.rows, params.holdout_share)}
    report["warnings"] = warnings_of(report)
    progress.step("comparing the latency of the candidates")
    _write(layout, report, fitted, _slowest(fitted, holdout.features, latency))
    return report


def _slowest(fitted: Mapping[str, Fitted], rows: pd.DataFrame, latency: Latency) -> dict[str, dict[str, float]]:
    """The milliseconds by candidate, as far as they are known."""
    sized = {name: one for name, one in fitted.items() if one.record["size"] <= LARGEST_COMPARED}
    found = {name: latency(one.pipeline, rows) for name, one in sized.items()}
    return {name: {"p99_ms": milliseconds} for name, milliseconds in found.items() if milliseconds is not None}


def _fit(
    candidates: Mapping[str, Candidate],
    known: Mapping[Trial, Pipeline],
    inputs: FitInputs,
    fits: Fits,
    isolated: IsolatedProcess,
    progress: Progress,
) -> tuple[dict[str, Fitted], dict[str, str]]:
    """The candidates that could be fitted, and why each of the others could not."""
    steps = sum(trials_of(one, inputs.params.seed).count + 1 for one in candidates.values())
    schedule = Schedule(progress, inputs.params.budget_minutes, steps)
    fitted: dict[str, Fitted] = {}
    left_out: dict[str, str] = {}
    for trial, pipeline in known.items():
        fits.expect(trial, pipeline)
    for name, candidate in candidates.items():
        try:
            fitted[name] = fit_candidate(name, candidate, inputs, schedule, fits, isolated)
        except (ValueError, TimeoutError) as error:
            # scikit-learn's word for settings that do not go together, or for rows that an estimator can't take.
            left_out[name] = str(error).partition("\n")[0]
    return fitted, left_out


def _check_threshold(contract: Contract, params: Params) -> None:
    """Raises ParamsError where a threshold was asked for and the target has not two classes."""
    if params.threshold not in ("auto", "none") and len(contract.target.classes) != 2:
        raise ParamsError(
            "params.yaml: a threshold is for two classes; set threshold: auto for a target of several or of numbers"
        )


def _winner(
    fitted: dict[str, Fitted], left_out: dict[str, str], dataset: Dataset, servable: Servable, progress: Progress
) -> str:
    """The best candidate that can serve; why a better one can't is added to `left_out`."""
    standings = [one.standing for one in fitted.values()]
    while standings:
        found = best(standings)
        progress.step(f"{found.name}: comparing ONNX and scikit-learn, measuring size and latency")
        reason = servable(fitted[found.name].pipeline, dataset.rows.features)
        if reason is None:
            return found.name
        left_out[found.name] = f"it can't serve: {reason}"
        standings.remove(found)
    reasons = "\n".join(f"  {name}: {reason}" for name, reason in left_out.items())
    raise StageError(f"no candidate of params.yaml can serve:\n{reasons}")


def _write(
    layout: Layout, report: dict[str, Any], fitted: dict[str, Fitted], slowest: Mapping[str, dict[str, float]]
) -> None:
    shutil.rmtree(layout.train, ignore_errors=True)
    write(layout.timings, json_bytes({name: one.seconds | slowest.get(name, {}) for name, one in fitted.items()}))
    for name, one in fitted.items():
        write(layout.plot(name), one.plot)
    write(layout.winner, canonical.dump(fitted[report["winner"]].pipeline))
    write(layout.report, json_bytes(report))
