"""prometheus_client's file of doubles, one for a kind of metric and a slot, with views of its cells."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

from prometheus_client.mmap_dict import MmapedDict

_FIRST_SIZE = 64 * 1024


class Value(Protocol):
    """A writer into a cell; it gets the cell's position, and the new one when it moves."""

    key: str
    doubles: "memoryview[float]"
    place: int


class SharedFile(MmapedDict):
    """The library's file, whose cells may move: every writer of a cell is known."""

    def __init__(self, path: Path) -> None:
        # Another worker's scrape reads whatever bears such a name, and fails on a file that is still empty.
        if not path.exists():
            _empty_file(path).rename(path)
        super().__init__(str(path))  # type: ignore[no-untyped-call]
        self._path = path
        self._values: WeakSet[Value] = WeakSet()
        self._viewed = self._m
        self._doubles = memoryview(self._m).cast("d")

    def admit(self, value: Value) -> None:
        """Give it its cell, which is made if there is none yet."""
        self._values.add(value)
        self._place(value)

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Rewrite the file with the wanted keys alone, and with those that are still counted in."""
        cells = {key: self.read_value(key)[0] for key in self._positions if wanted(key)}  # type: ignore[no-untyped-call]
        draft = _empty_file(self._path)
        fresh = MmapedDict(str(draft))  # type: ignore[no-untyped-call]
        for key, value in cells.items():
            fresh.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
        draft.rename(self._path)
        self._f.close()
        self._f, self._m = fresh._f, fresh._m
        self._positions, self._used, self._capacity = fresh._positions, fresh._used, fresh._capacity
        for known in list(self._values):
            self._place(known)

    def _place(self, value: Value) -> None:
        self.read_value(value.key)  # type: ignore[no-untyped-call]
        # A file that grows is mapped again; views of the old mapping go on writing into the same pages.
        if self._viewed is not self._m:
            self._viewed = self._m
            self._doubles = memoryview(self._m).cast("d")
        value.doubles, value.place = self._doubles, self._positions[value.key] // 8

    def __del__(self) -> None:
        self._f.close()


def _empty_file(path: Path) -> Path:
    """A file of zeros beside `path`, under a name that no scrape looks for."""
    unborn = path.with_suffix(".unborn")
    with unborn.open("wb") as file:
        file.truncate(_FIRST_SIZE)
    return unborn
