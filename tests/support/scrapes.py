"""What a scrape sees: all workers' files added up."""

from prometheus_client import CollectorRegistry, multiprocess
from prometheus_client.samples import Sample


def scraped() -> list[Sample]:
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types there
    return [sample for family in registry.collect() for sample in family.samples]
