"""Chooses the model that answers a request: the version it names, or production and a canary by weight."""

import hashlib
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog

from api.bundle.manifest import difference
from api.errors import ModelNotReadyError, VersionNotServedError
from api.serving.policy import CanaryEntry, Variant
from api.serving.served_models import ServedModel, ServedModels
from api.telemetry.metrics import Metrics

_POINTS = 2**64
_KEY_BYTES = 64

log = structlog.stdlib.get_logger(__name__)


class _Split(NamedTuple):
    canary: ServedModel
    share: float
    limit: int
    keyed: Any


class Traffic:
    """Splits requests between production and the canary. ``draw`` gives random numbers in [0, 1).

    A key's place in [0, 2**64) is the hash of the key, itself keyed with the canary's version: the same in every worker
    and after every restart, and below the limit of a larger share whenever it was below that of a smaller one. Another
    canary draws again, so that it is not always the same clients who try what is new.
    """

    def __init__(self, models: ServedModels, metrics: Metrics, *, draw: Callable[[], float] | None = None) -> None:
        self._models = models
        self._metrics = metrics
        self._draw = draw or random.Random().random  # noqa: S311 (a share, no secret)
        self._split: _Split | None = None
        self._refused: tuple[str, str] | None = None

    @property
    def canary_share(self) -> float:
        """The share of requests, in [0, 1], that go to the canary when they name no version."""
        return self._split.share if self._split is not None else 0.0

    def share_of(self, variant: Variant) -> float:
        """The share of requests, in [0, 1], that a variant gets when they name no version."""
        shares = {"production": 1.0 - self.canary_share, "canary": self.canary_share}
        return shares.get(variant, 0.0)

    def choose(self, key: bytes, version: str) -> ServedModel:
        """The model that answers a request with this routing key and this pinned version; both may be empty.

        Raises:
            ModelNotReadyError: there is none.
            VersionNotServedError: the version is not served; the message names those that are.
        """
        if version:
            return self._pinned(version)
        split = self._split
        if split is None:
            return self._models.production()
        if key:
            keyed = split.keyed.copy()
            keyed.update(key)
            chosen = int.from_bytes(keyed.digest()) < split.limit
        else:
            chosen = self._draw() < split.share
        return split.canary if chosen else self._models.production()

    def answering(self) -> list[ServedModel]:
        """The models a client can get an answer from. A shadow is never asked by a client."""
        return [model for model in (self._models.get("production"), self._models.get("canary")) if model is not None]

    def settle(self, choice: CanaryEntry | None) -> None:
        """Share the requests out again. Call it when a model or the policy has changed.

        Only the canary that the policy names gets a share, and only beside a production that takes and gives the same:
        a request is right or wrong for both alike.
        """
        canary, production = self._models.get("canary"), self._models.get("production")
        split = None
        if choice is not None and canary is not None and production is not None:
            named = (canary.version, canary.bundle.hash) == (choice.version, choice.bundle)
            if named and self._fits(canary, production):
                split = _split(canary, choice.percent / 100)
        self._tell(split)
        self._split = split

    def _pinned(self, version: str) -> ServedModel:
        answering = self.answering()
        if not answering:
            raise ModelNotReadyError
        for model in answering:
            if model.version == version:
                return model
        raise VersionNotServedError(f"this version is not served; served are {listed(answering)}")

    def _fits(self, canary: ServedModel, production: ServedModel) -> bool:
        problem = difference(canary.bundle.manifest, production.bundle.manifest)
        pair = (canary.version, production.version)
        if problem is not None and pair != self._refused:
            self._metrics.policy.swaps.labels("canary", "refused", "incompatible").inc()
            log.error(
                "canary gets no share of the traffic, it only answers who asks for its version",
                canary=canary.version,
                production=production.version,
                problem=problem,
            )
        self._refused = pair if problem is not None else None
        return problem is None

    def _tell(self, split: _Split | None) -> None:
        before, share = self._split, split.share if split is not None else 0.0
        if before is not None and (split is None or split.canary.version != before.canary.version):
            self._metrics.policy.canary_traffic.labels(before.canary.version).set(0)
        if split is not None:
            self._metrics.policy.canary_traffic.labels(split.canary.version).set(share)
        if share != self.canary_share:
            log.info("canary's share changed", share=share, was=self.canary_share)


def listed(models: list[ServedModel]) -> str:
    """Models by name, version and variant, for a message."""
    return ", ".join(f"{model.name} version {model.version} ({model.variant})" for model in models)


def _split(canary: ServedModel, share: float) -> _Split:
    keyed = hashlib.blake2b(key=f"{canary.name}/{canary.version}".encode()[-_KEY_BYTES:], digest_size=8)
    return _Split(canary, share, round(share * _POINTS), keyed)
