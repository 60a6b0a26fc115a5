"""What grows with nodes and rows, after the other events: the figures behind docs/capacity.md."""

from collections.abc import Callable

from tests.swarm.cluster import Cluster

ROWS = (
    "SELECT (SELECT count(*) FROM predictions), sum(pg_total_relation_size(relid)) "
    "FROM pg_partition_tree('predictions') WHERE isleaf"
)
CONNECTIONS = "SELECT usename, count(*) FROM pg_stat_activity WHERE usename IS NOT NULL GROUP BY 1 ORDER BY 1"


def test_bytes_of_a_row_connections_and_series_are_shown(cluster: Cluster, note: Callable[[str], None]) -> None:
    rows, size = (int(value) for value in cluster.sql(ROWS)[0].split("|"))
    note(f"audit: {rows:,} rows of one flower, {size / rows:.0f} bytes a row with indexes")
    note(f"connections to PostgreSQL: {', '.join(row.replace('|', ' ') for row in cluster.sql(CONNECTIONS))}")
    series = {job: cluster.asked(f"max(scrape_samples_scraped{{job='{job}'}})") for job in ("api", "courier", "edge")}
    head, memory = cluster.asked("prometheus_tsdb_head_series"), cluster.asked("process_resident_memory_bytes")
    note(f"series of a target: {', '.join(f'{job} {count:,.0f}' for job, count in series.items())}; "
         f"Prometheus holds {head:,.0f} in {memory / 2**20:,.0f} MiB")  # fmt: skip
    assert rows > 0
    assert min(series.values()) > 0
