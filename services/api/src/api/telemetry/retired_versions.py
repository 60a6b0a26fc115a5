"""Removes the figures of old versions: those that serve and the last few that did keep theirs."""

import warnings
from collections import Counter
from collections.abc import Sequence

from prometheus_client import values
from prometheus_client.metrics import MetricWrapperBase

_KEPT = 3
_MOST = 6


class RetiredVersions:
    """Removes the series of versions that no longer serve, but for those of the last few.

    Each version has a hundred series, and 0.3 MB in every worker. Prometheus keeps the history; here it would grow
    with every model there ever was.
    """

    def __init__(self, metrics: Sequence[MetricWrapperBase]) -> None:
        """Follow those of ``metrics`` that have a label `version`."""
        self._metrics = [metric for metric in metrics if "version" in metric._labelnames]
        self._present: Counter[str] = Counter()
        self._gone: dict[str, None] = {}

    def enter(self, version: str) -> None:
        """A variant serves it; a version may serve as two."""
        self._present[version] += 1
        self._gone.pop(version, None)

    def leave(self, version: str) -> None:
        """Forget the oldest of those that serve no more, when they have become many."""
        self._present[version] -= 1
        if self._present[version] > 0:
            return
        del self._present[version]
        self._gone[version] = None
        if len(self._gone) > _MOST:
            self._forget(list(self._gone)[:-_KEPT])

    def _forget(self, versions: list[str]) -> None:
        with warnings.catch_warnings():
            # of the library, that it removes nothing from the files: that is done below
            warnings.simplefilter("ignore", UserWarning)
            for metric in self._metrics:
                for version in versions:
                    metric.remove_by_labels({"version": version})
        for version in versions:
            del self._gone[version]
        keep_versions = getattr(values.ValueClass, "keep_versions", None)
        if keep_versions is not None:
            keep_versions({*self._present, *self._gone})
