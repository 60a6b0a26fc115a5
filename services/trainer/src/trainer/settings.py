"""Settings from the environment; everything else is in data/contract.yaml and params.yaml."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from trainer.errors import RegistryError, SettingsError


class Settings(BaseSettings):
    """The settings of the trainer, from environment variables of the same names in capitals."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    mlflow_tracking_uri: str = Field(default="http://127.0.0.1:5000", pattern=r"^[a-z][a-z0-9+.-]*:/")
    """Where `publish` finds the MLflow server."""

    mlflow_tracking_username: str | None = None
    """The user's name at an MLflow that asks for a password."""

    mlflow_tracking_password: SecretStr | None = None
    """Its password."""

    mlflow_tracking_password_file: Path | None = None
    """A file that holds the password, and counts before the variable."""

    courier_url: str = Field(default="http://127.0.0.1:9102", pattern="^https?://")
    """The courier that has the labelled predictions and the live quality."""

    prometheus_url: str = Field(default="http://127.0.0.1:9090", pattern="^https?://")
    """The Prometheus that `rollout` judges a canary by."""

    prometheus_model: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$")
    """The label `model` of this model's services in that Prometheus. A platform's first model has none: empty."""

    mlflow_http_request_timeout: int = Field(default=30, gt=0)
    """Seconds one request to MLflow may take. MLflow's own default is 120."""

    mlflow_http_request_max_retries: int = Field(default=2, ge=0)
    """How often a failed request is tried again. With MLflow's own 7 a dead server takes four minutes."""

    search_cluster: str | None = Field(default=None, pattern=r"^tcp://[^\s/]+:[0-9]+$")
    """The Dask scheduler whose workers cross-validate the candidates: `tcp://host:8786`. Empty: this process does."""

    loop_host: str = "127.0.0.1"
    """Where `loop` listens."""

    loop_port: int = Field(default=9103, ge=0, le=65535)
    """0 takes any free port."""

    allowed_hosts: str = ""
    """Host names that requests to `loop` may be sent to, with commas: `iris.example.org,*.internal`, or `*`.

    localhost, retrainer, and the addresses of this machine and of private networks always count, with any port.
    """

    allowed_origins: str = ""
    """Origins whose web pages may ask, with commas: `https://iris.example.org`, or `*` for any."""

    trainer_command: str = ""
    """How `loop` starts a retraining: words before the verb. Empty: this Python, `-m trainer`, in the same folder."""

    def credentials(self) -> dict[str, str]:
        """The variables that MLflow's client reads from its environment; empty where no user is named.

        Raises:
            RegistryError: the password's file can't be read.
        """
        if self.mlflow_tracking_username is None:
            return {}
        password = self.mlflow_tracking_password.get_secret_value() if self.mlflow_tracking_password else ""
        if self.mlflow_tracking_password_file is not None:
            try:
                password = self.mlflow_tracking_password_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise RegistryError(f"MLFLOW_TRACKING_PASSWORD_FILE can't be read: {error}") from None
        return {"MLFLOW_TRACKING_USERNAME": self.mlflow_tracking_username, "MLFLOW_TRACKING_PASSWORD": password}


def read_settings() -> Settings:
    """The settings of the environment.

    Raises:
        SettingsError: one of them can't be used; the message names its variable, and for an address an example.
    """
    try:
        return Settings()
    except ValidationError as error:
        found = [(str(one["loc"][0]), one["msg"]) for one in error.errors() if one["loc"]]
        wrong = [f"{name.upper()} {_instead(name, message)}" for name, message in found]
        raise SettingsError("; ".join(wrong) or str(error)) from None


def _instead(name: str, message: str) -> str:
    """The fault of a setting, in words; its value may be a secret and is not shown."""
    default = Settings.model_fields[name].default if name in Settings.model_fields else None
    if isinstance(default, str) and "://" in default:
        return f"is not an address; one looks like {default}"
    return f"can't be used: {message[:1].lower()}{message[1:]}"
