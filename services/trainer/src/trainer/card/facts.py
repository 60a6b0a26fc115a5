"""The facts of a training that its bundle does not hold: kept in the run as card/facts.json, so that a card can be made
at any time."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.card.holdout_counts import by_class, by_segment, curve, estimate, mean_error, share
from trainer.contract.contract import Contract
from trainer.data.ordering import times_of
from trainer.decision import labels_of
from trainer.gate.contender import Split, of_bundle
from trainer.gate.figures import calibration_error
from trainer.params import Params
from trainer.registry.publication import Publication
from trainer.training.calibration import expected
from trainer.workspace.layout import Layout

FOLDER, FACTS = "card", "facts.json"


def facts_of(publication: Publication, layout: Layout, contract: Contract, params: Params) -> dict[str, Any]:
    """Its table, the candidates it was compared with, and its hold-out's counts by class and segment."""
    report = publication.report
    metadata = json.loads(layout.metadata.read_bytes()) if layout.metadata.exists() else {}
    return {
        "format": 1,
        "table": {
            "name": publication.dataset.name,
            "source": publication.dataset.source,
            "rows": len(publication.dataset.frame),
            "span": _span(layout, contract),
            **{key: metadata[key] for key in ("classes", "missing", "left_out", "outside") if key in metadata},
            **({"feedback": metadata["feedback"]["kept"]} if "feedback" in metadata else {}),
        },
        "rows": report["rows"],
        "split": report.get("split", {}).get("by", "row"),
        "scoring": report["scoring"],
        "candidates": [_candidate(name, one, publication) for name, one in sorted(publication.candidates.items())],
        "left_out": report.get("left_out", {}),
        "guess": report["guess"].get("score"),
        "warnings": report.get("warnings", []),
        "parity": publication.parity,
        "holdout": _holdout(publication, params),
    }


def _candidate(name: str, one: dict[str, Any], publication: Publication) -> dict[str, Any]:
    return {
        "name": name,
        "words": one["words"],
        "chosen": one.get("chosen", {}),
        "score": one.get("cross_validation", {}).get("score"),
        "seconds": publication.timings.get(name, {}).get("fit_seconds"),
        "p99_ms": publication.timings.get(name, {}).get("p99_ms"),
        "size": one.get("size"),
        "winner": name == publication.winner,
    }


def _span(layout: Layout, contract: Contract) -> list[str] | None:
    """The first and the last moment of the table, as it writes them; None where it has no times."""
    if contract.roles.time is None:
        return None
    written = pd.read_csv(layout.processed(contract.name), usecols=[contract.roles.time], dtype=str).iloc[:, 0].dropna()
    times = times_of(written)
    return [str(written.iloc[int(times.argmin())]), str(written.iloc[int(times.argmax())])] if len(times) else None


def _holdout(publication: Publication, params: Params) -> dict[str, Any]:
    """Facts of the served graph's answers to the rows that no candidate was trained on."""
    split = Split(params.seed, params.holdout_share, publication.split_after)
    served, rows = of_bundle(publication.bundle, split), publication.holdout
    answers, features = served.answers(rows.features), rows.features[served.segments]
    if served.task == "regression":
        errors = np.abs(answers.ravel() - rows.labels)
        return {"mean_absolute_error": mean_error(errors), "segments": by_segment(features, errors, mean_error)}
    predicted = labels_of(answers, served.decision)
    right: npt.NDArray[np.bool_] = predicted == rows.labels
    confidence = answers.max(axis=1)
    segments = by_segment(features, right, share)
    if "calibration" in served.manifest:
        estimates = by_segment(features, expected(served.manifest["calibration"], confidence), estimate)
        segments = [known | estimated for known, estimated in zip(segments, estimates, strict=True)]
    return {
        "accuracy": share(right),
        "classes": by_class(rows.labels, predicted, served.classes),
        "segments": segments,
        "curve": curve(confidence, answers.argmax(axis=1) == rows.labels),
        "calibration_error": calibration_error(rows.labels, answers),
    }
