"""MLflow's artifacts on S3 by setting: a real server that speaks it, and the trainer's first publish."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.stack.conftest import StackFactory
from tests.stack.platform import ROOT, Stack, run
from tests.support.servers import wait_until

PACKAGES = Path(boto3.__file__).parents[1]
CLIENT = "import boto3; s3 = boto3.client('s3', endpoint_url='http://127.0.0.1:5000', region_name='us-east-1'); "


class Bucket:
    """The bucket `models` in a container of its own, served by moto from the tests' own packages."""

    def __init__(self, stack: Stack) -> None:
        self._name = f"{stack.project}-bucket"
        run(
            "docker", "run", "--detach", "--name", self._name,
            "--network", f"{stack.project}_outside", "--network-alias", "bucket",
            "--volume", f"{PACKAGES}:/packages:ro",
            *(f"--env={one}" for one in ("PYTHONPATH=/packages", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b")),
            "python:3.11-slim-bookworm", "python", "-m", "moto.server", "--host", "0.0.0.0", "--port", "5000",
        )  # fmt: skip
        wait_until(lambda: self._ask("s3.create_bucket(Bucket='models')") == 0, "the bucket is made", 60)

    def _ask(self, program: str) -> int:
        return run("docker", "exec", self._name, "python", "-c", CLIENT + program, check=False).returncode

    def names(self) -> list[str]:
        program = "print(*(one['Key'] for one in s3.list_objects_v2(Bucket='models').get('Contents', [])), sep='\\n')"
        return run("docker", "exec", self._name, "python", "-c", CLIENT + program).stdout.split()

    def remove(self) -> None:
        run("docker", "rm", "--force", self._name)


@pytest.fixture
def stack(new_stack: StackFactory, tmp_path: Path) -> Iterator[Stack]:
    """A stack that keeps its artifacts in the bucket; made, and not started."""
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    made = new_stack(
        "s3",
        ROOT / "docker-compose.s3.yml",
        ARTIFACTS_DESTINATION="s3://models/mlflow",
        S3_CREDENTIALS_FILE=str(credentials),
        S3_ENDPOINT_URL="http://bucket:5000",
    )
    made.compose("create", "--no-build", "--pull", "never", "mlflow", "courier", "trainer")
    yield made
    made.down()


@pytest.fixture
def bucket(stack: Stack) -> Iterator[Bucket]:
    made = Bucket(stack)
    yield made
    made.remove()


def test_a_model_is_published_to_the_bucket_and_carried_from_it(stack: Stack, bucket: Bucket) -> None:
    stack.compose("up", "--wait", "--no-build", "--pull", "never", "mlflow", "courier")
    stack.compose("up", "--no-build", "--pull", "never", "trainer", seconds=300)
    published = bucket.names()
    assert any(name.startswith("mlflow/") and name.endswith("/bundle/model.onnx") for name in published), published
    assert stack.inside("mlflow", "ls", "/srv/artifacts") == ""
    bundles = "import os; print(*os.listdir('/srv/serving/bundles'))"
    wait_until(
        lambda: len(stack.inside("courier", "python", "-c", bundles, check=False).split()) == 1,
        "the courier has it",
        60,
    )
