"""The data of a panel: its queries, asked of the running Prometheus and PostgreSQL."""

import csv
import io
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

STEP_SECONDS = 10
FROM = "now() - interval '1 hour'"


@dataclass(frozen=True)
class Sources:
    """`database` is a command that takes SQL as its last word and writes CSV with a header; empty for none."""

    prometheus: httpx2.Client
    database: list[str]
    minutes: float
    chosen: Mapping[str, str] = field(default_factory=dict)

    def lines(self, target: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
        """(seconds before now, value) by the name of each series."""
        end = time.time()
        window = {"start": end - self.minutes * 60, "end": end, "step": STEP_SECONDS}
        found = self._ask("query_range", target, **window)
        return {
            _name(target, one["metric"]): [(float(at) - end, float(value)) for at, value in one["values"]]
            for one in found
        }

    def values(self, target: dict[str, Any]) -> list[tuple[dict[str, str], float]]:
        """The labels and the value of each series, now."""
        return [(one["metric"], float(one["value"][1])) for one in self._ask("query", target)]

    def named(self, target: dict[str, Any]) -> dict[str, float]:
        return {_name(target, labels): value for labels, value in self.values(target)}

    def rows(self, target: dict[str, Any]) -> list[list[str]]:
        """A table, its header first."""
        if not self.database:
            return []
        statement = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 >= {FROM}", target["rawSql"])
        statement = statement.replace("$__timeFrom()", f"({FROM})").replace("$__timeTo()", "(now())")
        statement = re.sub(r"\$\{\w+(:\w+)?\}", ".*", statement)
        done = subprocess.run([*self.database, statement], capture_output=True, text=True, check=True)
        return list(csv.reader(io.StringIO(done.stdout)))

    def _ask(self, kind: str, target: dict[str, Any], **window: float) -> list[dict[str, Any]]:
        expression = target["expr"].replace("$__rate_interval", "1m").replace("$__range", f"{int(self.minutes)}m")
        for name, value in self.chosen.items():
            expression = expression.replace(f"${name}", value)
        expression = re.sub(r"\$(version|variant)\b|\$\{(version|variant|model)(:\w+)?\}", ".*", expression)
        answer = self.prometheus.post(f"/api/v1/{kind}", data={"query": expression, **window})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


def _name(target: dict[str, Any], labels: Mapping[str, str]) -> str:
    legend = target.get("legendFormat", "__auto")
    if legend == "__auto":
        return ", ".join(value for key, value in labels.items() if key != "__name__")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend)
