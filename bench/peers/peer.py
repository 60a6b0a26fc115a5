"""The facts about a server that the benchmark needs to compare it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bench.ask import BenchRequest, Workload, asks, large, single


@dataclass(frozen=True)
class Place:
    """Where one server runs."""

    python: Path
    """The Python of the peer's virtual environment."""
    model: Path
    """A folder: a bundle where the peer takes one; else what bench/fit.py wrote, trained with `python`."""
    scratch: Path
    """Empty, and its working directory."""
    port: int
    spare_ports: tuple[int, int]
    """Ports for a server's other listeners."""

    @property
    def bin(self) -> Path:
        return self.python.parent


class Peer(ABC):
    """A server that answers the same question. A subclass is all there is to add for a new one."""

    name: ClassVar[str]
    title: ClassVar[str]
    venv: ClassVar[str | None] = None
    """The folder below peers/ whose requirements.txt it runs on; None for this project's own environment."""
    takes_bundle: ClassVar[bool] = False
    """Whether it serves our bundle's model.onnx instead of a model that was trained in its own environment."""
    packages: ClassVar[tuple[str, ...]]
    """The packages whose versions are printed with the figures."""
    ready: ClassVar[str]
    """Path of a GET that is answered with 200 once the model is loaded."""

    idles: ClassVar[bool] = True
    """Whether its processes rest while nobody asks. One that does not is started for each of its turns."""

    @abstractmethod
    def command(self, place: Place) -> list[str]:
        """Start it: one worker, its figures at their best, in the foreground. May write files into place.scratch."""

    def environment(self, place: Place) -> dict[str, str]:
        return {}

    @abstractmethod
    def asks(self) -> Mapping[Workload, BenchRequest]:
        """The workloads that it answers."""

    @abstractmethod
    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        """The class indices in a parsed answer; None where the server has no model."""


class OnnxPeer(Peer):
    """A server of our bundle's model.onnx that takes ``{"rows": [...]}`` and answers ``{"labels": [...]}``."""

    takes_bundle = True
    path: ClassVar[str]

    def environment(self, place: Place) -> dict[str, str]:
        return {"MODEL": str(place.model / "model.onnx")}

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {
            "one": asks(self.path, single(), lambda rows: {"rows": rows}),
            "thousand": asks(self.path, large(), lambda rows: {"rows": rows}),
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return list(answer["labels"])
