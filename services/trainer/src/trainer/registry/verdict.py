"""The gate's verdict: every criterion with its figure, and whether all of them hold."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from trainer.workspace.files import json_bytes

ARTIFACT = "gate/verdict.json"
MAX_REASONS = 400
"""Characters of the tag; the artifact has all of it."""


@dataclass(frozen=True)
class Criterion:
    """One question of the gate and its answer."""

    name: str
    on: str
    """Which rows: hold-out, feedback, or the bundle itself."""
    passed: bool
    figure: float | None
    found: str
    """The figure in words, with its interval or rows."""
    limit: str
    """The figure that was required."""
    warns: bool = False
    """Passed, and yet a person should look at it."""
    keys: tuple[str, ...] = ()
    """Keys of the section `gate` of params.yaml that set the limit."""

    @property
    def reason(self) -> str:
        return f"{self.name} on the {self.on}: {self.found}, must be {self.limit}"


@dataclass(frozen=True)
class Verdict:
    """The decision of the gate about a bundle, and its reasons."""

    challenger: str
    """The bundle's hash."""
    champion: str | None
    champion_version: str | None
    rows: dict[str, int]
    """How many rows of each kind both models were compared on."""
    criteria: tuple[Criterion, ...]

    @property
    def passed(self) -> bool:
        return all(one.passed for one in self.criteria)

    @property
    def word(self) -> str:
        return "passed" if self.passed else "failed"

    @property
    def reasons(self) -> list[str]:
        """Why it failed."""
        return [one.reason for one in self.criteria if not one.passed]

    @property
    def warnings(self) -> list[str]:
        """Points that a person should look at, though it passed."""
        return [f"{one.name}: {one.found}" for one in self.criteria if one.passed and one.warns]

    @property
    def advice(self) -> list[str]:
        """Advice to a person about a refusal."""
        if self.passed:
            return []
        keys = dict.fromkeys(f"gate.{key}" for one in self.criteria if not one.passed for key in one.keys)
        change = [f"set {', '.join(keys)} in params.yaml and train again"] if keys else []
        return [*change, "or let it serve all the same: `make promote VERSION=…` (`make models` lists the versions)"]

    @property
    def short(self) -> str:
        """One line for a tag."""
        text = "; ".join(self.reasons) if self.reasons else f"all {len(self.criteria)} criteria hold"
        text = "; look at ".join([text, *self.warnings])
        return text if len(text) <= MAX_REASONS else f"{text[: MAX_REASONS - 1]}…"

    def document(self) -> dict[str, Any]:
        return {"format": 1, "verdict": self.word, "reasons": self.reasons} | asdict(self)

    def json(self) -> str:
        return json_bytes(self.document()).decode()


def show(console: Console, verdict: Verdict) -> None:
    """Print the verdict as a table."""
    against = "no champion yet" if verdict.champion is None else f"version {verdict.champion_version or '–'}"
    table = Table(
        box=SIMPLE, pad_edge=False, title=f"gate: {verdict.word} ({verdict.challenger[:8]} against {against})"
    )
    for name in ("criterion", "on", "found", "must be", ""):
        table.add_column(name, overflow="fold")
    for one in verdict.criteria:
        mark = ("LOOK" if one.warns else "ok") if one.passed else "FAILS"
        style = {"ok": None, "LOOK": "bold yellow"}.get(mark, "bold red")
        table.add_row(one.name, one.on, one.found, one.limit, mark, style=style)
    console.print(table)
    for line in verdict.advice:
        console.print(f"  {line}", soft_wrap=True, markup=False, highlight=False)
