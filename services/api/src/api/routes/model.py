"""GET /model: what is served and what beside it, since when, how good it was on the hold-out, where it comes from."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from api.bundle.features import Feature
from api.bundle.manifest import Provenance, Quality, Reasons, Target, Threshold, ValueQuality
from api.routes.unserved import Unserved, unserved
from api.serving.policy import Verdict
from api.serving.served_models import ServedModel
from api.state import State


class Variant(BaseModel):
    """One of the models this worker holds; ``traffic`` is its share of the requests that name no version, in [0, 1].

    ``verdict`` is the gate's verdict on the version; null where there is none.
    """

    variant: str
    version: str
    bundle: str
    since: datetime
    verdict: Verdict | None
    traffic: float


class Model(BaseModel):
    """The model in production, as `GET /model` answers it."""

    name: str
    version: str
    variant: str
    bundle: str
    since: datetime
    verdict: Verdict | None
    estimator: str
    words: str = ""
    """The estimator in words."""
    task: str
    features: list[Feature]
    target: Target
    quality: Quality | ValueQuality
    threshold: Threshold | None = None
    """For two classes, the probability from which one of them is answered. Without it, the more probable one is."""
    provenance: Provenance
    reasons: Reasons
    """Whether `POST /predict?explain=true` has reasons, and what they add up to; else why not."""
    variants: list[Variant]
    unserved: list[Unserved]
    """Aliases of the registry that name another version than the one that serves here."""


def router(state: State) -> APIRouter:
    """`GET /model`."""
    routes = APIRouter(prefix="/model", tags=["model"])

    @routes.get("", operation_id="model", summary="The served model", response_model_exclude_unset=True)
    async def model() -> Model:
        return model_card(state, state.models.production())

    return routes


def model_card(state: State, served: ServedModel) -> Model:
    """The description of a served model: where it comes from, how good it is, what it asks for."""
    manifest = served.bundle.manifest
    return Model(
        name=served.name,
        version=served.version,
        variant=served.variant,
        bundle=served.bundle.hash,
        since=served.since,
        verdict=served.verdict,
        estimator=manifest.estimator,
        words=manifest.words,
        task=manifest.task,
        features=manifest.features,
        target=manifest.target,
        quality=manifest.quality,
        threshold=manifest.threshold,
        provenance=manifest.provenance,
        reasons=manifest.reasons,
        variants=[
            Variant(
                variant=held.variant,
                version=held.version,
                bundle=held.bundle.hash,
                since=held.since,
                verdict=held.verdict,
                traffic=state.traffic.share_of(held.variant),
            )
            for held in state.models.held()
        ],
        unserved=unserved(state),
    )
