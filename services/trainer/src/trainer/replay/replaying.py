"""The audited answers since a moment, answered again by a version: fitted, answered, compared, page by page."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from trainer.errors import ReplayError
from trainer.replay.audit import AuditedAnswer
from trainer.replay.comparison import Comparison
from trainer.replay.encoding import fit
from trainer.scoring.answering import Answering
from trainer.scoring.model import Model
from trainer.workspace.confined import ChampionError

MOST_UNASKED = 50
"""Columns that are named though the version does not ask for them."""


def replay(
    pages: Iterable[list[AuditedAnswer]], model: Model, watch: Callable[[int], None] = lambda rows: None
) -> dict[str, Any]:
    """The report, as JSON. Every audited row is in it: compared, or refused under its reason.

    Columns of the rows that the version does not ask for are passed over and named.

    Raises ReplayError without a row that the version can answer, and for a model that breaks a limit.
    """
    comparison, refused, unasked, came = Comparison(model), Counter[str](), Counter[str](), 0
    known = {column.name for column in model.columns}
    with Answering(model) as answering:
        for page in pages:
            came += len(page)
            unasked.update(name for row in page for name in row.features.keys() - known)
            fitted = fit(page, model.columns, refused)
            if fitted.rows:
                try:
                    answers = answering.answers(fitted.numbers)
                except ChampionError as error:
                    raise ReplayError(f"version {model.version} of {model.name} stopped: {error}") from error
                comparison.add(fitted.rows, answers, fitted.frame)
            watch(came)
    if not came:
        raise ReplayError("the audit holds no answer since then; SINCE=30d looks further back")
    if not comparison.rows:
        raise ReplayError(
            f"version {model.version} can't answer one of {came} audited rows: {_first(refused)}; replay a version "
            "that asks for the columns of these rows, or answers since then with a shorter SINCE"
        )
    head = {"format": 1, "model": model.name, "version": model.version, "bundle": model.bundle, "audited": came}
    return (
        head
        | {"refused": dict(refused.most_common()), "unasked": dict(unasked.most_common(MOST_UNASKED))}
        | comparison.report()
    )


def _first(refused: Counter[str]) -> str:
    return "; ".join(f"{reason} ({rows} rows)" for reason, rows in refused.most_common(3))
