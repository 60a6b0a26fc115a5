"""Counting at the price of a memory write: prometheus_client's values, for a worker in which one thread counts."""

import os
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.mmap_dict import MmapedDict, mmap_key

Add = Callable[[float], None]


_FIRST_SIZE = 64 * 1024


class SharedFile(MmapedDict):
    """The library's file of doubles, with a view of one of them."""

    def __init__(self, path: Path) -> None:
        # Another worker's scrape reads whatever bears such a name, and fails on a file that is still empty.
        if not path.exists():
            unborn = path.with_suffix(".unborn")
            with unborn.open("wb") as file:
                file.truncate(_FIRST_SIZE)
            unborn.rename(path)
        super().__init__(str(path))  # type: ignore[no-untyped-call]

    def cell(self, key: str) -> tuple["memoryview[float]", int]:
        # A file that grows is mapped again; views of the old mapping go on writing into the same pages.
        self.read_value(key)  # type: ignore[no-untyped-call]
        place: int = self._positions[key] // 8
        return memoryview(self._m).cast("d"), place

    def __del__(self) -> None:
        self._f.close()


def shared_value(slot: int) -> type:
    """A class for ``prometheus_client.values.ValueClass``: what a worker counts lies in the files of its slot at once.

    It is what the library's own MultiProcessValue does, without looking for a fork, taking a lock and writing a
    time at each addition. Values may be made in any thread, but are changed by the event loop's alone.
    """
    files: dict[str, SharedFile] = {}
    making = Lock()

    class SharedValue:
        _multiprocess = True

        def __init__(
            self, typ: str, metric_name: str, name: str, labelnames: list[str], labelvalues: list[str],
            help_text: str, multiprocess_mode: str = "", **_: Any,
        ) -> None:  # fmt: skip
            prefix = f"{typ}_{multiprocess_mode}" if typ == "gauge" else typ
            with making:
                if prefix not in files:
                    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
                    files[prefix] = SharedFile(folder / f"{prefix}_{slot}.db")
                self._doubles, self._place = files[prefix].cell(
                    mmap_key(metric_name, name, labelnames, labelvalues, help_text)
                )

        def inc(self, amount: float) -> None:
            self._doubles[self._place] += amount

        def set(self, value: float, timestamp: float | None = None) -> None:
            self._doubles[self._place] = value

        def get(self) -> float:
            return self._doubles[self._place]

        def get_exemplar(self) -> None:
            return None

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
