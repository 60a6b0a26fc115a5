"""`python -m trainer VERB` (--help lists them), in the folder that holds params.yaml."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from trainer.commands import (
    adopting,
    aliases,
    carding,
    drafting,
    looping,
    overview,
    replaying,
    retraining,
    scoring,
    stages,
)
from trainer.commands.job import Job, Verb
from trainer.disk import refusal
from trainer.errors import TrainerError
from trainer.terminal import accept_any_text
from trainer.workspace.layout import Layout
from trainer.workspace.lock import held

_PARTS = (drafting, stages, adopting, retraining, aliases, overview, scoring, replaying, carding, looping)
VERBS: dict[str, Verb] = {name: verb for part in _PARTS for name, verb in part.VERBS.items()}


def main(arguments: list[str], console: Console, errors: Console) -> int:
    """Exit status: 0, 1 for what went wrong with a message, 2 for a wrong command line, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    for name, verb in VERBS.items():
        verb.options(verbs.add_parser(name, help=verb.about, description=verb.about))
    options = parser.parse_args(arguments)
    layout, verb = Layout(Path.cwd()), VERBS[options.verb]
    try:
        with held(layout.lock, console) if verb.locked else nullcontext():
            return verb.run(Job(layout, options, console))
    except TrainerError as error:
        errors.print(f"trainer: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except OSError as error:
        if (message := refusal(error, layout.root)) is None:
            raise
        errors.print(f"trainer: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    accept_any_text()
    # A log has no width of its own; 80 columns would break the table.
    width = None if sys.stdout.isatty() else 110
    sys.exit(main(sys.argv[1:], Console(width=width), Console(stderr=True)))
