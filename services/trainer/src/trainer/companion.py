"""Whether a courier and a registry belong together: labels and live figures of another platform are never used."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from trainer.errors import ForeignCourierError
from trainer.web import get

DEFAULT_PORTS = {"http": 80, "https": 443}


class Follows(BaseModel):
    """What the courier's page /health says about itself under `follows`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    registry: str
    model: str
    serving_dir: str


class Health(BaseModel):
    """The part of the courier's page /health that is read here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    follows: Follows


def check_courier(courier_url: str, registry: str, model: str) -> None:
    """Check that the courier at `courier_url` follows `model` in `registry`.

    Raises ForeignCourierError when it follows something else or does not say what, and ServiceUnreachableError when it
    does not answer.
    """
    url = f"{courier_url.rstrip('/')}/health"
    try:
        follows = Health.model_validate_json(get(url)).follows
    except ValidationError:
        raise ForeignCourierError(
            f"{url} does not say which registry it follows, so it is not this platform's courier; COURIER_URL names it"
        ) from None
    if same_server(follows.registry, registry) and follows.model == model:
        return
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
