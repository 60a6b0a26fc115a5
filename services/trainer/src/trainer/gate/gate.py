"""Decides whether the challenger may replace the champion, on rows that neither has trained on."""

from dataclasses import dataclass

from trainer.data.dataset import Rows, held_out
from trainer.gate import figures
from trainer.gate.absolute_criteria import HOLDOUT, absolute_classes, absolute_values, at_most
from trainer.gate.contender import Champion, Contender, IncomparableChampion, Split
from trainer.gate.figures import Floats, Interval
from trainer.gate.segments import no_segment_worse
from trainer.registry.verdict import Criterion, Verdict
from trainer.thresholds import Difference, Gate
from trainer.workspace.confined import ChampionError

FEEDBACK, BUNDLE = "feedback", "bundle"


@dataclass(frozen=True)
class Trial:
    """The rows to judge by: `holdout`, which the challenger has not seen, and its part with live labels, `feedback`."""

    challenger: Contender
    champion: Champion | None
    holdout: Rows
    feedback: Rows | None
    parity: float
    """The largest difference between ONNX and scikit-learn, of a probability or as a share of the target's range."""
    parity_tolerance: float
    quantile: float | None = None
    """The quantile of a regression that is judged by its quantile loss in place of R²."""


def judge(trial: Trial, limits: Gate, seed: int) -> Verdict:
    """Every criterion is looked at, also after one that fails. `seed` draws the bootstrap's rows."""
    challenger, champion = trial.challenger, trial.champion
    truth, answers = trial.holdout.labels, challenger.answers(trial.holdout.features)
    if challenger.task == "regression":
        criteria = absolute_values(truth, answers, limits, seed, quantile=trial.quantile)
    else:
        criteria = absolute_classes(truth, answers, challenger, limits, seed)
    criteria += _budgets(trial, limits)
    rows: dict[str, int] = {}
    if isinstance(champion, IncomparableChampion):
        criteria.append(_unjudged(champion.why))
    elif champion is not None:
        criteria.append(_schema(challenger, champion))
        if criteria[-1].passed:
            sets = {HOLDOUT: trial.holdout, FEEDBACK: trial.feedback}
            try:
                for name, judged in sets.items():
                    common = None if judged is None else _unseen(judged, challenger.split, champion.split)
                    rows[name] = 0 if common is None else len(common)
                    criteria += _comparison(name, common, trial, champion, limits, seed)
            except ChampionError as error:
                criteria.append(_unjudged(str(error)))
    return Verdict(
        challenger=challenger.hash,
        champion=None if champion is None else champion.hash,
        champion_version=None if champion is None else champion.version,
        rows=rows,
        criteria=tuple(criteria),
    )


def _budgets(trial: Trial, limits: Gate) -> list[Criterion]:
    latency, size = trial.challenger.one_row_ms(trial.holdout.features), trial.challenger.size / 1e6
    parity, tolerance = trial.parity, trial.parity_tolerance
    of = "the target's range" if trial.challenger.task == "regression" else "a probability"
    return [
        *at_most("ONNX against scikit-learn", BUNDLE, parity, tolerance, f"{parity:.1e} of {of}", ""),
        *at_most("latency of one row", BUNDLE, latency, limits.latency_ms, f"{latency:.3f} ms", "latency_ms"),
        *at_most("size", BUNDLE, size, limits.size_mb, f"{size:.3f} MB", "size_mb"),
    ]


def _schema(challenger: Contender, champion: Contender) -> Criterion:
    same = challenger.schema == champion.schema
    differing = ", ".join(name for name, described in challenger.schema.items() if described != champion.schema[name])
    found = "the same as the champion's" if same else f"other {differing}: today's clients would be refused"
    return Criterion("inputs and answers", BUNDLE, same, None, found, "the same as the champion's")


def _unjudged(why: str) -> Criterion:
    """It is unknown whether the challenger is worse, so it does not pass; a person may promote it."""
    found = f"the champion could not be judged: {why}"
    limit = "comparable (`make promote VERSION=4` goes without)"
    return Criterion("comparison", BUNDLE, passed=False, figure=None, found=found, limit=limit)


def _unseen(rows: Rows, challenger: Split, champion: Split) -> Rows:
    """Those the champion never trained on either."""
    alike = champion.after is None and challenger.after is None and champion.seed == challenger.seed
    if alike and champion.share >= challenger.share:
        return rows
    return rows.take(held_out(rows, share=champion.share, seed=champion.seed, after=champion.after))


def _comparison(
    name: str, rows: Rows | None, trial: Trial, champion: Contender, limits: Gate, seed: int
) -> list[Criterion]:
    challenger, quantile = trial.challenger, trial.quantile
    if rows is None or len(rows) < limits.minimum_rows:
        count = 0 if rows is None else len(rows)
        if name == FEEDBACK:
            return []
        found = f"{count} rows that neither model has trained on"
        least = f"at least {limits.minimum_rows}"
        keys = ("minimum_rows",)
        return [Criterion("evidence", name, passed=False, figure=count, found=found, limit=least, keys=keys)]
    truth = rows.labels
    new, old = challenger.answers(rows.features), champion.answers(rows.features)
    columns = challenger.segments
    if challenger.task == "regression":
        measure = "R²" if quantile is None else "quantile loss"
        new_errors, old_errors = (
            figures.errors(truth, one) if quantile is None else figures.quantile_errors(truth, one, quantile)
            for one in (new, old)
        )
        error = _paired(new_errors, old_errors, limits, seed)
        return [
            _not_worse(f"{measure} against the champion", name, _turned(error), limits.r2, len(rows), key="r2"),
            *no_segment_worse(name, measure, rows.features, old_errors - new_errors, columns, limits, seed),
        ]
    new_right = figures.right(truth, new, challenger.decision)
    old_right = figures.right(truth, old, champion.decision)
    hits = _paired(new_right, old_right, limits, seed)
    loss = _paired(figures.losses(truth, new), figures.losses(truth, old), limits, seed)
    return [
        _not_worse("accuracy against the champion", name, hits, limits.accuracy, len(rows), key="accuracy"),
        # A loss is better when it is lower: turned round, worse is below zero for both.
        _not_worse(
            "log-loss against the champion",
            name,
            _turned(loss),
            limits.log_loss,
            len(rows),
            key="log_loss",
            lower_is="better",
        ),
        *no_segment_worse(name, "accuracy", rows.features, new_right - old_right, columns, limits, seed),
    ]


def _paired(new: Floats, old: Floats, limits: Gate, seed: int) -> Interval:
    return figures.paired_difference(new, old, confidence=limits.confidence, resamples=limits.resamples, seed=seed)


def _turned(one: Interval) -> Interval:
    return Interval(-one.estimate, -one.high, -one.low)


def _not_worse(
    name: str, on: str, better: Interval, limit: Difference, rows: int, *, key: str, lower_is: str = "worse"
) -> Criterion:
    """`better` says by how much the challenger is better; below zero it is worse."""
    passed = better.estimate >= -limit.margin and better.low >= -limit.worst
    shown = _turned(better) if lower_is == "better" else better
    found = f"{shown.estimate:+.4f} [{shown.low:+.4f}, {shown.high:+.4f}], {rows} rows"
    limits = f"worse by at most {limit.margin:g}, surely by {limit.worst:g}"
    return Criterion(name, on, passed, shown.estimate, found, limits, keys=(f"{key}.margin", f"{key}.worst"))
