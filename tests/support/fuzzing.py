"""schemathesis over a running api's own description, with every check there is but for what fuzzing.toml says."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tests.support.apis import Api
from tests.support.bundles import tiny_parts

SEED = 20261123


def fuzz(api: Api, *options: str) -> str:
    """What schemathesis counted; fails with its own report."""
    program = Path(sys.executable).with_name("schemathesis")
    config = Path(__file__).with_suffix(".toml")
    command = [str(program), "--config-file", str(config), "run", f"{api.url}/openapi.json", "--no-color"]
    command += ["--seed", str(SEED), "--generation-database", "none", "--continue-on-failure", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=api.serving.parent)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    counted = re.search(r"\d+ generated, .*", done.stdout)
    assert counted, done.stdout[-2000:]
    return counted[0]


def make_bundle(serving: Path) -> str:
    """A model with an answer to every number, as trained ones have: the values are cut off before float32 overflows."""
    parts = tiny_parts()
    model = onnx.load_from_string(parts.files["model.onnx"])
    for name, limit in (("low", -1e9), ("high", 1e9)):
        model.graph.initializer.append(numpy_helper.from_array(np.array(limit, dtype=np.float32), name))
    model.graph.node[0].input[0] = "within"
    model.graph.node.insert(0, helper.make_node("Clip", ["features", "low", "high"], ["within"]))
    return parts.with_file("model.onnx", model.SerializeToString()).write(serving / "bundles")
