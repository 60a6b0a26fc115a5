"""`publish`: from the bundle on disk to the alias that serves it, in an order that may be cut off anywhere."""

from dataclasses import dataclass
from typing import Literal, Protocol

from trainer.progress import Progress
from trainer.publication import Publication

ALIAS = "production"


class Registry(Protocol):
    """What `publish` asks of a registry. Each call is whole when it returns."""

    def version_of(self, model: str, bundle: str) -> str | None: ...

    def aliased(self, model: str, alias: str) -> str | None: ...

    def record(self, publication: Publication) -> str: ...

    def register(self, model: str, run_id: str, tags: dict[str, str]) -> str: ...

    def point(self, model: str, alias: str, to: str) -> None: ...

    def had(self, model: str, alias: str, version: str) -> bool: ...


@dataclass(frozen=True)
class Published:
    version: str
    bundle: str
    alias: str
    outcome: Literal["registered", "alias moved", "unchanged", "moved away"]

    @property
    def meaning(self) -> str:
        return {
            "registered": "registered, and the alias moved to it",
            "alias moved": "was registered before; the alias moved to it",
            "unchanged": "is registered and has the alias already; nothing to do",
            "moved away": "had the alias before, and somebody moved it away; it stays there",
        }[self.outcome]


def publish(publication: Publication, registry: Registry, progress: Progress, *, take_back: bool = True) -> Published:
    """Record, register, and last of all move the alias; what is there already is left as it is.

    A version exists only once its run holds the model and the whole bundle, so that whatever stops this, at whatever
    moment, the alias is on a complete version. Without `take_back` a version that has had the alias does not get it
    again: a start of the platform must not undo what a person decided since. Raises RegistryError.
    """
    model, bundle = publication.model, publication.bundle.hash
    progress.step(f"looking for bundle {bundle[:8]} among the versions of {model}")
    version, registered = registry.version_of(model, bundle), False
    if version is None:
        progress.step(f"recording {len(publication.candidates)} candidates in experiment {publication.experiment}")
        run_id = registry.record(publication)
        # Another trainer may have been as far as this one: the first version stands.
        version = registry.version_of(model, bundle)
        if version is None:
            progress.step(f"registering a version of {model}")
            version, registered = registry.register(model, run_id, publication.tags), True
    if registry.aliased(model, ALIAS) == version:
        return Published(version, bundle, ALIAS, "unchanged")
    if not take_back and registry.had(model, ALIAS, version):
        return Published(version, bundle, ALIAS, "moved away")
    registry.point(model, ALIAS, version)
    return Published(version, bundle, ALIAS, "registered" if registered else "alias moved")
