"""The figures of one run, and the six scenes that show them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Everything that was read from the run. Accuracies in [0, 1]."""

    candidates: int
    cross_validated: float
    answers: int
    p50_ms: float
    audited: int
    accuracy: float
    """By feedback, before the world moved."""
    feature: str
    psi: float
    fallen: float
    """Accuracy by feedback of the production version, at the end of its time in the moved world."""
    labels: int
    version: str
    mended: float
    """Accuracy by feedback of the new version, in the moved world."""


@dataclass(frozen=True)
class Scene:
    """A box of the picture: its title and two lines."""

    title: str
    lines: tuple[str, str]


def scenes(run: Measured) -> list[Scene]:
    """In the order in which they happen."""
    return [
        Scene("Train", (f"{run.candidates} candidates compared", f"best: {run.cross_validated:.1%} accuracy")),
        Scene("Serve", (f"{run.answers:,} answers", f"p50 {run.p50_ms:.2f} ms in the api")),
        Scene("Record", (f"{run.audited:,} in the audit", f"live accuracy {run.accuracy:.0%}")),
        Scene("Drift", (f"{run.feature}: PSI {run.psi:.1f}", f"live accuracy {run.fallen:.0%}")),
        Scene("Learn again", (f"{run.labels:,} labelled answers", f"version {run.version} passes the gate")),
        Scene("Promote", (f"version {run.version} answers", f"live accuracy {run.mended:.0%}")),
    ]
