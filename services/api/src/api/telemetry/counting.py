"""Lock-free metric values for prometheus_client's multiprocess files. Only the event-loop thread may increment them."""

import json
import os
from bisect import bisect_left
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Lock
from typing import Any

from prometheus_client import Counter, Gauge, Histogram, values
from prometheus_client.mmap_dict import mmap_key

from api.telemetry.shared_file import SharedFile

Add = Callable[[float], None]


def count_in_slot(slot: int) -> None:
    """Let every metric that this process makes from here on count in the files of a worker's slot."""
    values.ValueClass = shared_value(slot)


def shared_value(slot: int) -> type:
    """A class for ``prometheus_client.values.ValueClass``: what a worker counts lies in the files of its slot at once.

    It is what the library's own MultiProcessValue does, without looking for a fork, taking a lock and writing a
    time at each addition. Values may be made in any thread, but are changed by the event loop's alone.
    """
    files: dict[str, SharedFile] = {}
    making = Lock()

    class SharedValue:
        _multiprocess = True
        doubles: "memoryview[float]"
        place: int

        def __init__(
            self, typ: str, metric_name: str, name: str, labelnames: list[str], labelvalues: list[str],
            help_text: str, multiprocess_mode: str = "", **_: Any,
        ) -> None:  # fmt: skip
            prefix = f"{typ}_{multiprocess_mode}" if typ == "gauge" else typ
            with making:
                if prefix not in files:
                    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
                    files[prefix] = SharedFile(folder / f"{prefix}_{slot}.db")
                self.key: str = mmap_key(metric_name, name, labelnames, labelvalues, help_text)
                files[prefix].admit(self)

        def inc(self, amount: float) -> None:
            self.doubles[self.place] += amount

        def set(self, value: float, timestamp: float | None = None) -> None:
            self.doubles[self.place] = value

        def get(self) -> float:
            return self.doubles[self.place]

        def get_exemplar(self) -> None:
            return None

        @staticmethod
        def keep_versions(kept: Collection[str]) -> None:
            """Remove from the files what was counted for any other version. Called by the event loop, like `inc`."""
            with making:
                for file in files.values():
                    file.keep(lambda key: json.loads(key)[2].get("version", "") in {"", *kept})

    return SharedValue


def adder(child: Counter | Gauge) -> Add:
    """The bare addition of a counter, without the checks for what is never passed here."""
    add: Add = child._value.inc
    return add


class Timer:
    """A histogram's bare observation: the bucket found by bisection, two additions."""

    __slots__ = ("_bounds", "_buckets", "_sum")

    def __init__(self, child: Histogram) -> None:
        self._sum: Add = child._sum.inc
        self._bounds: list[float] = list(child._upper_bounds)
        self._buckets: list[Add] = [bucket.inc for bucket in child._buckets]

    def observe(self, value: float) -> None:
        """Count one value; the last bound is infinity."""
        self._sum(value)
        self._buckets[bisect_left(self._bounds, value)](1.0)
