"""For the people and machines that run the service: /health and /metrics."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel

from api.routes.unserved import Unserved, unserved
from api.serving.served_models import ServedModel
from api.state import State


class Loaded(BaseModel):
    """A model in memory."""

    variant: str
    version: str


class Refused(BaseModel):
    """A version that the policy names and this worker can't serve; it is tried again when its files change."""

    variant: str
    version: str
    bundle: str
    reason: str


class Health(BaseModel):
    """Whether a prediction would be answered, and what stands in the way."""

    ok: bool
    model_loaded: bool
    model_path: str | None
    """The file of the model in production, below SERVING_DIR; null where nothing serves."""
    journal_writable: bool
    draining: bool
    models: list[Loaded]
    counted_out: list[str]
    """Versions that took too long in service, and so do not serve as canary or shadow."""
    refused: list[Refused]
    unserved: list[Unserved]
    """Aliases of the registry that name another version than the one that serves here."""


class Live(BaseModel):
    """The process answers, whatever it can do."""

    ok: bool


def health_router(state: State) -> APIRouter:
    """`GET /health`, `/health/live` and `/health/ready`."""
    routes = APIRouter(prefix="/health", tags=["operations"])
    not_ready: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "Not now: the body says why"}}

    @routes.get("", operation_id="health", summary="Can it answer?", responses=not_ready)
    async def health(response: Response) -> Health:
        return _health(state, response)

    @routes.get("/ready", operation_id="ready", summary="Should it get traffic?", responses=not_ready)
    async def ready(response: Response) -> Health:
        return _health(state, response)

    @routes.get("/live", operation_id="live", summary="Is the process alive?")
    async def live() -> Live:
        return Live(ok=True)

    return routes


def metrics_router(state: State) -> APIRouter:
    """`GET /metrics`: the counters of all workers together."""
    routes = APIRouter(prefix="/metrics", tags=["operations"])

    text: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}

    # not async: adding all workers up takes milliseconds, which the framework spends in a thread
    @routes.get(
        "", operation_id="metrics", summary="Metrics of all workers, for Prometheus", response_class=Response,
        responses=text,
    )  # fmt: skip
    def metrics(accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
        body, content_type = state.metrics.render(accept)
        return Response(body, headers={"content-type": content_type})

    return routes


def model_file(serving: Path, served: ServedModel) -> Path:
    """The served ONNX file."""
    return serving / "bundles" / served.bundle.hash / "model.onnx"


def _health(state: State, response: Response) -> Health:
    response.status_code = 200 if state.ready else 503
    production = state.models.get("production")
    return Health(
        ok=state.ready,
        model_loaded=production is not None,
        model_path=None if production is None else str(model_file(state.settings.serving_dir, production)),
        journal_writable=state.journal.writable,
        draining=state.draining,
        models=[Loaded(variant=model.variant, version=model.version) for model in state.models.held()],
        counted_out=state.counted_out.versions(),
        refused=[
            Refused(variant=variant, version=known.choice.version, bundle=known.choice.bundle, reason=known.reason)
            for variant, known in state.follower.refusals.items()
        ],
        unserved=unserved(state),
    )
