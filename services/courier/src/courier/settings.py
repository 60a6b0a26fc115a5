"""The courier's settings: environment variables of the same names, in capitals."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from courier.errors import ConfigurationError, RegistryUnavailableError


class Settings(BaseSettings):
    """The settings of the courier, from environment variables of the same names in capitals."""

    # Inputs stay out of validation errors: one of them is the database's password.
    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    mlflow_tracking_uri: str = "http://127.0.0.1:5000"
    """The MLflow server whose registry is followed."""

    mlflow_tracking_username: str | None = None
    """The user's name at an MLflow that asks for a password."""

    mlflow_tracking_password: SecretStr | None = None
    """Its password."""

    mlflow_tracking_password_file: Path | None = None
    """A file that holds the password; read again at every question, so that it can change without a restart."""

    model_name: str = Field(default="iris_clf", min_length=1)
    """The registered model whose aliases `production`, `canary` and `shadow` are followed."""

    serving_dir: Path = Path("var/serving")
    """Where `policy.json` and `bundles/` are written for the api."""

    journal_dir: Path = Path("var/journal")
    """Where the api appends its journal, and this process reads and deletes it."""

    database_url: SecretStr | None = None
    """`postgresql://user:password@host:port/database`. Without it (and without the file below) the store is SQLite."""

    database_url_file: Path | None = None
    """A file that holds the URL; read again at every connection, so that a password can change without a restart."""

    sqlite_path: Path = Path("logs/predictions.db")
    """The embedded store, used when no database is named."""

    retention_days: float | None = Field(default=None, gt=0)
    """Keep landed records for this many days, in PostgreSQL for whole months; without it everything is kept."""

    database_space_gb: float | None = Field(default=None, gt=0)
    """Gigabytes (10⁹ bytes) of the PostgreSQL server's disk that the audit's database may take; no client can ask how
    much is free there. With it the alerts on volumes watch this space as the volume `database`."""

    registry_poll_seconds: float = Field(default=2, gt=0)
    """Seconds between two looks at the registry, give or take a quarter."""

    registry_deadline_seconds: float = Field(default=150, ge=10)
    """Seconds that one look at the registry may take, with all the files it fetches. Raise it for large bundles on a
    slow line."""

    bundle_check_seconds: float = Field(default=300, gt=0)
    """Seconds after which the bundles of the policy are read and hashed again, although their files seem unchanged."""

    drain_poll_seconds: float = Field(default=0.5, gt=0)
    """Seconds between two looks at the journal once it is drained."""

    keep_bundles: int = Field(default=3, ge=0)
    """How many bundles to keep for a way back, besides those the policy names."""

    apis_wanted: int = Field(default=1, ge=0)
    """How many apis should serve the model, over all machines. It is exported as a metric, and the alert ApisMissing
    fires when fewer do; 0 switches that alert off."""

    courier_host: str = "127.0.0.1"
    """Address of `/metrics` and `/health`."""

    courier_port: int = Field(default=9102, ge=0, le=65535)
    """Port of `/metrics` and `/health`; 0 takes a free one and logs it."""

    allowed_hosts: str = ""
    """Host names that requests to the pages may be sent to, with commas: `iris.example.org,*.internal`, or `*`.

    localhost, courier, and the addresses of this machine and of private networks always count, with any port.
    """

    allowed_origins: str = ""
    """Origins whose web pages may ask, with commas: `https://iris.example.org`, or `*` for any."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe events to log."""

    log_level_file: Path | None = None
    """A file with one of these words, which then counts instead. Looked at every second."""

    log_dir: Path | None = None
    """When set, events also go to a rotating `courier.log` in this folder."""

    @model_validator(mode="after")
    def _one_database(self) -> Settings:
        if self.database_url is not None and self.database_url_file is not None:
            raise ValueError("DATABASE_URL and DATABASE_URL_FILE are both set; keep one of them")
        if self.mlflow_tracking_password is not None and self.mlflow_tracking_password_file is not None:
            raise ValueError(
                "MLFLOW_TRACKING_PASSWORD and MLFLOW_TRACKING_PASSWORD_FILE are both set; keep one of them"
            )
        return self

    def read_registry_credentials(self) -> dict[str, str]:
        """The variables that MLflow's client reads from its environment; empty where no user is named.

        Raises:
            RegistryUnavailableError: the password's file can't be read; it may be about to be replaced.
        """
        if self.mlflow_tracking_username is None:
            return {}
        password = self.mlflow_tracking_password.get_secret_value() if self.mlflow_tracking_password else ""
        if self.mlflow_tracking_password_file is not None:
            try:
                password = self.mlflow_tracking_password_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise RegistryUnavailableError(f"MLFLOW_TRACKING_PASSWORD_FILE can't be read: {error}") from None
        return {"MLFLOW_TRACKING_USERNAME": self.mlflow_tracking_username, "MLFLOW_TRACKING_PASSWORD": password}

    @property
    def database_space_bytes(self) -> float | None:
        """None with SQLite, whose disk is seen."""
        return None if self.database_space_gb is None or self.embedded else self.database_space_gb * 1e9

    @property
    def embedded(self) -> bool:
        """Whether the store is SQLite."""
        return self.database_url is None and self.database_url_file is None

    def read_database_url(self) -> str:
        """The database's URL, from the variable or, freshly read, from the file.

        Raises:
            ConfigurationError: no database is named, or the file can't be read or is empty.
        """
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        if self.database_url_file is None:
            raise ConfigurationError("neither DATABASE_URL nor DATABASE_URL_FILE is set")
        try:
            url = self.database_url_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"DATABASE_URL_FILE can't be read: {error}") from None
        if not url:
            raise ConfigurationError(f"DATABASE_URL_FILE is empty: {self.database_url_file}")
        return url
