"""`python -m scripts.loop_demo`: the closed loop on the container stack, step by step; see `make loop-demo`."""

import os
import sys
import time
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

import httpx2
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from scripts.loop_demo import readings as promql
from scripts.loop_demo.caller import SOURCE, Caller, of_world
from scripts.loop_demo.calm_start import begin
from scripts.loop_demo.errors import DemoError
from scripts.loop_demo.pace import MOST, slowness
from scripts.loop_demo.picture import Recording, draw
from scripts.loop_demo.platform import ROOT, Platform
from scripts.loop_demo.readings import PlatformReadings
from scripts.loop_demo.steps import Loop
from scripts.loop_demo.story import Event, Step, StepImpossibleError, StepMissingError, Story
from scripts.loop_demo.world import World
from scripts.run.home import model_of
from scripts.traffic import rows
from scripts.traffic.errors import TrafficError
from scripts.traffic.load import Outcome
from scripts.traffic.served import Served, ask
from trainer.terminal import accept_any_text

DATA = ROOT / "data" / "processed"
PICTURE = ROOT / "var" / "loop-demo.png"
MOST_SECONDS = 900.0
"""The time of all steps on an idle machine."""
RATE = 10.0
INTERRUPTED = 130


class TerminalStory:
    """The story on a terminal; where there is none, a line now and then."""

    EVERY = 15.0

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = Status("", console=console)
        self._last_shown = 0.0

    def waiting(self, step: Step, seconds: float, seen: str) -> None:
        text = f"{step.name} … {seconds:.0f} of {step.budget:.0f} s; {seen}"
        if self._console.is_terminal:
            self._status.update(text)
            self._status.start()
        elif seconds - self._last_shown >= self.EVERY or seconds < self._last_shown:
            self._console.print(f"       … {text}", highlight=False, soft_wrap=True)
            self._last_shown = seconds

    def happened(self, step: Step, since_start: float, took: float, seen: str) -> None:
        self.quiet()
        self._last_shown = 0.0
        minutes, seconds = divmod(round(since_start), 60)
        self._console.print(
            f"[bold]{minutes:2d}:{seconds:02d}[/]  [green]✓[/] {step.name}  [dim]{seen} ({took:.0f} s)[/]",
            highlight=False, soft_wrap=True,
        )  # fmt: skip

    def quiet(self) -> None:
        self._status.stop()


def main() -> int:
    console, platform = Console(), Platform(os.environ)
    started, failed = False, ""
    try:
        platform.running()
        started = True
        platform.start()
        _show(platform, console)
    except (DemoError, TrafficError, httpx2.HTTPError) as error:
        failed = str(error)
        # The retrainer's log ends with its container, which is about to be replaced.
        kept = _keep_logs(platform, getattr(error, "step", None)) if started else []
        for line in (f"[red]✗[/] {escape(failed)}", *(f"  Read: {file.relative_to(ROOT)}" for file in kept)):
            console.print(line, highlight=False, soft_wrap=True)
    finally:
        if started:
            with suppress(DemoError), console.status("the retrainer takes up its usual pace"):
                platform.resume()
    if not failed:
        console.print(
            "The stack goes on running, the retrainer at its usual pace. make down stops it.", highlight=False
        )
    return 1 if failed else 0


def _keep_logs(platform: Platform, step: Step | None) -> list[Path]:
    try:
        return platform.keep_logs(step.services if step else ("retrainer",))
    except (DemoError, OSError):
        return []


def _show(platform: Platform, console: Console) -> None:
    key = os.environ.get("API_KEY")
    headers = {"x-api-key": key} if key else {}
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(httpx2.Client(base_url=platform.address(name, port), timeout=10, headers=sent))
            for name, port, sent in (("api", 8000, headers), ("prometheus", 9090, {}), ("mlflow", 5000, {}))
        }
        model = model_of(ROOT)
        readings = PlatformReadings(platform, clients["prometheus"], clients["mlflow"], model)
        say = partial(console.print, highlight=False, soft_wrap=True)
        begin(platform, readings, model, SOURCE, lambda: ask(clients["api"]).version, say, slowness=slowness)
        with console.status("the retrainer starts at the demo's pace (scripts/loop_demo/pace.yaml)"):
            platform.pace()
        served = ask(clients["api"])
        # Rows that no earlier demo has sent: what is known already teaches nothing.
        random = Random(8 + readings.truths(SOURCE))  # noqa: S311 - rows, no secrets
        caller = stack.enter_context(_caller(clients["api"], headers, served, random))
        world = World.beyond(served)
        loop = Loop(
            readings, served.version, SOURCE, lambda: caller.move(of_world(world.draw, random)), readings.retrainings()
        )
        _tell(loop, readings, console)
        console.print(_account(caller.outcome), highlight=False)


def _caller(client: httpx2.Client, headers: dict[str, str], served: Served, random: Random) -> Caller:
    calm = rows.from_data(served, DATA, random) or rows.from_bins(served, random)
    return Caller(str(client.base_url), headers, served, calm, RATE, MOST_SECONDS * 2 * MOST)


def _tell(loop: Loop, readings: PlatformReadings, console: Console) -> None:
    """Raises what ends the story early, after it was drawn: what happened is worth seeing then, too."""
    shown, started = TerminalStory(console), time.time()
    story = Story(shown, MOST_SECONDS, slowness=slowness)
    try:
        story.run(loop.steps())
    except (StepMissingError, StepImpossibleError) as error:
        shown.quiet()
        with suppress(DemoError, httpx2.HTTPError):
            _draw(readings, story.events, started, console, missing=error.step.name if error.step else str(error))
        raise
    finally:
        shown.quiet()
    _draw(readings, story.events, started, console)


def _account(outcome: Outcome) -> str:
    failures = outcome.failures
    failed = f"{sum(failures.values())} failed: {dict(failures)}" if failures else "none failed"
    return f"{outcome.asked} requests, {outcome.rows} rows, {outcome.feedback} truths, {failed}"


def _draw(
    readings: PlatformReadings, events: list[Event], started: float, console: Console, *, missing: str = ""
) -> None:
    end = time.time()
    recording = Recording(
        accuracy=readings.lines(promql.ACCURACY, started, end).get("", []),
        psi_features=readings.lines(promql.PSI_FEATURES, started, end),
        psi_classes=readings.lines(promql.PSI_CLASSES, started, end),
        answers=readings.lines(promql.SHARES, started, end),
        firing=readings.lines(promql.FIRING, started, end).get("", []),
        moves=_moves(readings, started),
        marks=[(event.at, event.step.short) for event in events],
        start=started,
        end=end,
        thresholds=readings.lines(promql.THRESHOLD_FEATURES, started, end),
        missing=missing,
    )
    draw(recording, PICTURE)
    console.print(f"the picture: {PICTURE.relative_to(ROOT)}", highlight=False)


def _moves(readings: PlatformReadings, since: float) -> list[tuple[float, str]]:
    """The moves that the courier recorded: each new canary, share and production."""
    moves = []
    for move in readings.moves():
        at, share = datetime.fromisoformat(move["at"]).timestamp(), move["percent"]
        if at >= since and move["version"] is not None:
            moves.append((at, move["variant"] + (f" {share:g} %" if share is not None else "")))
    return moves


if __name__ == "__main__":
    accept_any_text()
    try:
        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)
