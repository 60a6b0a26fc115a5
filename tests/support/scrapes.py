"""What a scrape sees: all workers' files added up."""

from prometheus_client.samples import Sample

from api.telemetry.metrics import of_all_workers


def scraped() -> list[Sample]:
    return [sample for family in of_all_workers().collect() for sample in family.samples]
