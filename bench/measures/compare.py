"""Ours and the peers in turn: A B C A B C. All that idle are up at the same time, and one is asked at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import orjson

from bench.ask import Workload, iris
from bench.bench import Bench
from bench.errors import BenchError, WrongAnswerError
from bench.peers.all import MODELS
from bench.peers.peer import Peer
from bench.results import Key, Results
from bench.server import Server
from scripts.run.errors import LifecycleError

SHARE_RIGHT = 0.9


def compare(bench: Bench, chosen: list[Peer]) -> Results:
    """Every peer that is ``chosen``, both models, every workload, `rounds` times."""
    results = Results()
    for model, title in MODELS.items():
        with running(bench, model, [peer for peer in chosen if peer.idles], results) as servers:
            able = runs(servers, model, results)
            for turn in range(bench.plan.rounds):
                with bench.screen.step(f"{title}: round {turn + 1} of {bench.plan.rounds}, {len(able)} runs"):
                    ask(bench, able, results)
                for peer in chosen:
                    if not peer.idles:
                        with running(bench, model, [peer], results) as alone:
                            ask(bench, runs(alone, model, results), results)
    return results


def runs(servers: list[tuple[Peer, Server]], model: str, results: Results) -> dict[Key, tuple[Peer, Server]]:
    """The runs of each server: the workloads that it answers rightly."""
    return {key: (peer, server) for peer, server in servers for key in askable(peer, server, model, results)}


def ask(bench: Bench, able: dict[Key, tuple[Peer, Server]], results: Results) -> None:
    """One run after the other."""
    for key, (peer, server) in able.items():
        results.add(key, server.load(peer.asks()[key.workload], bench.plan.seconds))


@contextmanager
def running(bench: Bench, model: str, chosen: list[Peer], results: Results) -> Iterator[list[tuple[Peer, Server]]]:
    """Every peer that starts; one that does not is noted in `results` and does not stop the others."""
    with ExitStack() as stack:
        servers = []
        for peer in chosen:
            first = ", its environment first: minutes" if bench.is_new(peer) else ""
            with bench.screen.step(f"{MODELS[model]}: {peer.title}{first}"):
                try:
                    servers.append((peer, stack.enter_context(bench.serve(peer, model))))
                except (BenchError, LifecycleError) as error:
                    bench.screen.say(f"{peer.title} does not run: {error}")
                    for workload in peer.asks():
                        results.missing[Key(model, workload, peer.name)] = f"{peer.name} does not run"
        yield servers


def askable(peer: Peer, server: Server, model: str, results: Results) -> Iterator[Key]:
    """The workloads that `server` answers rightly; for the others, `results` notes why not."""
    for workload, ask in peer.asks().items():
        key = Key(model, workload, peer.name)
        try:
            check(peer, workload, server.first(ask))
        except BenchError as error:
            results.missing[key] = str(error).splitlines()[0]
        else:
            yield key


def check(peer: Peer, workload: Workload, answer: bytes) -> None:
    """The first body's rows are iris rows in order, so their classes are known.

    Raises WrongAnswerError when less than nine in ten are right.
    """
    labels = peer.labels(workload, orjson.loads(answer))
    if labels is None:
        return
    known = iris()[1]
    rows = 1 if workload == "one" else 1000
    right = sum(label == known[i % len(known)] for i, label in enumerate(labels))
    if len(labels) != rows or right < SHARE_RIGHT * rows:
        raise WrongAnswerError(f"{peer.name}: {right} of {rows} classes are right in {len(labels)} answers")
