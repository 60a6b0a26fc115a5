"""Worlds that do not change, and worlds in which a model loses five points: what the alert rules make of them.

The formulas are those of monitoring/prometheus/rules for many worlds at once. Their numbers are read from the rules,
and test_quiet_worlds.py has Prometheus' own evaluator confirm the formulas. `python -m tests.monitoring.quiet_worlds`
prints the table of docs/observability.md.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

RULES = Path(__file__).resolve().parents[2] / "monitoring/prometheus/rules"
DAY, SHORT, PENDING = 1440, 120, 2
"""Minutes: both windows of LiveAccuracyDropped, and how long it must hold."""
RATES = (5, 20, 55, 240, 1000)
"""Judged answers an hour."""
HOLDOUTS = {50: 15, 116: 34, 10_000: 3000}
"""Rows held out beside so many rows of training."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Numbers:
    """What the rule files say."""

    chance: float
    tolerance: float
    psi_threshold: float
    psi_chance: float
    psi_rows: float
    joint: float

    @classmethod
    def read(cls) -> "Numbers":
        """Raises KeyError where a rule is gone and ValueError where it is no constant any more."""
        files = [yaml.safe_load((RULES / name).read_text()) for name in ("model.yml", "drift.yml")]
        found: list[dict[str, Any]] = [rule for file in files for group in file["groups"] for rule in group["rules"]]
        vectors = {rule["record"]: rule["expr"] for rule in found if "record" in rule}

        def constant(name: str) -> float:
            matched = re.fullmatch(r"vector\(([0-9.e-]+)\)", vectors[name])
            if matched is None:
                raise ValueError(f"{name} is no constant: {vectors[name]}")
            return float(matched[1])

        return cls(
            constant("quality:chance:ratio"),
            constant("quality:tolerance:ratio"),
            constant("drift:psi:threshold"),
            constant("drift:chance:ratio"),
            constant("drift:rows:minimum"),
            constant("drift:joint:threshold"),
        )


def floor(
    baseline_correct: Floats, baseline_rows: Floats, judged: Floats, numbers: Numbers, comparisons: npt.ArrayLike = 1
) -> Floats:
    """`version:accuracy:floor`, elementwise, for arguments that broadcast; `comparisons` share the chance."""
    chance_of_one = numbers.chance / np.maximum(comparisons, 1)
    nats, z = -np.log(chance_of_one), np.sqrt(2 * np.log(0.5 / chance_of_one))
    ratio = np.minimum(baseline_correct / baseline_rows, 1)
    centre = (baseline_rows * ratio + z**2 / 2) / (baseline_rows + z**2)
    below = ratio - centre + z * np.sqrt(baseline_rows * ratio * (1 - ratio) + z**2 / 4) / (baseline_rows + z**2)
    some = np.maximum(judged, 1e-9)
    chance = nats / (3 * some) + np.sqrt((nats / (3 * some)) ** 2 + 2 * centre * (1 - centre) * nats / some)
    found: Floats = ratio - np.maximum(np.sqrt(below**2 + chance**2), numbers.tolerance)
    return found


@dataclass(frozen=True)
class Feedback:
    """Of w worlds: judged and right answers in each of m minutes [w, m], and the right rows of the hold-outs [w, 1]."""

    judged: Floats
    right: Floats
    holdout_right: Floats
    holdout_rows: int

    @classmethod
    def simulated(
        cls, generator: np.random.Generator, worlds: int, rate: float, holdout: int, accuracies: Floats
    ) -> "Feedback":
        """`accuracies` [m] of the model in each minute; its hold-out has the first minute's."""
        judged = generator.poisson(rate / 60, (worlds, len(accuracies)))
        right = generator.binomial(judged, accuracies)
        held = generator.binomial(holdout, accuracies[0], (worlds, 1))
        return cls(judged.astype(float), right.astype(float), held.astype(float), holdout)

    def fires(self, numbers: Numbers) -> Flags:
        """Whether LiveAccuracyDropped fires, at the end of each minute [w, m]."""
        day_judged, day_right = _sums(self.judged, DAY), _sums(self.right, DAY)
        judged, right = _sums(self.judged, SHORT), _sums(self.right, SHORT)
        rows = np.full_like(judged, self.holdout_rows)
        before_rows = rows + np.maximum(day_judged - judged, 0)
        before_right = self.holdout_right + np.maximum(day_right - right, 0)
        below = (right / np.maximum(judged, 1) < floor(before_right, before_rows, judged, numbers)) & (judged > 0)
        day_floor = floor(self.holdout_right + 0 * rows, rows, day_judged, numbers)
        of_day = (day_right / np.maximum(day_judged, 1) < day_floor) & (day_judged > 0)
        return _held(below) | _held(of_day)


def coverage_floor(judged: Floats, promised: float, holdout: int, numbers: Numbers) -> Floats:
    """`version:coverage:floor`, elementwise."""
    nats, z = -np.log(numbers.chance), np.sqrt(2 * np.log(0.5 / numbers.chance))
    share, some = promised * (1 - promised), np.maximum(judged, 1e-9)
    chance = nats / (3 * some) + np.sqrt((nats / (3 * some)) ** 2 + 2 * share * nats / some)
    found: Floats = promised - np.maximum(np.sqrt(chance**2 + z**2 * share / holdout), numbers.tolerance)
    return found


def coverage_alarms(
    generator: np.random.Generator, worlds: int, rate: float, holdout: int, numbers: Numbers,
    *, promised: float = 0.9, lost: float = 0.0, past: int = DAY, within: int = DAY,
) -> Flags:  # fmt: skip
    """In which worlds CoverageBroken fires within so many minutes after a day of `past`, when `lost` of it goes.

    Split-conformal coverage is itself drawn with the hold-out of n rows: Beta(k, n + 1 - k), k the rank of the quantile
    (Vovk, Conditional validity of inductive conformal predictors, 2012).
    """
    rank = int(np.ceil((holdout + 1) * promised))
    true = generator.beta(rank, holdout + 1 - rank, (worlds, 1))
    shares = np.concatenate([np.repeat(true, past, 1), np.repeat(np.maximum(true - lost, 0), within, 1)], axis=1)
    judged = generator.poisson(rate / 60, shares.shape)
    covered = _sums(generator.binomial(judged, shares).astype(float), DAY)
    rows = _sums(judged.astype(float), DAY)
    below = (covered / np.maximum(rows, 1) < coverage_floor(rows, promised, holdout, numbers)) & (rows > 0)
    found: Flags = np.asarray(_held(below)[:, past:].any(axis=1), dtype=bool)
    return found


def _sums(counts: Floats, minutes: int) -> Floats:
    """Of the last `minutes` up to each, [w, m]."""
    total = np.concatenate([np.zeros((len(counts), 1)), counts.cumsum(axis=1)], axis=1)
    ends = np.arange(1, total.shape[1])
    found: Floats = total[:, ends] - total[:, np.maximum(ends - minutes, 0)]
    return found


def _held(state: Flags) -> Flags:
    """Whether the state lasted for PENDING minutes."""
    found = state.copy()
    for minutes in range(1, PENDING + 1):
        found[:, minutes:] &= state[:, :-minutes]
        found[:, :minutes] = False
    return found


def false_alarms(
    generator: np.random.Generator, worlds: int, rate: float, holdout: int, accuracy: float, numbers: Numbers
) -> int:
    """Of so many worlds that do not change for a day, those in which LiveAccuracyDropped fires."""
    world = Feedback.simulated(generator, worlds, rate, holdout, np.full(DAY, accuracy))
    return int(world.fires(numbers).any(axis=1).sum())


def found_drops(
    generator: np.random.Generator, worlds: int, rate: float, holdout: int, accuracy: float, numbers: Numbers,
    *, past: int = DAY, drop: float = 0.05, within: int = SHORT,
) -> float:  # fmt: skip
    """The share of worlds whose drop, after `past` quiet minutes, is found within so many minutes."""
    accuracies = np.concatenate([np.full(past, accuracy), np.full(within, accuracy - drop)])
    world = Feedback.simulated(generator, worlds, rate, holdout, accuracies)
    return float(world.fires(numbers)[:, past:].any(axis=1).mean())


def threshold(bins: int, features: int, rows: Floats, trained: int, numbers: Numbers) -> Floats:
    """`version_feature:psi:threshold1h`, for so many rows asked."""
    degrees = bins - 1
    z = np.sqrt(2 * np.log(features / (2 * numbers.psi_chance)))
    quantile = degrees * (1 - 2 / (9 * degrees) + z * np.sqrt(2 / (9 * degrees))) ** 3
    found: Floats = np.maximum(quantile * (1 / rows + 1 / trained), numbers.psi_threshold)
    return found


def psi(observed: Floats, trained: Floats) -> Floats:
    """`version_feature:psi:1h` of counted rows [..., bins] against training rows [..., bins]."""
    bins = observed.shape[-1]
    now = (observed + 0.5) / (observed.sum(-1, keepdims=True) + 0.5 * bins)
    then = (trained + 0.5) / (trained.sum(-1, keepdims=True) + 0.5 * bins)
    found: Floats = ((now - then) * np.log(now / then)).sum(-1)
    return found


def drift_alarms(
    generator: np.random.Generator, worlds: int, rate: float, trained: int, numbers: Numbers,
    *, features: int = 4, bins: int = 10,
) -> tuple[int, int]:  # fmt: skip
    """Of worlds that do not change for a day: where FeatureDrift fires, and where `PSI > 0.2` alone would have.

    Each training set has `bins` quantile bins, as trainer/bundle/reference.py makes them, so what the world puts into
    them is Dirichlet. `rate` rows an hour are asked; looked at every ten minutes over the last hour, and over the day.
    """
    counts = np.diff(np.round(np.linspace(0, trained, bins + 1)))
    shares = generator.dirichlet(counts, size=(worlds, features))
    asked = generator.poisson(rate * shares[:, :, None, :] / 6, (worlds, features, DAY // 10, bins)).astype(float)
    total = np.concatenate([np.zeros_like(asked[:, :, :1]), asked.cumsum(axis=2)], axis=2)
    fired, naive = np.zeros(worlds, bool), np.zeros(worlds, bool)
    for steps in (6, DAY // 10):
        ends = np.arange(1, total.shape[2])
        window = total[:, :, ends] - total[:, :, np.maximum(ends - steps, 0)]
        rows = window.sum(-1)
        index = np.where(rows >= numbers.psi_rows, psi(window, counts[None, None, None]), 0)
        bound = threshold(bins, features, np.maximum(rows, 1), trained, numbers)
        fired |= (index > bound).any(axis=(1, 2))
        naive |= (index > numbers.psi_threshold).any(axis=(1, 2))
    return int(fired.sum()), int(naive.sum())


def main() -> None:
    """Print what is found and what is not: two hours after a day, 200 worlds each."""
    numbers, generator = Numbers.read(), np.random.default_rng(14)
    worlds = 200
    sys.stdout.write("| training rows / hold-out | accuracy | " + " | ".join(f"{rate}/h" for rate in RATES) + " |\n")
    sys.stdout.write("|---|---|" + "---|" * len(RATES) + "\n")
    for trained, holdout in HOLDOUTS.items():
        for accuracy in (0.99, 0.98, 0.97, 0.9):
            found = [f"{found_drops(generator, worlds, rate, holdout, accuracy, numbers):.0%}" for rate in RATES]
            sys.stdout.write(f"| {trained} / {holdout} | {accuracy:.2f} | {' | '.join(found)} |\n")


if __name__ == "__main__":
    main()
