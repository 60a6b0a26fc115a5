"""Before the story: a version whose world is calm. After an earlier demo that is its first model as a new version."""

import time
from collections.abc import Callable
from typing import Protocol

from scripts.loop_demo.errors import DemoError

CALM_SECONDS = 600.0
"""Alerts go on for a while after what they are about has ended."""
SERVED_SECONDS = 60.0


class Registry(Protocol):
    """The actions of `Platform` that are needed here."""

    def stop_retrainer(self) -> None: ...

    def copy_version(self, model: str, number: str) -> str: ...

    def trainer(self, *verb: str) -> None: ...


class Readings(Protocol):
    """The readings of `PlatformReadings` that are needed here."""

    def truths(self, source: str) -> int: ...

    def first_version(self, source: str) -> str | None: ...

    def alias(self, name: str) -> tuple[str, dict[str, str]] | None: ...

    def asking(self) -> tuple[str, ...]: ...


def begin(
    registry: Registry,
    readings: Readings,
    model: str,
    source: str,
    served: Callable[[], str],
    say: Callable[[str], None],
    *,
    slowness: Callable[[], float] = lambda: 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Put the stack where the loop begins; `served` is the version that answers. Without an earlier demo nothing moves.

    Drift and live accuracy are measured by version, so a new version of the same model has seen nothing. Raises
    DemoError where a canary that is not the demo's is on its way, and where alerts do not end.
    """
    canary = readings.alias("canary")
    if not readings.truths(source):
        if canary is not None:
            raise DemoError(
                f"version {canary[0]} is a canary on its way; wait for it, or take it away: make canary PERCENT=0"
            )
        if asking := readings.asking():
            raise DemoError(f"{', '.join(asking)}: the retrainer would act by itself, before the world moves")
        return
    first = readings.first_version(source)
    if first is None:
        raise DemoError("feedback of an earlier demo is in the store, and no prediction that it is about")
    registry.stop_retrainer()
    if canary is not None:
        registry.trainer("canary", "--percent", "0", "--why", "the loop demo begins again")
    new = registry.copy_version(model, first)
    registry.trainer(
        "promote", "--version", new, "--why", f"the loop demo begins again with the model of version {first}"
    )
    say(f"an earlier demo was here: its first model, version {first}, serves again as version {new}")

    def until(done: Callable[[], bool], seconds: float, problem: Callable[[], str]) -> None:
        end = clock() + seconds * slowness()
        while not done():
            if clock() >= end:
                raise DemoError(problem())
            sleep(1.0)

    until(lambda: served() == new, SERVED_SECONDS, lambda: f"version {new} is production, and {served()} answers")
    if readings.asking():
        say("alerts of the earlier demo are still there; waiting for their end")
    until(lambda: not readings.asking(), CALM_SECONDS, lambda: f"{', '.join(readings.asking())}: these do not end")
