"""docs/reference/metrics.md: every metric where the code declares it, and which rules and boards read it."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from scripts.docs.reference.markdown import cell, code, table

SERVICES = ("api", "courier", "trainer")
_KINDS = {"Counter", "Gauge", "Histogram", "Summary"}


@dataclass(frozen=True)
class Metric:
    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]


def read_metrics(folder: Path) -> list[Metric]:
    """Every ``Counter("name", "help", ["label", ...])``, and the same for the other kinds, by name."""
    calls = (
        node
        for file in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KINDS
    )
    return sorted((_metric(call) for call in calls if len(call.args) > 1), key=lambda metric: metric.name)


def _metric(call: ast.Call) -> Metric:
    kind = call.func.id.lower() if isinstance(call.func, ast.Name) else ""
    labels = next((word.value for word in call.keywords if word.arg == "labelnames"), None)
    labels = call.args[2] if len(call.args) > 2 else labels
    name, meaning = (str(ast.literal_eval(argument)) for argument in call.args[:2])
    return Metric(name, kind, meaning, tuple(ast.literal_eval(labels)) if labels else ())


def readers(root: Path, metric: Metric) -> list[str]:
    """The rule files and boards under ``monitoring`` that name a metric."""
    pattern = re.compile(rf"\b{metric.name}(_bucket|_sum|_count)?\b")
    files = [*root.glob("monitoring/prometheus/rules/*.yml"), *root.glob("monitoring/grafana/dashboards/*.json")]
    kinds = {".yml": "rules", ".json": "board"}
    return [f"{kinds[file.suffix]} {file.stem}" for file in sorted(files) if pattern.search(file.read_text("utf-8"))]


def page(root: Path) -> str:
    parts = [
        "# Metrics",
        "Each is declared once, in the code of its service; tests hold rules and boards to these names. Labels "
        "are bounded: routes, versions, variants, class names, bins, never a client's value. Recorded series "
        "are in `monitoring/prometheus/rules/`.",
    ]
    for service in SERVICES:
        metrics = read_metrics(root / f"services/{service}/src")
        if not metrics:
            continue
        rows = [
            [
                code(metric.name) + (f" {', '.join(map(code, metric.labels))}" if metric.labels else ""),
                metric.kind,
                cell(metric.meaning),
                ", ".join(readers(root, metric)) or "nobody: there to be asked",
            ]
            for metric in metrics
        ]
        parts += [f"## {service}", table(["metric and labels", "kind", "what it says", "read by"], rows)]
    return "\n\n".join(parts) + "\n"
