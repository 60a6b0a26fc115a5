"""`python -m scripts.lifecycle VERB`: the verbs behind `make demo`, `local`, `train`, `mlflow` and `api`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from rich.console import Console

from scripts.lifecycle.demo import demo
from scripts.lifecycle.errors import LifecycleError
from scripts.lifecycle.home import Home
from scripts.lifecycle.interrupts import Interrupts
from scripts.lifecycle.platform import answers, keep_up, train
from scripts.lifecycle.ports import choose
from scripts.lifecycle.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = 130  # what a shell reports after Ctrl-C


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.lifecycle", description=__doc__)
    verbs = {
        "demo": "the whole lifecycle once, with a report; ends by itself",
        "local": "the whole lifecycle, then everything stays up until Ctrl-C",
        "train": "data, training and publishing; with an MLflow server of its own where none answers",
        "mlflow": "the MLflow server until Ctrl-C",
        "api": "the api and its courier until Ctrl-C",
    }
    parser.add_argument("verb", choices=verbs, help="; ".join(f"{verb}: {text}" for verb, text in verbs.items()))
    parser.add_argument("--api-port", type=port, default=8000, help="first choice for the api (default 8000)")
    parser.add_argument("--mlflow-port", type=port, default=5000, help="first choice for MLflow (default 5000)")
    parser.add_argument("--courier-port", type=port, default=9102, help="first choice for the courier (default 9102)")
    parser.add_argument("--mlflow-uri", help="use this MLflow server instead of starting one")
    return parser.parse_args(argv)


def port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def home_of(options: argparse.Namespace) -> Home:
    """Ports as asked for where they are free; an MLflow that already answers is used by `train` and `api`."""
    external = options.mlflow_uri
    if external is None and options.verb in ("train", "api"):
        there = os.environ.get("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{options.mlflow_port}")
        if options.verb == "api" or answers(f"{there}/version"):
            external = there
    return Home(
        ROOT,
        choose(options.mlflow_port),
        choose(options.api_port),
        choose(options.courier_port),
        external_mlflow=external,
    )


def main(argv: list[str]) -> int:
    options = arguments(argv)
    console, interrupts = Console(), Interrupts()
    interrupts.install()
    screen = Screen(console)
    try:
        home = home_of(options)
        match options.verb:
            case "demo":
                demo(home, screen, interrupts)
            case "train":
                train(home, screen, interrupts)
            case "local":
                keep_up(home, screen, interrupts, ["mlflow", "courier", "api"], and_train=True)
            case "api":
                keep_up(home, screen, interrupts, ["courier", "api"])
            case "mlflow":
                keep_up(home, screen, interrupts, ["mlflow"])
    except LifecycleError as error:
        console.print(
            f"[red]✗[/] {type(error).__name__.removesuffix('Error')}: {error}", highlight=False, soft_wrap=True
        )
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        # Stopping is how these verbs end; for the others it is an interruption.
        return 0 if options.verb in ("local", "api", "mlflow") else INTERRUPTED
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)
