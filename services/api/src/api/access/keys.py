"""The file of API keys: hashes, names, and what each may ask how often. The keys themselves are nowhere.

A key is 256 random bits, so a plain SHA-256 is right: there is nothing to guess that a slow hash would slow down, and
every request pays for it. A slow hash is for what people choose.
"""

import hashlib
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.errors import KeysUnreadableError

Permission = Literal["predict", "feedback"]
SCOPES: tuple[Permission, ...] = ("predict", "feedback")
MOST_KEYS = 1000

_PREFIX = "iris_"
_LARGEST = 1024 * 1024


class Key(BaseModel):
    """The stored part of a key."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    """The caller's name, which goes into the audit. A name has two keys while one replaces the other."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    scopes: Annotated[frozenset[Permission], Field(min_length=1)] = frozenset(SCOPES)

    rate: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """Requests per second of all keys of this name together; none means as many as it likes."""

    made: datetime

    @property
    def id(self) -> str:
        """Distinguishes two keys of a name; says nothing about the key."""
        return self.sha256[:8]


class Keys(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal[1] = 1
    keys: Annotated[tuple[Key, ...], Field(max_length=MOST_KEYS)] = ()

    @model_validator(mode="after")
    def _each_key_is_there_once(self) -> Self:
        if len({key.sha256 for key in self.keys}) < len(self.keys):
            raise ValueError("a key is there twice")
        return self


def digest(key: bytes) -> str:
    """The file has this in place of the key."""
    return hashlib.sha256(key).hexdigest()


def make_key(name: str, scopes: frozenset[Permission], rate: float | None) -> tuple[str, Key]:
    """A new key, to be shown once, and what to keep of it.

    Raises:
        ValidationError: the name or the rate is none.
    """
    secret = _PREFIX + secrets.token_urlsafe(32)
    made = datetime.now(UTC).replace(microsecond=0)
    return secret, Key(name=name, sha256=digest(secret.encode()), scopes=scopes, rate=rate, made=made)


def read_keys(path: Path) -> Keys:
    """Raises KeysUnreadableError, which never repeats the file's content."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise KeysUnreadableError(f"{path} is larger than {_LARGEST} bytes")
        return Keys.model_validate_json(content)
    except OSError as error:
        raise KeysUnreadableError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)[:5])
        raise KeysUnreadableError(f"{path} is not a file of keys: {wrong}") from None


def write_keys(path: Path, keys: Keys) -> None:
    """Replace the file as a whole, so that no reader sees half of it. The api may be another user: it holds hashes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(keys.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
