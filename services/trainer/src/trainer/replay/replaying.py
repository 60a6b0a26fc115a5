"""The audited answers since a moment, answered again by a version: fitted, answered, compared, page by page."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from trainer.errors import ReplayError
from trainer.replay.audit import Answered
from trainer.replay.comparison import Comparison
from trainer.replay.fitting import fit
from trainer.scoring.answering import Answering
from trainer.scoring.model import Model
from trainer.workspace.confined import ChampionError


def replay(
    pages: Iterable[list[Answered]], model: Model, watch: Callable[[int], None] = lambda rows: None
) -> dict[str, Any]:
    """The report, as JSON. Every audited row is in it: compared, or refused under its reason.

    Raises ReplayError without a row that the version can answer, and for a model that breaks a limit.
    """
    comparison, refused, came = Comparison(model), Counter[str](), 0
    with Answering(model) as answering:
        for page in pages:
            came += len(page)
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
        raise ReplayError(f"version {model.version} can't answer one of {came} audited rows: {_first(refused)}")
    head = {"format": 1, "model": model.name, "version": model.version, "bundle": model.bundle, "audited": came}
    return head | {"refused": dict(refused.most_common())} | comparison.report()


def _first(refused: Counter[str]) -> str:
    return "; ".join(f"{reason} ({rows} rows)" for reason, rows in refused.most_common(3))
