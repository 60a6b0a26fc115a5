"""The metrics a service declares, read from its code without importing the service."""

import ast
from dataclasses import dataclass
from pathlib import Path

_SERIES = {"Counter": ("",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count"), "Summary": ("_sum", "_count")}


@dataclass(frozen=True)
class Declaration:
    name: str
    kind: str
    labels: frozenset[str]

    @property
    def series(self) -> set[str]:
        """The names under which Prometheus stores it."""
        return {self.name + ending for ending in _SERIES[self.kind]}


def declared_in(file: Path) -> list[Declaration]:
    """Every `Counter("name", "help", ["label", ...])`, and the same for the other kinds, in one Python file."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in _SERIES]
    # A Counter of the standard library has one argument.
    return [_declaration(call) for call in named if len(call.args) > 1]


def _declaration(call: ast.Call) -> Declaration:
    assert isinstance(call.func, ast.Name)
    kind, name = call.func.id, ast.literal_eval(call.args[0])
    labels = frozenset(ast.literal_eval(call.args[2])) if len(call.args) > 2 else frozenset()
    extra = {"le"} if kind == "Histogram" else {"pid"} if "liveall" in ast.unparse(call) else set()
    return Declaration(name, kind, labels | extra)
