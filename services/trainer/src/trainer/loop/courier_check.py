"""Checks that a courier and a registry belong together: labels and figures of another platform are never used."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trainer.errors import ForeignCourierError
from trainer.loop.http_client import get

DEFAULT_PORTS = {"http": 80, "https": 443}


class Follows(BaseModel):
    """The entry `follows` of the courier's page /health."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    registry: str
    model: str
    serving_dir: str


class Alias(BaseModel):
    """The version that an alias names in the registry, and the one that the courier has the apis serve."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    names: str | None = None
    serves: str | None = None


class RefusedVersion(BaseModel):
    """A version that the courier refused under an alias."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    alias: str
    version: str
    error: str = ""


class Serving(BaseModel):
    """The entry `serving` of that page; empty where there is none."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    aliases: dict[str, Alias] = Field(default_factory=dict)
    refused: list[RefusedVersion] = Field(default_factory=list)
    deleted_version: str | None = None
    """The version that serves although it was deleted from the registry."""

    def differences(self) -> list[str]:
        """A sentence for each alias whose version does not serve, or not as its tags say now."""
        why = {(one.alias, one.version): f"was refused: {one.error}" for one in self.refused}
        gone = [f"version {self.deleted_version} was deleted from the registry and still serves"]
        return (gone if self.deleted_version else []) + [
            f"alias {alias} names version {one.names}, which {why.get((alias, one.names), 'is on its way')}; "
            + (f"version {one.serves} serves" if one.serves else "nothing serves")
            for alias, one in self.aliases.items()
            if one.names is not None and (one.names != one.serves or (alias, one.names) in why)
        ]


class Health(BaseModel):
    """The part of the courier's page /health that is read here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    follows: Follows
    serving: Serving = Serving()


def check_courier(courier_url: str, registry: str, model: str) -> Serving:
    """Check that the courier at `courier_url` follows `model` in `registry`; what it says of the aliases.

    Raises ForeignCourierError when it follows something else or does not say what, and ServiceUnreachableError when it
    does not answer.
    """
    url = f"{courier_url.rstrip('/')}/health"
    try:
        health = Health.model_validate_json(get(url))
    except ValidationError:
        raise ForeignCourierError(
            f"{url} does not say which registry it follows, so it is not this platform's courier; COURIER_URL names it"
        ) from None
    follows = health.follows
    if same_server(follows.registry, registry) and follows.model == model:
        return health.serving
    raise ForeignCourierError(
        f"the courier at {courier_url} belongs to another platform: it follows the model {follows.model} "
        f"at {follows.registry}, not {model} at {shown(registry)}; nothing was read from it. "
        "COURIER_URL names the right one"
    )


def same_server(one: str, other: str) -> bool:
    """Whether two addresses name the same server, however they are written."""
    return _parts(one) == _parts(other)


def shown(url: str) -> str:
    """The address without its credentials."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _parts(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    try:
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        port = None
    host = parts.hostname or ""
    return parts.scheme, "127.0.0.1" if host in ("localhost", "::1") else host, port, parts.path.rstrip("/")
