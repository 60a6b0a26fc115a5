"""docker-compose.yml and what is written about it, as data: nothing is started."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stack.platform import ONE_SHOTS, ROOT, definition

TEXT = (ROOT / "docker-compose.yml").read_text()
MADE = "\0"
PROJECT_TAG = "${IMAGE_TAG:-${COMPOSE_PROJECT_NAME}}"
SERVICES: dict[str, Any] = definition()["services"]


def variables(text: str) -> dict[str, str]:
    """Every ${NAME:-default} of a Compose file. One name has one default; the tag's is the project's name.

    A default that is made of other variables counts as empty: a line without a value stands for it.
    """
    found: dict[str, str] = {}
    rest, innermost = text.replace(PROJECT_TAG, "${IMAGE_TAG:-}"), re.compile(r"\$\{(\w+):-([^${}]*)\}")
    while expressions := innermost.findall(rest):
        for name, text_of_default in expressions:
            default = "" if MADE in text_of_default else text_of_default
            assert found.setdefault(name, default) == default, f"{name} has two defaults"
        rest = innermost.sub(MADE, rest)
    return found


def test_every_variable_is_described_with_its_default_and_nothing_else_is() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    described = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert described == variables(TEXT)
    assert lines[0].startswith("#")


def test_no_variable_is_without_a_default() -> None:
    text = TEXT.replace(PROJECT_TAG, "${IMAGE_TAG:-}")
    assert re.findall(r"\$\{?\w+", text) == re.findall(r"\$\{\w+", text)
    assert len(re.findall(r"\$\{", text)) == len(re.findall(r"\$\{\w+:-", text))


def test_every_image_is_pinned() -> None:
    for name, service in SERVICES.items():
        tag = service["image"].partition(":")[2]
        assert tag not in ("", "latest"), name


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ONE_SHOTS])
def test_every_dependency_has_a_condition_and_every_service_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    for condition in SERVICES[name].get("depends_on", {}).values():
        assert condition["condition"] in ("service_healthy", "service_completed_successfully")


def test_serving_waits_for_no_database_registry_or_training() -> None:
    assert "depends_on" not in SERVICES["api"]
    assert set(SERVICES["courier"]["depends_on"]) == {"secrets"}


def test_every_one_shot_is_adopted_so_that_waiting_for_all_can_succeed() -> None:
    for one_shot in ONE_SHOTS:
        adopters = [
            name
            for name, service in SERVICES.items()
            if name not in ONE_SHOTS
            and service.get("depends_on", {}).get(one_shot, {}).get("condition") == "service_completed_successfully"
        ]
        assert adopters, one_shot


def test_a_failed_training_and_a_dead_registry_let_everything_else_start() -> None:
    for name, service in SERVICES.items():
        if "trainer" in service.get("depends_on", {}):
            assert service["depends_on"]["trainer"]["required"] is False, name
    assert SERVICES["trainer"]["depends_on"]["mlflow"]["required"] is False


def test_a_volume_of_secrets_is_mounted_by_its_readers_alone_and_filled_by_who_makes_them() -> None:
    mounted: dict[str, dict[str, str]] = {}
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, _, target = volume.partition(":")
            if source.startswith("secrets-"):
                mounted.setdefault(source.removeprefix("secrets-"), {})[name] = target
    assert mounted == {
        reader: {
            "secrets": f"/srv/secrets/{reader}",
            **dict.fromkeys((reader, *also), f"/run/secrets/{reader}:ro"),
        }
        for reader, also in {
            "postgres": (),
            "mlflow": (),
            "trainer": ("retrainer",),
            "courier": (),
            "grafana": (),
        }.items()
    }
    for name in {name for readers in mounted.values() for name in readers} - {"secrets"}:
        assert SERVICES[name]["group_add"] == ["10010"], name
        assert SERVICES[name]["depends_on"]["secrets"]["condition"] == "service_completed_successfully", name
    made = re.search(r"for reader in ([\w ]+); do", (ROOT / "services/mlflow/Dockerfile").read_text())
    assert made is not None
    assert set(made[1].split()) == mounted.keys()


def test_no_password_and_no_host_of_a_package_index_is_written_anywhere() -> None:
    files = [ROOT / "docker-compose.yml", ROOT / ".env.example", *sorted(ROOT.glob("services/*/Dockerfile"))]
    for file in files:
        ours = r"https?://(127\.0\.0\.1|localhost|mlflow|courier|prometheus|[\w.-]+\.example\.org)\S*"
        text = re.sub(ours, "", file.read_text())
        assert not re.search(r"https?://|PASSWORD=|password:|index-url", text), file


def test_the_development_file_only_adds_to_the_one_stack() -> None:
    override: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.dev.yml").read_text())
    assert override["services"].keys() <= SERVICES.keys()
    assert {key for service in override["services"].values() for key in service} <= {
        "volumes",
        "environment",
        "develop",
    }
    for service in override["services"].values():
        assert all(Path(ROOT / volume.split(":")[0]).exists() for volume in service["volumes"])


def test_the_file_for_s3_only_gives_mlflow_a_bucket_and_says_what_it_reads() -> None:
    text = (ROOT / "docker-compose.s3.yml").read_text()
    services = yaml.safe_load(text)["services"]
    assert services.keys() == {"mlflow"}
    assert services["mlflow"]["networks"] == ["outside"]
    usage = text.partition("services:")[0]
    for name in re.findall(r"\$\{(\w+)", text):
        assert re.search(rf"^#   {name}=", usage, re.MULTILINE), name


@pytest.mark.parametrize("file", sorted(ROOT.glob("services/*/Dockerfile")), ids=lambda file: file.parent.name)
def test_an_image_is_built_as_all_are(file: Path) -> None:
    text = file.read_text()
    assert not text.startswith("# syntax")
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["python:3.11-slim-bookworm"] * 2
    assert "--require-hashes" in text
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    commands = re.findall(r"^(?:CMD|ENTRYPOINT) (.+)$", text, re.MULTILINE)
    assert commands
    assert all(command.startswith("[") for command in commands)
    assert text.index("lock.txt") < text.index(f"COPY services/{file.parent.name}"), "code before its libraries"
    for label in ("title", "description", "version", "revision", "base.name"):
        assert f"org.opencontainers.image.{label}=" in text
