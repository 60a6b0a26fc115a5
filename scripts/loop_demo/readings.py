"""The platform's state: Prometheus, MLflow's aliases, the retrainer, the store. It is read and never changed."""

import math
from dataclasses import dataclass
from typing import Any

import httpx2

from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.platform import Platform

DRIFT_ALERTS = ("FeatureDrift", "PredictionDrift")
WINDOW = "30s"
RECENT = f"increase(feedback_total{{outcome=~'correct|incorrect'}}[{WINDOW}])"
RIGHT = f"increase(feedback_total{{outcome='correct'}}[{WINDOW}])"
ACCURACY = f"sum({RIGHT}) / (sum({RECENT}) >= 20)"
"""Each version's accuracy on truths of the last half minute; nothing with fewer than twenty."""
PSI_FEATURES = "max by (version) (version_feature:psi:1h)"
PSI_CLASSES = "max by (version) (version:psi:1h)"
THRESHOLD_FEATURES = "max by (version) (version_feature:psi:threshold1h)"
THRESHOLD_CLASSES = "max by (version) (version:psi:threshold1h)"
"""The threshold of the alerts: 0.2, or more where few rows trained the version (rules/drift.yml)."""
FIRING = f'max(ALERTS{{alertname=~"{"|".join(DRIFT_ALERTS)}",alertstate="firing"}})'
SHARES = "sum by (version) (rate(predictions_total{variant!='shadow'}[30s]))"
RETRAINER = "http://127.0.0.1:9103"

Line = list[tuple[float, float]]
"""(seconds since 1970, value)"""


@dataclass(frozen=True)
class Alerting:
    """The drift alerts in Prometheus, by state; each as "FeatureDrift petal_width"."""

    pending: tuple[str, ...]
    firing: tuple[str, ...]


class PlatformReadings:
    def __init__(self, platform: Platform, prometheus: httpx2.Client, mlflow: httpx2.Client, model: str) -> None:
        self._platform = platform
        self._prometheus = prometheus
        self._mlflow = mlflow
        self._model = model

    # --- Prometheus

    def accuracy(self, version: str | None = None) -> float | None:
        """Live accuracy of the last half minute, of one version or all; None for too little feedback."""
        if version is None:
            return self._value(ACCURACY)
        only = ACCURACY.replace("outcome=", f"version='{version}',outcome=")
        return self._value(only)

    def psi(self, version: str) -> float | None:
        """The largest of the features' and the classes', over an hour; None before both are measured."""
        features, classes = (self._value(_of(query, version)) for query in (PSI_FEATURES, PSI_CLASSES))
        return None if features is None or classes is None else max(features, classes)

    def threshold(self, version: str) -> float | None:
        """The index above which an alert is certain: the larger threshold, of the features and of the classes."""
        features, classes = (self._value(_of(query, version)) for query in (THRESHOLD_FEATURES, THRESHOLD_CLASSES))
        return None if features is None or classes is None else max(features, classes)

    def drift(self) -> Alerting:
        alerts = self._get(self._prometheus, "/api/v1/alerts", {})["data"]["alerts"]
        states: dict[str, list[str]] = {"pending": [], "firing": []}
        for one in alerts:
            labels = one["labels"]
            if labels["alertname"] in DRIFT_ALERTS:
                states[one["state"]].append(f"{labels['alertname']} {labels.get('feature', '')}".strip())
        return Alerting(tuple(sorted(set(states["pending"]))), tuple(sorted(set(states["firing"]))))

    def asking(self) -> tuple[str, ...]:
        """The alerts that ask for a retraining, pending or firing, each as "FeatureDrift of version 1"."""
        alerts = self._get(self._prometheus, "/api/v1/alerts", {})["data"]["alerts"]
        labels = [one["labels"] for one in alerts if one["labels"].get("action") == "retrain"]
        return tuple(sorted({f"{one['alertname']} of version {one.get('version', '?')}" for one in labels}))

    def lines(self, query: str, start: float, end: float, step: float = 5.0) -> dict[str, Line]:
        """Each series by its version, from Prometheus's range API."""
        window = {"query": query, "start": start, "end": end, "step": step}
        found = self._get(self._prometheus, "/api/v1/query_range", window)["data"]["result"]
        return {
            one["metric"].get("version", ""): [
                (float(at), float(value)) for at, value in one["values"] if math.isfinite(float(value))
            ]
            for one in found
        }

    # --- the registry

    def alias(self, name: str) -> tuple[str, dict[str, str]] | None:
        """Version and tags that carry the alias; None where no version does."""
        answer = self._mlflow.get(
            "/api/2.0/mlflow/registered-models/alias", params={"name": self._model, "alias": name}
        )
        if answer.status_code in (400, 404):
            return None
        answer.raise_for_status()
        found = answer.json()["model_version"]
        return str(found["version"]), {tag["key"]: tag["value"] for tag in found.get("tags", [])}

    # --- the retrainer and the store

    def retrainer(self) -> dict[str, Any]:
        """Its health: what it does, which alerts wait."""
        answer: dict[str, Any] = self._platform.json("retrainer", f"{RETRAINER}/health")
        return answer

    def retrainings(self) -> dict[str, float]:
        """Its counters, each with its labels as Prometheus writes them, e.g. retrain_alerts_total{kind="new"}."""
        text = self._platform.page("retrainer", f"{RETRAINER}/metrics").decode()
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("retrain"))
        return {name: float(value) for name, value in pairs}

    def moves(self) -> list[dict[str, Any]]:
        """The versions that served, newest first, from the courier."""
        answer: list[dict[str, Any]] = self._platform.json("courier", "http://127.0.0.1:9102/moves.json?limit=100")
        return answer

    def truths(self, source: str) -> int:
        """How much feedback of that source is in the store."""
        return int(self._platform.rows(f"select count(*) from feedback where source = '{source}'")[0][0])  # noqa: S608

    def first_version(self, source: str) -> str | None:
        """The version that the first feedback of that source was about; None where there is none."""
        statement = (
            "select p.version from feedback f join predictions p on p.id = f.prediction_id "  # noqa: S608 - our own word
            f"where f.source = '{source}' and p.variant = 'production' order by f.at limit 1"
        )
        found = self._platform.rows(statement)
        return found[0][0] if found else None

    def _value(self, query: str) -> float | None:
        found = self._get(self._prometheus, "/api/v1/query", {"query": query})["data"]["result"]
        value = float(found[0]["value"][1]) if found else math.nan
        return value if math.isfinite(value) else None

    @staticmethod
    def _get(client: httpx2.Client, path: str, query: dict[str, Any]) -> dict[str, Any]:
        answer = client.get(path, params=query)
        if not answer.is_success:
            raise DemoError(f"{client.base_url}{path} answered {answer.status_code}: {answer.text[:200]}")
        content: dict[str, Any] = answer.json()
        return content


def _of(query: str, version: str) -> str:
    return query.removesuffix(")") + f"{{version='{version}'}})"
