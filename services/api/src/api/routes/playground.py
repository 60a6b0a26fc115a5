"""/: the page to try the model on. Its files lie in api/playground; model.json is all it knows about the model."""

from typing import Any

import orjson

from api.access.prefix import FORWARDED, prefix_of, read_root
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.routes.model import model_card
from api.routes.other_services import other_services
from api.routes.page import FOLDER, Page, page_route
from api.routes.page_files import files_route
from api.routes.unserved import unserved
from api.serving.served_models import ServedModel
from api.state import State

_PAGE = Page("index", "Playground", "form", "POST /predict", "/playground/model.json")


def hot_routes(state: State) -> list[Route]:
    """For callers who may predict alone: the samples are rows of the training data."""

    root = read_root(state.settings.root_path)

    async def model_json(call: Call) -> Reply:
        # 200 also without a model: that is a state of the page, and a browser logs any other status as an error
        model = state.models.get("production")
        limits = {"rows": state.settings.max_batch_rows, "body_bytes": state.settings.max_body_bytes}
        prefix = prefix_of(call.header(FORWARDED.encode()).decode("latin-1"), root)
        links = [{"name": "Status", "url": f"{prefix}/status"}, {"name": "Swagger", "url": f"{prefix}/docs"}]
        links += [{"name": name, "url": url} for name, url in other_services(state).items()]
        content = {"links": links, "limits": limits, **(_describe(state, model) if model else {"model": None})}
        content["unserved"] = [one.model_dump() for one in unserved(state)]
        return Reply(200, orjson.dumps(content), headers=[(b"cache-control", b"no-store")])

    return [Route(_PAGE.numbers, {"GET": model_json}, scope="predict")]


def page_routes(state: State) -> list[Route]:
    """Open to all: the files hold nothing of the model."""
    root = read_root(state.settings.root_path)
    return [page_route("/", _PAGE, root, keys=state.guard is not None), files_route(FOLDER, ("index", "status"))]


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
