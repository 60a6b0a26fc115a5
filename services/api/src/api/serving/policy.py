"""Reads policy.json, which names the bundles that serve; the courier replaces it by an atomic rename."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.errors import PolicyUnreadableError

Variant = Literal["production", "canary", "shadow"]
Verdict = Literal["passed", "failed"]

_LARGEST = 64 * 1024


class PolicyEntry(BaseModel):
    """A registry version and the bundle it stands for."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    version: Annotated[str, Field(pattern=r"^[0-9]+$", max_length=20)]
    bundle: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    verdict: Verdict | None = None
    """The verdict of the trainer's gate; None where there is none."""


class CanaryEntry(PolicyEntry):
    """The canary's version and bundle, and its share of the traffic in percent."""

    percent: Annotated[float, Field(ge=0, le=100)]


class Policy(BaseModel):
    """The file policy.json of the courier: which version serves as what. Each write has a higher `generation`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal[1]
    generation: Annotated[int, Field(ge=1)]
    model: Annotated[str, Field(min_length=1)]
    production: PolicyEntry | None
    canary: CanaryEntry | None
    shadow: PolicyEntry | None

    def choices(self) -> dict[Variant, PolicyEntry | None]:
        return {"production": self.production, "canary": self.canary, "shadow": self.shadow}


def read_policy(path: Path) -> Policy | None:
    """Read the policy, or None where there is none yet.

    Raises:
        PolicyUnreadableError: it is there, and is not a policy of format 1.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise PolicyUnreadableError(f"{path} is larger than {_LARGEST} bytes")
        return Policy.model_validate_json(content)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PolicyUnreadableError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise PolicyUnreadableError(f"{path}: {error}") from error
