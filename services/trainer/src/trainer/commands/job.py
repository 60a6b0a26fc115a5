"""The definition of a verb, and the objects that it gets."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from rich.console import Console

from trainer.contract.contract import Contract, read_contract
from trainer.params import Params, read_params
from trainer.settings import Settings, read_settings
from trainer.terminal import folded
from trainer.workspace.layout import Layout

Parser = argparse.ArgumentParser


@dataclass(frozen=True)
class Job:
    """One call of the command line; files are read when they are asked for."""

    layout: Layout
    options: argparse.Namespace
    console: Console

    @cached_property
    def contract(self) -> Contract:
        return read_contract(self.layout.contract)

    @cached_property
    def params(self) -> Params:
        return read_params(self.layout.params)

    @cached_property
    def settings(self) -> Settings:
        return read_settings()

    def say(self, text: str) -> None:
        """One line in which nothing is markup. A terminal gets it wrapped between words, a file or pipe as it is."""
        shown = folded(text, self.console.width) if self.console.is_terminal else text
        self.console.print(shown, soft_wrap=True, markup=False, highlight=False)


@dataclass(frozen=True)
class Verb:
    """A verb of `trainer`: what it runs and the options it has."""

    run: Callable[[Job], int]
    """Returns the exit status."""
    about: str
    options: Callable[[Parser], None] = lambda parser: None
    locked: bool = False
    """One at a time in a folder: it writes data/ and artifacts/, or publishes what is there."""
