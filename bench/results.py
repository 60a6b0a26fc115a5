"""The results of the runs of wrk, and the medians over their rounds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from bench.ask import Workload
from bench.load import Sample

Measure = Callable[[Sample], float]


@dataclass(frozen=True)
class Key:
    model: str
    workload: Workload
    peer: str


@dataclass
class Results:
    """Samples by what was measured, one a round; where one or all of them are missing, the reason."""

    samples: dict[Key, list[Sample]] = field(default_factory=dict)
    missing: dict[Key, str] = field(default_factory=dict)

    def add(self, key: Key, sample: Sample) -> None:
        self.samples.setdefault(key, []).append(sample)

    def median(self, key: Key, measure: Measure) -> float:
        return median(measure(sample) for sample in self.samples[key])

    def ratio(self, one: Key, other: Key, measure: Measure) -> float:
        """The median over the rounds of `one` divided by `other` of the same round: noise that both had cancels."""
        pairs = zip(self.samples[one], self.samples[other], strict=True)
        return median(measure(a) / measure(b) for a, b in pairs)

    def reason(self, *keys: Key) -> str | None:
        """Why these can't be compared; None when they can."""
        for key in keys:
            if key in self.missing or key not in self.samples:
                return self.missing.get(key, f"{key.peer} was not measured")
            if failed := sum(sample.failed for sample in self.samples[key]):
                return f"{key.peer}: {failed} requests failed"
        return None


def throughput(sample: Sample) -> float:
    return sample.requests_per_second


def cpu(sample: Sample) -> float:
    return sample.cpu_us
