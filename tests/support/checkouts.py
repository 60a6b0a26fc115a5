"""Copies of this checkout, as a person would have cloned it."""

import os
import sys
from pathlib import Path

import pytest


def lend_environment(checkout: Path) -> None:
    """A checkout that make finds set up: this one's environment, newer than what it is made from."""
    if not (Path(sys.prefix) / ".ready").is_file():
        pytest.skip("the environment of these tests was not made by `make setup`")
    (checkout / ".venv").symlink_to(sys.prefix)
    for made_from in (checkout / "requirements.lock.txt", *checkout.glob("services/*/pyproject.toml")):
        os.utime(made_from, (0, 0))
