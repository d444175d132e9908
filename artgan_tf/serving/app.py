"""The application: TF Serving's interface, health, Prometheus' page, and the gallery's place."""

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

FINAL = {408, 413}  # after these, what is left of the request is not waited for
GALLERY = Path(__file__).parent / "gallery"  # a page of static files, served at / if it is there


@dataclass(frozen=True)
class Settings:
    """How a server answers.

    Attributes:
        limits: of a request.
        rules: of batches.
        cors: origins whose pages may ask; none for pages of this server alone.
        poll: seconds between looks for new versions.
        browser: whether to open the gallery.
    """

    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=Rules)
    cors: Sequence[str] = ()
    poll: float = 2.0
    browser: bool = False


def build_app(versions: Versions, settings: Settings) -> Starlette:
    """The ASGI application that serves one model.

    Args:
        versions: of the model.
        settings: how.
    """
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
        Mount("/V1", rest),  # TF Serving's paths are of any case
        Route("/healthz", health),
        Route(monitoring.PATH, metrics),
        *gallery_files.GalleryFiles(versions, batcher).routes(),
    ]
    if GALLERY.is_dir():
        routes.append(Mount("/", _Page(directory=GALLERY, html=True)))
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors),
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
    """Files that browsers ask about each time: after an upgrade, old and new ones must not mix."""

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
    """A mistake of ours: whoever runs the server reads of it, the client does not."""
    traceback.print_exception(error, file=sys.stderr)
    return await _refused(request, Refused("Internal error.", "INTERNAL"))
