"""The settings, all of them environment variables named like the fields."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, HttpUrl, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.access.host_check import read_hosts, read_origins
from api.access.prefix import read_root


class Settings(BaseSettings):
    """The settings of the api, from environment variables of the same names in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    api_host: str = "127.0.0.1"
    """Address to listen on. Only this machine by default."""

    api_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on."""

    api_workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Worker processes. One per core is the right number: a worker keeps one core busy."""

    allowed_hosts: str = ""
    """Host names that requests may be sent to, with commas: `iris.example.org,*.internal`, or `*` for any.

    localhost, api, and the addresses of this machine and of private networks always count, with any port. Any other
    name is answered 403: a page on the internet could have pointed it here.
    """

    allowed_origins: str = ""
    """Origins whose pages may ask and read the answers (CORS), with commas: `https://iris.example.org`, or `*` for any.

    The service's own pages always may. A proxy that changes Host makes their origin a foreign one. Cookies are never
    allowed; a page sends its API key in a header.
    """

    root_path: str = ""
    """Path under which a proxy publishes this service, such as `/iris`: the links of its pages begin with it.

    The proxy may leave it in the requests or take it away. Without this setting the proxy's X-Forwarded-Prefix counts,
    if it is a plain path.
    """

    serving_dir: Path = Path("var/serving")
    """Where policy.json and bundles/ are. Read, never written."""

    journal_dir: Path = Path("var/journal")
    """Where every answer is written before it is given. Belongs on a disk that outlives the process."""

    prometheus_multiproc_dir: Path = Path("var/metrics")
    """Where the workers share their counters; emptied at start, so name a folder for this alone.

    Six files per slot and, after a reload, two slots per worker. Two workers fill 0.2 MiB with Iris, and about 2 MiB
    with 64 features of 10 bins and 30 classes, once for every version that has served. Best on a tmpfs of its own and
    of eight times that: the first write that finds it full kills its worker (SIGBUS).
    """

    audit_fsync: Literal["never", "interval", "always"] = "interval"
    """Records that survive a power loss: those the kernel had written, all but the last second, or all of them."""

    api_keys_file: Path | None = None
    """When set, predictions and feedback are answered to callers with an API key of this file alone (docs/api-keys.md).

    Looked at as often as policy.json. Without it no request needs a key, which is right on this machine alone.
    """

    policy_poll_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    """How often each worker looks at policy.json, and at the other files it follows."""

    max_model_memory_bytes: Annotated[int, Field(ge=16 * 1024 * 1024)] = 256 * 1024 * 1024
    """Memory that loading and proving a model may take in each worker; one that wants more is refused."""

    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 8 * 1024 * 1024
    """Largest request body in bytes, also after a gzip body is inflated; a larger one is answered 413."""

    max_batch_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Most rows in one request; more are answered 413."""

    max_connections: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Connections per worker. Beyond them only GET is answered (health, metrics), everything else with 503."""

    max_work_bytes: Annotated[int, Field(ge=1)] = 512 * 1024
    """Request bodies a worker works on at once, each counted as its bytes and 2 KiB. A body alone is always let in."""

    max_waiting_bytes: Annotated[int, Field(ge=0)] = 2 * 1024 * 1024
    """Total size of queued requests (body + 2 KiB each). When the queue is full, requests get 503 with Retry-After."""

    max_held_bytes: Annotated[int, Field(ge=1)] = 64 * 1024 * 1024
    """Bytes of unfinished request bodies a worker keeps in memory; a body beyond them is answered 503."""

    queue_milliseconds: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    """How long a request waits for its turn before it is answered 503 too."""

    run_timeout_ms: Annotated[int, Field(ge=10, le=60_000)] = 2_000
    """Milliseconds of a core that one run of the model may take; a request that needs more is answered 504.

    A canary or shadow that needed more is counted out: it does not serve again until the policy has named another.
    """

    shadow_queue_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    """Rows that wait for the shadow model in a worker; what comes then, or a larger batch, is not shadowed."""

    shadow_milliseconds: Annotated[int, Field(ge=1, le=60_000)] = 1_000
    """How long after production's answer the shadow's still counts."""

    shadow_most_cpu: Annotated[float, Field(gt=0)] = 0.8
    """Share of one core above which a worker does not ask its shadow, so that answering comes first."""

    client_timeout: Annotated[float, Field(ge=1, le=600)] = 20.0
    """Seconds a client has to send a request completely, and to take its answer, before it is cut off."""

    keepalive_timeout: Annotated[float, Field(ge=1, le=600)] = 75.0
    """Seconds a connection may be idle between two requests. While a worker stops it is at most 5."""

    graceful_timeout: Annotated[int, Field(ge=4, le=600)] = 20
    """Seconds from SIGTERM to SIGKILL. Requests get three quarters to finish, the rest is for closing the journal."""

    links: dict[Annotated[str, Field(min_length=1, max_length=40)], HttpUrl] = {}
    """Other pages of the platform that the playground and the status page link to, as JSON:
    `{"Grafana": "http://127.0.0.1:3000"}`. With `MLflow` they link to the card of the serving version, too."""

    otel_exporter_otlp_endpoint: str | None = None
    """When set, traces go to this address by OTLP over HTTP: http://127.0.0.1:4318, say.

    OpenTelemetry's other variables (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, ...) count as it has them.
    """

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe event that is logged."""

    log_level_file: Path | None = None
    """A file with one of these words, which then counts instead. Looked at as often as policy.json."""

    log_dir: Path | None = None
    """When set, the log is also written to app.log in this folder: rotated at 10 MiB, five old files kept."""

    @model_validator(mode="after")
    def _texts_can_be_read(self) -> Self:
        checks: list[tuple[str, Callable[[str], object], str]] = [
            ("ALLOWED_HOSTS", read_hosts, self.allowed_hosts),
            ("ALLOWED_ORIGINS", read_origins, self.allowed_origins),
            ("ROOT_PATH", read_root, self.root_path),
        ]
        for name, read, text in checks:
            try:
                read(text)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return self
