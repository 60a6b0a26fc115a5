"""Versions of a registry in memory, the policy that a courier writes of them, and a clock that a test sets."""

import json
from pathlib import Path
from typing import Any

import jsonschema

from courier.following.following import Following
from courier.testing import make_bundle

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/formats/policy.schema.json").read_text())

ONE, TWO, THREE = (make_bundle(number=number) for number in (1, 2, 3))


def policy(directory: Path) -> dict[str, Any]:
    """The policy in `directory`, which keeps its schema and names bundles that are there."""
    content: dict[str, Any] = json.loads((directory / "policy.json").read_text())
    jsonschema.validate(content, SCHEMA)
    for entry in (content["production"], content["canary"], content["shadow"]):
        assert entry is None or (directory / "bundles" / entry["bundle"] / "manifest.json").is_file()
    return content


def problems(following: Following) -> dict[str, Any]:
    """The courier's report on what it follows, as /health has it."""
    return dict(following.report)
