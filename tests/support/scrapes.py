"""What a scrape sees: all workers' files added up."""

from prometheus_client.samples import Sample
from starlette.testclient import TestClient

from api.telemetry.metrics import of_all_workers


def scraped() -> list[Sample]:
    return [sample for family in of_all_workers().collect() for sample in family.samples]


def metric(client: TestClient, name: str) -> float:
    """The value of the one series on the api's page that is written exactly like ``name``."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.rpartition(" ")[0] == name))
