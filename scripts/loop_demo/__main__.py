"""`python -m scripts.loop_demo`: the closed loop on the container stack, told as it happens; see `make loop-demo`."""

import os
import sys
import time
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from random import Random

import httpx2
import yaml
from rich.console import Console
from rich.status import Status

from scripts.loop_demo import watch as readings
from scripts.loop_demo.caller import SOURCE, Caller, of_world
from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.picture import Told, draw
from scripts.loop_demo.platform import ROOT, Platform
from scripts.loop_demo.steps import DRIFTED, Loop
from scripts.loop_demo.story import Event, Step, Story
from scripts.loop_demo.watch import Watch
from scripts.loop_demo.world import World
from scripts.traffic import rows
from scripts.traffic.errors import TrafficError
from scripts.traffic.served import Served, ask

DATA = ROOT / "data" / "processed"
PICTURE = ROOT / "var" / "loop-demo.png"
TEN_MINUTES = 600.0
RATE = 10.0
INTERRUPTED = 130


class Aloud:
    """The story on a terminal; where there is none, a line now and then."""

    EVERY = 15.0

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = Status("", console=console)
        self._told = 0.0

    def waiting(self, step: Step, seconds: float, seen: str) -> None:
        text = f"{step.name} … {seconds:.0f} of {step.budget:.0f} s; {seen}"
        if self._console.is_terminal:
            self._status.update(text)
            self._status.start()
        elif seconds - self._told >= self.EVERY or seconds < self._told:
            self._console.print(f"       … {text}", highlight=False, soft_wrap=True)
            self._told = seconds

    def happened(self, step: Step, since_start: float, took: float, seen: str) -> None:
        self.quiet()
        self._told = 0.0
        minutes, seconds = divmod(round(since_start), 60)
        self._console.print(
            f"[bold]{minutes:2d}:{seconds:02d}[/]  [green]✓[/] {step.name}  [dim]{seen} ({took:.0f} s)[/]",
            highlight=False, soft_wrap=True,
        )  # fmt: skip

    def quiet(self) -> None:
        self._status.stop()


def main() -> int:
    console, platform = Console(), Platform(os.environ)
    started = False
    try:
        had = platform.running()
        console.print(
            f"running already: {', '.join(sorted(had)) or 'nothing'}; what is missing starts, about a minute",
            highlight=False,
        )
        with console.status("the stack starts, the retrainer at the demo's pace (scripts/loop_demo/pace.yaml)"):
            started = True
            platform.start()
        new = platform.running() - had
        console.print(
            f"started: {', '.join(sorted(new)) or 'nothing new; the retrainer anew, at the demo’s pace'}",
            highlight=False,
        )
        _show(platform, console)
    except (DemoError, TrafficError, httpx2.HTTPError) as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        return 1
    finally:
        if started:
            with suppress(DemoError), console.status("the retrainer takes up its usual pace"):
                platform.resume()
    console.print("The stack goes on running, the retrainer at its usual pace. make down stops it.", highlight=False)
    return 0


def _show(platform: Platform, console: Console) -> None:
    random = Random(8)  # noqa: S311 - rows, no secrets
    key = os.environ.get("API_KEY")
    headers = {"x-api-key": key} if key else {}
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(httpx2.Client(base_url=platform.address(name, port), timeout=10, headers=sent))
            for name, port, sent in (("api", 8000, headers), ("prometheus", 9090, {}), ("mlflow", 5000, {}))
        }
        served = ask(clients["api"])
        world = World.beyond(served)
        model = yaml.safe_load((ROOT / "params.yaml").read_text())["model"]["name"]
        watch = Watch(platform, clients["prometheus"], clients["mlflow"], model)
        _check(watch, served)
        aloud, begun = Aloud(console), time.time()
        calm = rows.from_data(served, DATA, random) or rows.from_bins(served, random)
        caller = stack.enter_context(Caller(str(clients["api"].base_url), headers, served, calm, RATE, TEN_MINUTES * 2))
        loop = Loop(
            watch, served.version, SOURCE, lambda: caller.move(of_world(world.draw, random)), watch.retrainings()
        )
        story = Story(aloud, TEN_MINUTES)
        try:
            story.run(loop.steps())
        finally:
            aloud.quiet()
            # What happened is worth seeing, also when it ended too early.
            _draw(watch, story.events, begun, console)
        outcome = caller.outcome
        failed = (
            f", {sum(outcome.failures.values())} failed: {dict(outcome.failures)}"
            if outcome.failures
            else ", none failed"
        )
        console.print(
            f"{outcome.asked} requests, {outcome.rows} rows, {outcome.feedback} truths{failed}", highlight=False
        )


def _check(watch: Watch, served: Served) -> None:
    """Raises DemoError where the loop is not at its beginning."""
    if watch.truths(SOURCE):
        raise DemoError(
            "this stack has been through the demo: what it learnt then would be mixed into what it learns now. "
            "Begin anew with make clean (it forgets everything), or in another Compose project"
        )
    if (canary := watch.alias("canary")) is not None:
        raise DemoError(
            f"version {canary[0]} is a canary on its way; wait for it, or take it away: make canary PERCENT=0"
        )
    if firing := watch.drift().firing:
        raise DemoError(
            f"{', '.join(firing)} fires already (version {served.version}): the retrainer is about to act by itself"
        )


def _draw(watch: Watch, events: list[Event], begun: float, console: Console, file: Path = PICTURE) -> None:
    if not events:
        return
    end = time.time()
    told = Told(
        accuracy=watch.lines(readings.ACCURACY, begun, end).get("", []),
        psi_features=watch.lines(readings.PSI_FEATURES, begun, end),
        psi_classes=watch.lines(readings.PSI_CLASSES, begun, end),
        answers=watch.lines(readings.SHARES, begun, end),
        firing=watch.lines(readings.FIRING, begun, end).get("", []),
        moves=_moves(watch, begun),
        marks=[(event.at, event.step.short) for event in events],
        start=begun,
        end=end,
        threshold=DRIFTED,
    )
    draw(told, file)
    console.print(f"the picture: {file.relative_to(ROOT)}", highlight=False)


def _moves(watch: Watch, since: float) -> list[tuple[float, str]]:
    """What the courier recorded: each new canary, share and production."""
    told = []
    for move in watch.moves():
        at, share = datetime.fromisoformat(move["at"]).timestamp(), move["percent"]
        if at >= since and move["version"] is not None:
            told.append((at, move["variant"] + (f" {share:g} %" if share is not None else "")))
    return told


if __name__ == "__main__":
    try:
        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)
