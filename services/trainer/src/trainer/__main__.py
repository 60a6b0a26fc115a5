"""`python -m trainer VERB` (--help lists them), in the folder that holds params.yaml."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from trainer.contract import Contract, read_contract
from trainer.errors import TrainerError
from trainer.layout import Layout
from trainer.params import read_params
from trainer.progress import watching
from trainer.settings import Settings

# Each verb imports what it needs when it runs: pandera, scikit-learn and MLflow take seconds, DVC starts three of them.


def prepare(layout: Layout, contract: Contract, console: Console) -> None:
    from trainer import report
    from trainer.prepare import prepare as stage

    with watching(console) as progress:
        progress.step(f"reading {contract.source}")
        metadata = stage(layout, contract)
    report.prepared(console, metadata)


def train(layout: Layout, contract: Contract, console: Console) -> None:
    from trainer import report
    from trainer.train import train as stage

    params = read_params(layout.params)
    with watching(console) as progress:
        found = stage(layout, contract, params, progress)
    report.trained(console, found)


def bundle(layout: Layout, contract: Contract, console: Console) -> None:
    from trainer.bundle import bundle as stage

    params = read_params(layout.params)
    with watching(console) as progress:
        progress.step(f"comparing ONNX and scikit-learn on {params.parity.random_rows} random rows and the data set")
        made = stage(layout, contract, params)
    size = sum(file["size"] for file in made.manifest["files"].values())
    console.print(f"bundle {made.hash[:8]}: {made.manifest['estimator']}, {size / 1024:.0f} KiB")
    console.print(f"  {made.path.relative_to(layout.root)}", soft_wrap=True)


def publish(layout: Layout, contract: Contract, console: Console, *, take_back: bool = True) -> None:
    from trainer import report
    from trainer.publication import read_publication
    from trainer.publish import publish as to_registry
    from trainer.registry import MlflowRegistry

    params = read_params(layout.params)
    with watching(console) as progress:
        progress.step("checking the bundle")
        publication = read_publication(layout, contract, params)
        outcome = to_registry(publication, MlflowRegistry(Settings()), progress, take_back=take_back)
    report.trained(console, publication.report)
    name = f"{publication.model} version {outcome.version} (bundle {outcome.bundle[:8]}, {publication.winner})"
    console.print(f"{name}: {outcome.meaning}", soft_wrap=True)
    console.print(f"  models:/{publication.model}@{outcome.alias}", soft_wrap=True)


def repro(layout: Layout, contract: Contract, console: Console) -> None:
    from trainer.repro import repro as stages

    stages(layout, contract)


def run(layout: Layout, contract: Contract, console: Console) -> None:
    repro(layout, contract, console)
    publish(layout, contract, console)


def ensure(layout: Layout, contract: Contract, console: Console) -> None:
    repro(layout, contract, console)
    publish(layout, contract, console, take_back=False)


VERBS: dict[str, tuple[Callable[[Layout, Contract, Console], None], str]] = {
    "prepare": (prepare, "contract → data/raw, data/processed, data/schema.json, data/metadata.json"),
    "train": (train, "data/processed → artifacts/train: candidates compared, the winner kept"),
    "bundle": (bundle, "artifacts/train → artifacts/bundles/<hash>, artifacts/model/model.joblib"),
    "publish": (publish, "artifacts → MLflow: experiment, version, alias"),
    "repro": (repro, "prepare, train and bundle what changed, by DVC; data without a pin is read anew"),
    "run": (run, "repro, then publish"),
    "ensure": (ensure, "as run, for every start: an alias that somebody moved away stays where it is"),
}


def main(arguments: list[str], console: Console, errors: Console) -> int:
    """Exit status: 0, 1 for what went wrong with a message, 2 for a wrong command line, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    for name, (_, about) in VERBS.items():
        verbs.add_parser(name, help=about, description=about)
    verb, _ = VERBS[parser.parse_args(arguments).verb]
    layout = Layout(Path.cwd())
    try:
        verb(layout, read_contract(layout.contract), console)
    except TrainerError as error:
        errors.print(f"trainer: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    # A log has no width of its own; 80 columns would break the table.
    width = None if sys.stdout.isatty() else 110
    sys.exit(main(sys.argv[1:], Console(width=width), Console(stderr=True)))
