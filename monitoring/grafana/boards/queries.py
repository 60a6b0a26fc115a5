"""The two data sources, and a query to each. PostgreSQL's has no builder in the SDK, so it is made here."""

from dataclasses import dataclass

from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusQuery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import AnnotationTarget, DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
AUDIT = DataSourceRef(type_val="grafana-postgresql-datasource", uid="audit")


@dataclass(frozen=True)
class Sql(Dataquery, Builder["Sql"]):
    """A statement to the audit that gives a table."""

    statement: str
    ref_id: str = "A"

    def build(self) -> "Sql":
        return self

    def to_json(self) -> dict[str, object]:
        return {
            "refId": self.ref_id,
            "datasource": AUDIT.to_json(),
            "editorMode": "code",
            "format": "table",
            "rawQuery": True,
            "rawSql": self.statement,
        }


class SqlAnnotation(AnnotationTarget, Builder[AnnotationTarget]):
    """A statement whose rows are marks in time: columns `time`, `text`, `tags` and perhaps `timeend`."""

    def __init__(self, statement: str) -> None:
        super().__init__()
        self._query = Sql(statement, "Anno")

    def build(self) -> "SqlAnnotation":
        return self

    def to_json(self) -> dict[str, object]:
        return self._query.to_json()


def over_time(expression: str, legend: str, ref_id: str, *, heat: bool = False) -> PrometheusQuery:
    """PromQL as lines; `heat` for buckets by their bound."""
    query = PrometheusQuery().expr(expression).legend_format(legend).range().ref_id(ref_id).datasource(PROMETHEUS)
    return query.format(PromQueryFormat.HEATMAP if heat else PromQueryFormat.TIME_SERIES)


def now(expression: str, legend: str, ref_id: str, *, table: bool = False) -> PrometheusQuery:
    """PromQL as one value for each series, at the end of the time shown."""
    query = PrometheusQuery().expr(expression).legend_format(legend).instant().ref_id(ref_id).datasource(PROMETHEUS)
    return query.format(PromQueryFormat.TABLE if table else PromQueryFormat.TIME_SERIES)
