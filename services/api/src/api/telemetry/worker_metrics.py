"""Metrics of the workers themselves: processes, CPU time, memory and the disks that they write to."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class WorkerMetrics:
    """Each worker sets its own; a scrape adds them up."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.journal_writable = Gauge(
            "journal_writable",
            "1 if every worker can write its journal",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.running = Gauge("workers", "Workers running", multiprocess_mode="livesum", registry=registry)
        self.starts = Counter("worker_starts_total", "Workers that began to run", registry=registry)
        self.cpu = Counter("worker_cpu_seconds_total", "CPU time of all workers", registry=registry)
        self.memory = Gauge(
            "worker_resident_memory_bytes",
            "Resident memory by worker slot",
            multiprocess_mode="liveall",
            registry=registry,
        )
        self.volume_free = Gauge(
            "volume_free_bytes",
            "Free space where the journal and the workers' counters lie",
            ["volume"],
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.volume_size = Gauge(
            "volume_size_bytes",
            "Size of the file systems of the journal and of the workers' counters",
            ["volume"],
            multiprocess_mode="livemax",
            registry=registry,
        )
