"""Servers are asked in turn; one whose processes never rest is up in its own turns only."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console

from bench.bench import Bench
from bench.errors import BenchError
from bench.load import Sample
from bench.measures.compare import compare
from bench.peers.all import MODELS
from bench.peers.peer import Peer
from bench.plan import QUICK, Plan
from bench.results import Key
from scripts.run.screen import Screen

ROUNDS = 3
PLAN = replace(QUICK, rounds=ROUNDS)


@dataclass
class Servers:
    """Stands in for a benchmark: each run notes which servers are up."""

    up: list[str] = field(default_factory=list)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Each run, with the names of the servers that were up."""
    starts: int = 0
    fails_at: int = 0
    plan: Plan = PLAN
    screen: Screen = field(default_factory=lambda: Screen(Console(file=io.StringIO())))

    def is_new(self, _peer: Peer) -> bool:
        return False

    @contextmanager
    def serve(self, peer: Peer, _model: str) -> Iterator[Any]:
        if not peer.idles:
            self.starts += 1
            if self.starts == self.fails_at:
                raise BenchError("no")
        self.up.append(peer.name)

        def load(*_: object) -> Sample:
            self.asked.append((peer.name, tuple(self.up)))
            return Sample(requests=1, seconds=1, failed=0, p50_ms=1, p99_ms=1, cpu_seconds=1, rows=1)

        yield SimpleNamespace(first=lambda _: b"0", load=load)
        self.up.remove(peer.name)


def peer(name: str, *, idles: bool) -> Peer:
    found = SimpleNamespace(name=name, title=name, idles=idles, asks=lambda: {"one": None}, labels=lambda *_: None)
    return cast(Peer, found)


def compared(servers: Servers) -> Any:
    return compare(cast(Bench, servers), [peer("quiet", idles=True), peer("loud", idles=False)])


def test_a_server_that_never_rests_is_up_in_its_own_turns_only() -> None:
    servers = Servers()
    results = compared(servers)
    assert servers.asked == [("quiet", ("quiet",)), ("loud", ("quiet", "loud"))] * ROUNDS * len(MODELS)
    assert {len(samples) for samples in results.samples.values()} == {ROUNDS}


def test_one_that_starts_in_some_rounds_only_is_not_compared() -> None:
    results = compared(Servers(fails_at=2))
    model = next(iter(MODELS))
    quiet, loud = Key(model, "one", "quiet"), Key(model, "one", "loud")
    assert results.reason(quiet) is None
    assert results.reason(quiet, loud) == "loud does not run"
