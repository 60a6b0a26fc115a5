"""The override leaves nothing to build or to pull, and nothing else of the stack changes."""

import pytest

from scripts.images.budget import Measure, added
from scripts.images.errors import ImagesError
from scripts.images.override import override

STACK = {
    "services": {
        "secrets": {"image": "mlops-iris/mlflow:local", "build": {"context": "."}},
        "mlflow": {"image": "mlops-iris/mlflow:local", "build": {"context": "."}},
        "api": {"image": "mlops-iris/api:local", "build": {"context": "."}},
        "postgres": {"image": "postgres:17.11"},
    },
    "networks": {"outside": {}, "store": {"internal": True}},
}
IMAGES = {"mlops-iris/mlflow:local": "host/mlflow@sha256:1", "mlops-iris/api:local": "host/api@sha256:2"}


def test_what_would_be_built_is_named_instead_and_everything_else_is_left_alone() -> None:
    assert override(STACK, IMAGES) == (
        "services:\n"
        "  secrets:\n    image: host/mlflow@sha256:1\n    build: !reset 'null'\n    pull_policy: never\n"
        "  mlflow:\n    image: host/mlflow@sha256:1\n    build: !reset 'null'\n    pull_policy: never\n"
        "  api:\n    image: host/api@sha256:2\n    build: !reset 'null'\n    pull_policy: never\n"
    )


def test_offline_closes_every_network_that_is_not_closed_already() -> None:
    written = override(STACK, IMAGES, offline=True)
    assert "  outside:\n    driver_opts:\n      com.docker.network.bridge.enable_ip_masquerade: 'false'\n" in written
    assert "store" not in written


def test_an_image_nobody_built_is_an_error_and_not_a_build() -> None:
    with pytest.raises(ImagesError, match="mlops-iris/api:local for api"):
        override(STACK, {"mlops-iris/mlflow:local": "host/mlflow@sha256:1"})


def test_an_image_is_measured_by_what_lies_above_its_base() -> None:
    assert added([0, 5_000, 70_000, 3, 900], [3, 900]) == 75_000
    assert added([3, 900], [3, 900]) == 0


def test_a_budget_is_met_to_the_byte() -> None:
    assert Measure("api", 210, 210).fits
    assert not Measure("api", 211, 210).fits
