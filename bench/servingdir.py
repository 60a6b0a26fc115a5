"""The courier's work for the api, without a registry: a bundle and the policy that names it."""

import json
import shutil
from pathlib import Path

MODEL = "iris_clf"


def publish(serving: Path, bundle: Path, generation: int = 1) -> None:
    """Make `bundle` (a folder named by its hash) the production model of `serving`, as version `generation`."""
    place = serving / "bundles" / bundle.name
    if not place.is_dir():
        shutil.copytree(bundle, place)
    policy = {
        "format": 1,
        "generation": generation,
        "model": MODEL,
        "production": {"version": str(generation), "bundle": bundle.name},
        "canary": None,
        "shadow": None,
    }
    written = serving / ".policy.json"
    written.write_text(json.dumps(policy), encoding="utf-8")
    written.rename(serving / "policy.json")
