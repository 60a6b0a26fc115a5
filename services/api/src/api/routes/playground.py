"""/: the page to try the model on. Its files lie in api/playground; model.json is all it knows about the model."""

from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from api.access.prefix import FORWARDED, prefix_of, read_root
from api.errors import NotFoundError
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.routes.model import model_card
from api.routes.page import FOLDER, Page, page_of
from api.routes.page_headers import page_headers
from api.routes.unserved import unserved
from api.serving.model_slot import ServedModel
from api.state import State

_PAGE = Page("index", "Playground", "form", "POST /predict")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def hot_routes(state: State) -> list[Route]:
    """For callers who may predict alone: the samples are rows of the training data."""

    root = read_root(state.settings.root_path)

    async def model_json(call: Call) -> Reply:
        # 200 also without a model: that is a state of the page, and a browser logs any other status as an error
        model = state.slots.get("production")
        limits = {"rows": state.settings.max_batch_rows, "body_bytes": state.settings.max_body_bytes}
        prefix = prefix_of(call.header(FORWARDED.encode()).decode("latin-1"), root)
        links = [{"name": "Status", "url": f"{prefix}/status"}, {"name": "Swagger", "url": f"{prefix}/docs"}]
        links += [{"name": name, "url": str(url)} for name, url in state.settings.links.items()]
        content = {"links": links, "limits": limits, **(_describe(state, model) if model else {"model": None})}
        content["unserved"] = [one.model_dump() for one in unserved(state)]
        return Reply(200, orjson.dumps(content), headers=[(b"cache-control", b"no-store")])

    return [Route("/playground/model.json", {"GET": model_json}, scope="predict")]


def router(root: str) -> APIRouter:
    """``root`` is the operator's prefix of all addresses, or nothing."""
    routes = APIRouter(prefix="", include_in_schema=False)

    @routes.get("/")
    async def page(request: Request) -> Response:
        return page_of(_PAGE, request, root)

    @routes.get("/playground/{name}")
    async def page_file(name: str) -> Response:
        kind = _TYPES.get(Path(name).suffix)
        if kind is None or name not in {file.name for file in FOLDER.iterdir()}:
            raise NotFoundError
        return _file(name, kind)

    return routes


def _file(name: str, kind: str) -> Response:
    # asked for again each time, so that a page and its scripts are never of two releases
    return FileResponse(FOLDER / name, media_type=kind, headers=page_headers() | {"cache-control": "no-cache"})


def _describe(state: State, model: ServedModel) -> dict[str, Any]:
    """The model card, the coverage of sets or intervals, the training rows by bins, and rows to begin with."""
    bundle = model.bundle
    manifest = bundle.manifest
    names = [feature.name for feature in manifest.features]
    return {
        "coverage": None if manifest.conformal is None else manifest.conformal.coverage,
        "segments": manifest.segments,
        "model": model_card(state, model).model_dump(mode="json", exclude_unset=True),
        "reference": bundle.reference.model_dump(mode="json", exclude={"format"}),
        "samples": [
            {
                "values": dict(zip(names, row.values, strict=True)),
                "answer": row.value if row.label is None else row.label,
            }
            for row in bundle.golden.rows
        ],
    }
