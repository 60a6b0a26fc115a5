"""The settings of a run: where files go, how much to do, the models, and how to start a server."""

import shutil
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.bundles import RECIPES, make, training_rows
from bench.peers.ours.peer import Ours
from bench.peers.peer import Peer, Place
from bench.plan import Plan
from bench.server import Server, serving
from bench.venvs import fit, venv
from scripts.run.interrupts import Interrupts
from scripts.run.ports import free_port
from scripts.run.screen import Screen

ROWS_OF = "logistic_regression"
"""The recipe whose training rows all servers get; both models have the same."""


@dataclass(frozen=True)
class Bench:
    home: Path
    """var/bench: venvs/ and models/ are kept, runs/ is emptied at the start."""
    plan: Plan
    screen: Screen
    interrupts: Interrupts

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

    def is_new(self, peer: Peer) -> bool:
        """Whether its environment has still to be made."""
        return peer.venv is not None and not (self.home / "venvs" / peer.venv).is_dir()

    def python(self, peer: Peer) -> Path:
        return venv(self.home / "venvs", peer.venv) if peer.venv else Path(sys.executable)

    def model(self, peer: Peer, model: str) -> Path:
        """The model that `peer` serves as `model`, trained on the same rows in its own environment."""
        bundle = self.bundle(model)
        if peer.venv is None or peer.takes_bundle:
            return bundle
        fitted = self.home / "models" / peer.venv
        self.bundle(ROWS_OF)
        fit(self.python(peer), fitted, training_rows(self.home / "models" / ROWS_OF))
        return fitted / model

    def place(self, peer: Peer, model: Path, name: str) -> Place:
        """Free ports and an empty folder called `name`."""
        return Place(self.python(peer), model, self.scratch(name), free_port(), (free_port(), free_port()))

    def serve(self, peer: Peer, model: str) -> AbstractContextManager[Server]:
        """`peer` with one worker on the server's core."""
        return self.run(peer, self.place(peer, self.model(peer, model), f"{peer.name}-{model}"), {})

    def ours(
        self, model: str, settings: Mapping[str, str] | None = None, *, workers: int = 1, pinned: bool = True
    ) -> AbstractContextManager[Server]:
        """Our api alone, with `settings` on top; free to use every core unless `pinned`."""
        place = self.place(Ours(), self.bundle(model), f"alone-{model}")
        return self.run(Ours(), place, {"API_WORKERS": str(workers)} | dict(settings or {}), pinned=pinned)

    def run(
        self, peer: Peer, place: Place, settings: Mapping[str, str], *, pinned: bool = True
    ) -> AbstractContextManager[Server]:
        return serving(
            peer.command(place),
            peer.environment(place) | dict(settings),
            port=place.port,
            ready=peer.ready,
            scratch=place.scratch,
            interrupts=self.interrupts,
            pinned=pinned,
        )
