"""`python -m scripts.run VERB`: the verbs behind `make demo`, `local`, `stop`, `train`, `mlflow` and `api`."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from scripts.run import record
from scripts.run.demo import demo
from scripts.run.empty_registry import set_aside
from scripts.run.errors import AlreadyRunningError, LifecycleError
from scripts.run.home import Home
from scripts.run.interrupts import Interrupts
from scripts.run.platform import answers, keep_up, train
from scripts.run.ports import HOST, choose
from scripts.run.screen import Screen
from scripts.run.stop import stop
from trainer.disk import refusal, shortage
from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = 130  # what a shell reports after Ctrl-C
ALREADY_RUNNING = 3
PARTS = {
    "demo": ["mlflow", "courier", "api"],
    "local": ["mlflow", "courier", "api"],
    "mlflow": ["mlflow"],
    "api": ["courier", "api"],
    "train": [],
}
"""The parts that a verb starts for itself; `train` uses an MLflow that runs."""


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.run", description=__doc__)
    verbs = {
        "demo": "the whole lifecycle once, with a report; ends by itself",
        "local": "the whole lifecycle, then everything stays up until Ctrl-C",
        "train": "data, training and publishing; with an MLflow server of its own where none answers",
        "mlflow": "the MLflow server until Ctrl-C",
        "api": "the api and its courier until Ctrl-C",
        "stop": "end what this checkout has started on this machine",
    }
    parser.add_argument("verb", choices=verbs, help="; ".join(f"{verb}: {text}" for verb, text in verbs.items()))
    parser.add_argument("--api-port", type=port, default=8000, help="first choice for the api (default 8000)")
    parser.add_argument("--mlflow-port", type=port, default=5000, help="first choice for MLflow (default 5000)")
    parser.add_argument("--courier-port", type=port, default=9102, help="first choice for the courier (default 9102)")
    parser.add_argument("--fresh", action="store_true", help="mlflow: start empty; the old registry is moved aside")
    parser.add_argument("--mlflow-uri", help="use this MLflow server instead of starting one")
    return parser.parse_args(argv)


def port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def home_of(options: argparse.Namespace, claims: ExitStack) -> Home:
    """Ports as asked for where they are free; `train` and `api` use the MLflow of this checkout that runs."""
    external = options.mlflow_uri
    if external is None and options.verb in ("train", "api"):
        external = _registry(options, record.read(ROOT))
    return Home(
        ROOT,
        choose(options.mlflow_port, claims),
        choose(options.api_port, claims),
        choose(options.courier_port, claims),
        external_mlflow=external,
    )


def _registry(options: argparse.Namespace, parts: Mapping[str, record.Part]) -> str | None:
    """The MLflow to use; None where one is to be started. Raises LifecycleError where a stranger's is in its place."""
    if named := os.environ.get("MLFLOW_TRACKING_URI"):
        return named
    if parts:
        return next(iter(parts.values())).registry
    if options.verb == "train":
        return None
    # The api serves what it has while its registry is away, so the courier may wait for `make mlflow`.
    expected = f"http://{HOST}:{options.mlflow_port}"
    if answers(f"{expected}/version"):
        raise LifecycleError(
            f"the MLflow at {expected} was not started from this checkout. "
            f"Start one with `make mlflow`, or use that one with: make api MLFLOW_URI={expected}"
        )
    return expected


def main(argv: list[str]) -> int:
    """0, 1 for what went wrong with a message, 3 where this checkout's platform runs already, 130 after Ctrl-C."""
    options = arguments(argv)
    console, interrupts = Console(), Interrupts()
    interrupts.install()
    screen = Screen(console)
    try:
        run(options, screen, interrupts)
    except AlreadyRunningError as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        return ALREADY_RUNNING
    except LifecycleError as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        if message := shortage(ROOT / "var"):
            console.print(f"[red]✗[/] {message}", highlight=False, soft_wrap=True)
        return 1
    except OSError as error:
        if (message := refusal(error, ROOT / "var")) is None:
            raise
        console.print(f"[red]✗[/] {message}", highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        # Stopping is how these verbs end; for the others it is an interruption.
        return 0 if options.verb in ("local", "api", "mlflow") else INTERRUPTED
    return 0


def run(options: argparse.Namespace, screen: Screen, interrupts: Interrupts) -> None:
    """Do what the verb says. Raises LifecycleError, and AlreadyRunningError where its parts run already."""
    if options.verb == "stop":
        stop(ROOT, screen)
        return
    refuse_a_second(options.verb)
    with ExitStack() as claims:
        home = home_of(options, claims)
        match options.verb:
            case "demo":
                demo(home, screen, interrupts)
            case "train":
                train(home, screen, interrupts)
            case verb:
                if options.fresh and verb == "mlflow" and (aside := set_aside(home)):
                    screen.say(f"the registry that was here is kept in {aside.relative_to(ROOT)}")
                keep_up(home, screen, interrupts, PARTS[verb], verb=verb)


def refuse_a_second(verb: str) -> None:
    """Raises AlreadyRunningError, with the addresses, where a part that the verb would start runs."""
    parts = record.read(ROOT)
    if set(parts).isdisjoint(PARTS[verb]):
        return
    first = next(iter(parts.values()))
    raise AlreadyRunningError(
        "\n".join(
            [
                f"This checkout's platform is running already: `make {first.verb}`, process {first.starter}, "
                f"since {first.since[:16].replace('T', ' ')} UTC.",
                *(f"  {line}" for line in record.addresses(parts)),
                "`make stop` ends it.",
            ]
        )
    )


if __name__ == "__main__":
    accept_any_text()
    code = main(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
