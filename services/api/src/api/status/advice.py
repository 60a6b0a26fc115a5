"""The verb to type next: a table of rules, the first that holds decides."""

from collections.abc import Callable
from dataclasses import dataclass

from api.status import thresholds


@dataclass(frozen=True, slots=True)
class Facts:
    """The figures that the rules look at."""

    version: str | None
    """The version in production; None without a model."""
    answers: int = 0
    """Rows of the last 24 hours."""
    judged: int = 0
    """Answers with feedback."""
    drifted: tuple[str, ...] = ()
    accuracy_fell: bool = False
    journal_old: bool = False
    canary: str | None = None
    refused: str | None = None
    """The version that an alias names and that does not serve, with the reason."""


@dataclass(frozen=True, slots=True)
class Advice:
    """`why` is a sentence without its end; `verb` is typed in the checkout."""

    why: str
    verb: str


_RULES: tuple[tuple[Callable[[Facts], bool], Callable[[Facts], str], str], ...] = (
    (
        lambda facts: facts.version is None and facts.refused is not None,
        lambda facts: f"No model serves: {facts.refused}",
        "make models",
    ),
    (lambda facts: facts.version is None, lambda _: "No model serves yet", "make train"),
    (
        lambda facts: facts.journal_old,
        lambda _: f"Records wait longer than {thresholds.JOURNAL_SECONDS} s for the store: is the courier running?",
        "make local",
    ),
    (
        lambda facts: facts.accuracy_fell,
        lambda facts: f"Version {facts.version} is right less often than on its hold-out",
        "make retrain",
    ),
    (
        lambda facts: bool(facts.drifted),
        lambda facts: f"{_some(facts.drifted)} drifted from the training data",
        "make retrain",
    ),
    (
        lambda facts: facts.canary is not None,
        lambda facts: f"Version {facts.canary} waits as a canary",
        "make rollout",
    ),
    (lambda facts: facts.refused is not None, lambda facts: f"{facts.refused}", "make models"),
    (
        lambda facts: facts.answers >= thresholds.DRIFT_ROWS and facts.judged == 0,
        lambda facts: f"Version {facts.version} has {facts.answers:,} answers and no label",
        "make traffic FEEDBACK=1",
    ),
    (lambda _: True, lambda _: "Nothing waits for you; this shows what drift looks like", "make traffic DRIFT=1"),
)


def next_verb(facts: Facts) -> Advice:
    """The first rule that holds."""
    return next(Advice(why(facts), verb) for holds, why, verb in _RULES if holds(facts))


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
