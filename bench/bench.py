"""What every measurement is given: where files go, how much to do, the models, and how to start a server."""

import contextlib
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.bundles import RECIPES, make, training_rows
from bench.peers.ours.peer import Ours
from bench.peers.peer import Peer, Place
from bench.plan import Plan
from bench.server import Server, serving
from bench.venvs import fit, venv
from scripts.lifecycle.ports import free_port
from scripts.lifecycle.screen import Screen


@dataclass(frozen=True)
class Bench:
    home: Path
    """var/bench: venvs/ and models/ are kept, runs/ is emptied at the start."""
    plan: Plan
    screen: Screen

    def scratch(self, name: str) -> Path:
        """An empty folder of that name."""
        folder = self.home / "runs" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def bundle(self, name: str) -> Path:
        """The bundle of a recipe; made when it isn't there."""
        (recipe,) = (one for one in RECIPES if one.name == name)
        return make(recipe, self.home / "models" / name)

    def python(self, peer: Peer) -> Path:
        return venv(self.home / "venvs", peer.venv) if peer.venv else Path(sys.executable)

    def model(self, peer: Peer, model: str) -> Path:
        """What `peer` serves as `model`, trained on the same rows in its own environment."""
        bundle = self.bundle(model)
        if peer.venv is None:
            return bundle
        fitted = self.home / "models" / peer.venv
        fit(self.python(peer), fitted, training_rows(self.home / "models" / "logistic_regression"))
        return fitted / model

    def place(self, peer: Peer, model: Path, name: str) -> Place:
        """Free ports and an empty folder called `name`."""
        return Place(self.python(peer), model, self.scratch(name), free_port(), (free_port(), free_port()))

    @contextlib.contextmanager
    def serve(self, peer: Peer, model: str) -> Iterator[Server]:
        """`peer` with one worker on the server's core."""
        place = self.place(peer, self.model(peer, model), f"{peer.name}-{model}")
        environment = peer.environment(place)
        with serving(
            peer.command(place), environment, port=place.port, ready=peer.ready, scratch=place.scratch
        ) as server:
            yield server

    @contextlib.contextmanager
    def ours(
        self, model: str, settings: Mapping[str, str] | None = None, *, workers: int = 1, pinned: bool = True
    ) -> Iterator[Server]:
        """Our api alone, with `settings` on top; free to use every core unless `pinned`."""
        peer = Ours()
        place = self.place(peer, self.bundle(model), f"alone-{model}")
        environment = peer.environment(place) | {"API_WORKERS": str(workers)} | dict(settings or {})
        with serving(
            peer.command(place), environment, port=place.port, ready=peer.ready, scratch=place.scratch, pinned=pinned
        ) as server:
            yield server
