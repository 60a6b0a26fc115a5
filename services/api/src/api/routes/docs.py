"""/docs: Swagger UI from our own files, so that it works where there is no internet."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from swagger_ui_bundle import swagger_ui_path

from api.errors import NotFoundError
from api.routes.page_headers import page_headers

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>mlops-iris api</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body><div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script></body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", tryItOutEnabled: true, deepLinking: true, validatorUrl: null
});
"""
_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
# Swagger UI writes style attributes and has its pictures in its style sheet
_HEADERS = page_headers(style_src="'self' 'unsafe-inline'", img_src="'self' data:")


def router(openapi: Callable[[], dict[str, Any]]) -> APIRouter:
    routes = APIRouter(prefix="", include_in_schema=False)

    @routes.get("/docs")
    async def docs() -> Response:
        return HTMLResponse(_PAGE, headers=_HEADERS)

    @routes.get("/docs/{file}")
    async def docs_file(file: str) -> Response:
        if file == "start.js":
            return Response(_START, media_type="text/javascript")
        if file not in _FILES:
            raise NotFoundError
        return FileResponse(swagger_ui_path / file, headers={"cache-control": "max-age=86400"})

    @routes.get("/openapi.json")
    async def openapi_json() -> Response:
        return JSONResponse(openapi(), headers={"cache-control": "no-cache"})

    return routes
