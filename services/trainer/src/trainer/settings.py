"""What the environment decides; everything else is in data/contract.yaml and params.yaml."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    mlflow_tracking_uri: str = Field(default="http://127.0.0.1:5000", min_length=1)
    """Where `publish` finds the MLflow server."""

    courier_url: str = Field(default="http://127.0.0.1:9102", pattern="^https?://")
    """The courier that has the labelled predictions and the live quality."""

    prometheus_url: str = Field(default="http://127.0.0.1:9090", pattern="^https?://")
    """The Prometheus that `rollout` judges a canary by."""

    mlflow_http_request_timeout: int = Field(default=30, gt=0)
    """Seconds one request to MLflow may take. MLflow's own default is 120."""

    mlflow_http_request_max_retries: int = Field(default=2, ge=0)
    """How often a failed request is tried again. With MLflow's own 7 a dead server takes four minutes."""

    loop_host: str = "127.0.0.1"
    """Where `loop` listens."""

    loop_port: int = Field(default=9103, ge=0, le=65535)
    """0 takes any free port."""

    trainer_command: str = ""
    """How `loop` starts a retraining: words before the verb. Empty: this Python, `-m trainer`, in the same folder."""
