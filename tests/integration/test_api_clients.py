"""Clients that are generated from the api's description: no generator warns, and each client talks to a real api."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.missing import skip_without

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
TYPESCRIPT = Path(__file__).with_name("smoke.ts")
TOOLS = ROOT / "var" / "tools" / "clients"
MODULES = TOOLS / "node_modules"

# Run with the generated client on the path: one prediction, its feedback, health, and a refusal with its field.
SMOKE = """
import sys

from mlops_iris_client import Client
from mlops_iris_client.api.model import feedback, model, predict
from mlops_iris_client.api.operations import health
from mlops_iris_client.models import Prediction, Problem, Row, Truth

client = Client(base_url=sys.argv[1])
row = Row(sepal_length_cm=5.1, sepal_width_cm=3.5, petal_length_cm=1.4, petal_width_cm=0.2)
answer = predict.sync(client=client, body=row)
assert isinstance(answer, Prediction), answer
accepted = feedback.sync_detailed(
    client=client, body=Truth(prediction_id=answer.prediction_id, label=answer.label_name)
)
assert accepted.status_code == 202, accepted
found = health.sync(client=client)
assert found is not None
assert found.ok
card = model.sync(client=client)
assert card is not None
row.petal_width_cm = 1e300
refused = predict.sync(client=client, body=row)
assert isinstance(refused, Problem), refused
assert refused.errors[0].field == "petal_width_cm"
sys.stdout.write(f"{card.version} {answer.label_name.value}\\n")
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("clients")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"))
    with running_api(folder) as api:
        yield api


@pytest.fixture
def description(api: Api, tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    file.write_text(httpx2.get(f"{api.url}/openapi.json").raise_for_status().text)
    return file


def run(*words: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_python_client_is_generated_without_a_warning_and_works(
    api: Api, description: Path, tmp_path: Path
) -> None:
    python = TOOLS / "python" / "bin" / "python"
    if not python.exists():
        skip_without("openapi-python-client", ".ci/clients")
    config = ROOT / "docs" / "formats" / "openapi-python-client.yml"
    path = f"{python.parent}:{os.environ['PATH']}"
    printed = run(
        python, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--path", description,
        "--config", config, "--output-path", tmp_path / "client", cwd=tmp_path, PATH=path,
    )  # fmt: skip
    assert "warning" not in printed.lower()
    answered = run(python, "-c", SMOKE, api.url, cwd=tmp_path, PYTHONPATH=str(tmp_path / "client"))
    assert answered == "1 setosa\n"


def test_the_typescript_client_is_generated_without_a_warning_and_works(
    api: Api, description: Path, tmp_path: Path
) -> None:
    if not MODULES.exists() or shutil.which("node") is None:
        skip_without("openapi-typescript", ".ci/clients")
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    programs = MODULES / ".bin"
    printed = run(programs / "openapi-typescript", description, "--output", tmp_path / "schema.d.ts", cwd=tmp_path)
    assert "warn" not in printed.lower()
    shutil.copy(TYPESCRIPT, tmp_path)
    compiled = ("--strict", "--target", "es2022", "--module", "preserve", "--moduleResolution", "bundler")
    run(programs / "tsc", *compiled, "--lib", "es2022,dom", "smoke.ts", cwd=tmp_path)
    assert run("node", "smoke.js", api.url, cwd=tmp_path) == "1 setosa\n"
