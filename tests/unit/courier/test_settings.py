"""Settings: the names and defaults of docs/architecture.md, and a password that shows nowhere."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from courier.__main__ import main
from courier.errors import ConfigurationError
from courier.settings import Settings

ARCHITECTURE = Path(__file__).parents[3] / "docs/architecture.md"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_setting_is_in_the_architecture_page_and_has_the_default_it_says() -> None:
    page = ARCHITECTURE.read_text()
    (row,) = re.findall(r"^\| courier \|.*$", page, re.MULTILINE)
    assert {name.lower() for name in re.findall(r"`([A-Z_]+)`", row)} == set(Settings.model_fields)
    for name, default in re.findall(r"`([A-Z_]+)` \((\S+?)(?:: [^)]*)?\)", row):
        if default != "none":
            assert Settings.model_validate({name.lower(): default}) == Settings(), name


def test_without_a_database_the_store_is_embedded_and_an_empty_variable_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings().embedded
    monkeypatch.setenv("DATABASE_URL", "")
    assert Settings().embedded


def test_the_password_shows_neither_in_the_settings_nor_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://courier:s3cret@db/audit")
    assert "s3cret" not in repr(Settings())
    assert Settings().read_database_url().endswith("s3cret@db/audit")
    monkeypatch.setenv("DATABASE_URL_FILE", "/run/secrets/url")
    monkeypatch.setenv("COURIER_PORT", "many")
    with pytest.raises(ValidationError) as error:
        Settings()
    assert "s3cret" not in str(error.value)


def test_two_databases_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db")
    monkeypatch.setenv("DATABASE_URL_FILE", "/run/secrets/url")
    with pytest.raises(ValidationError, match="keep one"):
        Settings()


def test_the_file_is_read_anew_each_time_and_must_hold_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "url"
    monkeypatch.setenv("DATABASE_URL_FILE", str(secret))
    settings = Settings()
    with pytest.raises(ConfigurationError, match="can't be read"):
        settings.read_database_url()
    secret.write_text("\n")
    with pytest.raises(ConfigurationError, match="empty"):
        settings.read_database_url()
    for url in ("postgresql://one", "postgresql://two"):
        secret.write_text(f"{url}\n")
        assert settings.read_database_url() == url


@pytest.mark.parametrize(("url", "space"), [(None, None), ("postgresql://a:b@c/d", 2.5e9)])
def test_the_space_of_a_database_is_that_of_postgresql_and_not_of_a_file(url: str | None, space: float | None) -> None:
    settings = Settings(database_url=None if url is None else SecretStr(url), database_space_gb=2.5)
    assert settings.database_space_bytes == space


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"COURIER_PORT": "abc"}, "courier: COURIER_PORT: Input should be a valid integer"),
        (
            {"DATABASE_URL": "postgresql://a", "DATABASE_URL_FILE": "b"},
            "courier: DATABASE_URL and DATABASE_URL_FILE are both set; keep one of them\n",
        ),
    ],
)
def test_a_wrong_setting_ends_the_start_with_a_line_that_names_it(
    environment: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main([]) == 1
    assert capsys.readouterr().err.startswith(message)
