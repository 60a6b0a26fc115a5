"""Panels of the board Overview: model and data, alerts and moves."""

from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.drift_by_feature import drift_by_feature
from monitoring.grafana.boards.panel_frame import QUIET
from monitoring.grafana.boards.panels import lines, number
from monitoring.grafana.boards.tables import rows, series_table


def model() -> Panels:
    yield (
        6,
        number(
            "Served versions",
            "Versions that at least one worker serves.",
            "short",
            'sum by (version, variant) (model_info{version=~"$version", variant=~"$variant"}) > 0',
            legend="version {{version}}, {{variant}}",
            only_names=True,
        ),
    )
    yield 6, drift_by_feature()
    yield (
        6,
        lines(
            "Answers by class",
            "Answered rows per second, by predicted class.",
            "rowsps",
            {
                "{{label}}": 'sum by (label) (rate(predictions_total{version=~"$version", variant=~"$variant"}[$__rate_interval]))'
            },
            stacked=True,
        ),
    )
    yield (
        6,
        lines(
            "Answered and stored",
            "Answered rows, and rows that reached the audit store. Normally the two lines are the same.",
            "rowsps",
            {
                "answered": 'sum(rate(predictions_total{variant!="shadow"}[$__rate_interval]))',
                "stored": 'sum(rate(records_landed_total{kind="prediction"}[$__rate_interval]))',
            },
        ),
    )


# by its label and not its name, which would be narrowed to the chosen model: the watchdog belongs to none
_RUNBOOK = '{__name__="ALERTS", alertname="Watchdog", runbook!=""}'
_NO_WATCHDOG = 'absent({__name__="ALERTS", alertname="Watchdog", alertstate="firing"})'
_ALERT = 'ALERTS{alertstate="firing", alertname!="Watchdog"}'
_FIRING = f"""({_ALERT} * on () group_left (runbook) topk(1, max by (runbook) ({_RUNBOOK})))
or ({_ALERT} unless on () {_RUNBOOK})
or label_replace({_NO_WATCHDOG}, "alertname", "Watchdog is missing", "", "")"""
"""Prometheus alone knows where the runbook is, and the watchdog has it as a label."""


def events() -> Panels:
    yield (
        8,
        series_table(
            "Firing alerts",
            "The watchdog always fires and is listed only when it is missing: alerts are not evaluated then. A name leads to its heading in the runbook."
            + QUIET,
            "none",
            _FIRING,
            {
                "alertname": "alert",
                "severity": "severity",
                "model": "model",
                "job": "job",
                "version": "version",
                "feature": "feature",
                "runbook": "runbook",
            },
            link=("alertname", "${__data.fields.runbook}#:~:text=${__value.raw}"),
        ),
    )
    yield (
        8,
        rows(
            "Last alerts",
            "The last alerts that Alertmanager delivered, each with a link to its heading in the runbook." + QUIET,
            "none",
            "SELECT starts_at, name, status, severity, annotations ->> 'summary' AS summary, annotations ->> 'runbook_url' AS runbook FROM alerts\nWHERE name <> 'Watchdog' AND $__timeFilter(starts_at)\nORDER BY starts_at DESC, status DESC LIMIT 20",
            address="runbook",
        ),
    )
    yield (
        8,
        rows(
            "Moves",
            "Changes of an alias: which version, when and why.",
            "none",
            "SELECT at, model, variant, version, previous, percent, reason, verdict FROM model_moves\nORDER BY at DESC LIMIT 20",
        ),
    )
