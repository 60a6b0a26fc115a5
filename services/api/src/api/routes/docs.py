"""/docs: Swagger UI from our own files, so that it works where there is no internet."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from swagger_ui_bundle import swagger_ui_path

from api.access.prefix import FORWARDED, prefix_of
from api.errors import NotFoundError
from api.routes.page_headers import page_headers

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>mlops-iris api</title>
<link rel="stylesheet" href="{prefix}/docs/swagger-ui.css"><link rel="icon" href="{prefix}/docs/favicon-32x32.png">
</head>
<body><div id="swagger-ui"></div><script src="{prefix}/docs/swagger-ui-bundle.js"></script>
<script src="{prefix}/docs/start.js"></script></body>
</html>
"""
_START = """SwaggerUIBundle({
  url: new URL("../openapi.json", document.currentScript.src).href,
  dom_id: "#swagger-ui", tryItOutEnabled: true, deepLinking: true, validatorUrl: null
});
"""
_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
# Swagger UI writes style attributes and has its pictures in its style sheet
_HEADERS = page_headers(style_src="'self' 'unsafe-inline'", img_src="'self' data:")


def router(openapi: Callable[[], dict[str, Any]], root: str) -> APIRouter:
    """``openapi`` makes the description; ``root`` is the operator's prefix of all addresses, or nothing."""
    routes = APIRouter(prefix="", include_in_schema=False)

    @routes.get("/docs")
    async def docs(request: Request) -> Response:
        page = _PAGE.replace("{prefix}", prefix_of(request.headers.get(FORWARDED, ""), root))
        return HTMLResponse(page, headers=_HEADERS | {"vary": FORWARDED})

    @routes.get("/docs/{file}")
    async def docs_file(file: str) -> Response:
        if file == "start.js":
            return Response(_START, media_type="text/javascript")
        if file not in _FILES:
            raise NotFoundError
        return FileResponse(swagger_ui_path / file, headers={"cache-control": "max-age=86400"})

    @routes.get("/openapi.json")
    async def openapi_json(request: Request) -> Response:
        prefix = prefix_of(request.headers.get(FORWARDED, ""), root)
        document = openapi() | ({"servers": [{"url": prefix}]} if prefix else {})
        return JSONResponse(document, headers={"cache-control": "no-cache", "vary": FORWARDED})

    return routes
