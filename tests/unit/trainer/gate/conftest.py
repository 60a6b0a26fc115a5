"""A bundle made by the stages, ready to be published."""

import shutil
from pathlib import Path

import pytest

from trainer.bundle.bundle import bundle
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.params import Params
from trainer.registry.publication import Publication
from trainer.registry.training_files import read_publication
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

SILENT = Silent()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, iris: Contract, fast: Params) -> Layout:
    """A training, once for all tests."""
    layout = Layout(tmp_path_factory.mktemp("made"))
    prepare(layout, iris)
    train(layout, iris, fast, SILENT)
    bundle(layout, iris, fast)
    return layout


@pytest.fixture
def layout(made: Layout, tmp_path: Path) -> Layout:
    """A copy of it for one test."""
    shutil.copytree(made.root, tmp_path, dirs_exist_ok=True)
    return Layout(tmp_path)


@pytest.fixture
def publication(layout: Layout, iris: Contract, fast: Params) -> Publication:
    return read_publication(layout, iris, fast)
