"""/openapi.json and /docs, the page on which every route can be tried; its files come with us."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sayso import __version__
from sayso.api.answers import Answer
from sayso.api.examples import unfold

router = APIRouter(include_in_schema=False)

_FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sayso API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:"

_ABOUT = """Make a voice from recordings and speak with it. The shape is that of the Resemble v2 REST API.

1. **Authorize** with a token (`sayso token create NAME`, or the one printed at first start).
2. Create a voice, upload three or more recordings of it, build it, read it until `status` is `finished`.
3. Create a project and a clip in it, or let it speak with `/synthesize` and `/stream`.

Every answer is an envelope: `success`, and `item`, `items` or `message`.
"""


@router.get("/docs")
async def page() -> Response:
    """The page."""
    return Response(_PAGE, media_type="text/html", headers={"content-security-policy": _POLICY})


@router.get("/docs/{name}")
def asset(name: str) -> Response:
    """A file of the page."""
    if name not in _FILES:
        raise HTTPException(404)
    return Response(_asset(name), media_type=_FILES[name], headers={"cache-control": "max-age=86400"})


@cache
def _asset(name: str) -> bytes:
    return files("sayso.api").joinpath("assets", name).read_bytes()


@router.get("/openapi.json")
def document(request: Request) -> Answer:
    """The OpenAPI document."""
    return Answer(openapi(request.app))


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="sayso", version=__version__, description=_ABOUT, routes=app.routes, openapi_version="3.1.0"
        )
        # Relative: the page tries the server it came from, behind whatever proxy.
        document["servers"] = [{"url": "."}]
        document.setdefault("components", {}).pop("schemas", None)
        document["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer <token>"},
            "x-access-token": {"type": "apiKey", "in": "header", "name": "x-access-token"},
        }
        for path, routes in document["paths"].items():
            for route in routes.values():
                # The framework's own error shape, which no route here ever answers with.
                route["responses"].pop("422", None)
                unfold(route)
                if path not in {"/healthz", "/readyz"}:
                    route["security"] = [{"token": []}, {"x-access-token": []}]
        app.openapi_schema = document
    return app.openapi_schema
