"""A bar of the table: what was promised, what was measured, whether it holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    what: str
    bar: str
    """The limit that has to hold."""
    figure: str
    """The measured value, or why nothing was measured."""
    passed: bool | None
    """None: nothing to hold, only to know."""
    note: str = ""


def at_most(what: str, value: float, limit: float, unit: str = "", *, digits: int = 2, note: str = "") -> Bar:
    return Bar(what, f"≤ {limit:g}{unit}", f"{value:.{digits}f}{unit}", value <= limit, note)


def not_measured(what: str, bar: str, reason: str) -> Bar:
    """A bar without a figure is not held."""
    return Bar(what, bar, reason, passed=False)
