"""The ASGI application: TF Serving's interface, health, Prometheus metrics, and the gallery."""

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from artgan_tf.serving import gallery_files, json_tensors, monitoring
from artgan_tf.serving.batching import Batcher, Rules
from artgan_tf.serving.limits import Limits
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.rest import JSON, Rest
from artgan_tf.serving.versions import Versions

FINAL = {408, 413}  # after these, the connection is closed without reading the rest of the request
GALLERY = Path(__file__).parent / "gallery"  # static files, served at /


@dataclass(frozen=True)
class Settings:
    """Settings of a server.

    Attributes:
        limits: limits on one request.
        rules: rules for batches.
        cors: origins whose pages may send requests; empty for this server's own pages only.
        poll: seconds between checks for new versions.
        browser: whether to open the gallery in a browser.
    """

    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=Rules)
    cors: Sequence[str] = ()
    poll: float = 2.0
    browser: bool = False


def build_app(versions: Versions, settings: Settings) -> Starlette:
    """Build the ASGI application that serves one model."""
    counts = monitoring.Monitoring(versions.name, lambda: versions.number)
    batcher = Batcher(settings.rules, counts.batch)
    rest = Rest(versions, batcher, counts, settings.limits)

    async def health(request: Request) -> Response:
        if versions.number:
            return Response("ok\n")
        return Response("no version is available\n", 503)

    async def metrics(request: Request) -> Response:
        return Response(counts.page(), headers={"Content-Type": monitoring.CONTENT_TYPE})

    routes: list[BaseRoute] = [
        Mount("/v1", rest),
        Mount("/V1", rest),  # TF Serving's paths ignore case
        Route("/healthz", health),
        Route(monitoring.PATH, metrics),
        *gallery_files.GalleryFiles(versions, batcher, settings.limits.rows).routes(),
        Mount("/", _Page(directory=GALLERY, html=True)),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=[origin.rstrip("/") for origin in settings.cors],  # browsers send no slash
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
    )
    handlers: dict[Any, Any] = {
        Refused: _refused,
        404: _not_found,
        405: _not_found,
        Exception: _unexpected,
    }
    middleware = [cors] if settings.cors else []
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


class _Page(StaticFiles):
    """Static files that browsers revalidate each time, so that an upgrade never mixes versions."""

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        response = super().file_response(*arguments, **named)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _refused(request: Request, refused: Refused) -> Response:
    body = json_tensors.written({"error": refused.text})
    headers = {"Connection": "close"} if refused.status in FINAL else {}
    return Response(body, refused.status, headers, media_type=JSON)


async def _not_found(request: Request, error: Exception) -> Response:
    return await _refused(request, Refused("Not found.", "NOT_FOUND"))


async def _unexpected(request: Request, error: Exception) -> Response:
    """Handle a bug of this server: the traceback goes to stderr, and the client sees no details."""
    traceback.print_exception(error, file=sys.stderr)
    return await _refused(request, Refused("Internal error.", "INTERNAL"))
