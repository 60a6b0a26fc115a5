"""Every metric of the retrainer, declared once. Rules, boards and docs are checked against this file."""

import math

from prometheus_client import CollectorRegistry, Counter, Gauge

TRIGGERS = ("alert", "schedule")
OUTCOMES = ("promoted", "canary", "refused", "unchanged", "failed")
ACTIONS = ("hold", "step", "promote", "back")


class Metrics:
    """The metrics of the retrainer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.last_success = Gauge(
            "retrain_last_success_timestamp_seconds",
            "When a retraining last came to an end that is good, or else when the retrainer started",
            registry=registry,
        )
        self.retrains = Counter("retrains_total", "Retrainings", ["trigger", "outcome"], registry=registry)
        self.alerts = Counter(
            "retrain_alerts_total", "Alerts that Alertmanager sent: new, or known already", ["kind"], registry=registry
        )
        self.rollout_steps = Counter("rollout_steps_total", "Looks at the canary", ["action"], registry=registry)
        self.rollout_percent = Gauge(
            "rollout_percent", "The canary's share of the traffic; 0 without one", registry=registry
        )
        self.joint_drift = Gauge(
            "joint_drift_auc_ratio",
            "How well a classifier tells last week's requests from the training rows: 0.5 not at all, 1 always",
            registry=registry,
        )
        self.joint_drift_low = Gauge(
            "joint_drift_auc_low_ratio",
            "The lower end of its 99 % interval; above 0.5 is beyond chance",
            registry=registry,
        )
        for one in (self.joint_drift, self.joint_drift_low):
            one.set(math.nan)  # not looked yet, or too few rows
        self.running = Gauge("retrain_running", "1 while a retraining runs", registry=registry)
        for trigger in TRIGGERS:
            for outcome in OUTCOMES:
                self.retrains.labels(trigger, outcome)
        for action in ACTIONS:
            self.rollout_steps.labels(action)
        for kind in ("new", "known"):
            self.alerts.labels(kind)
