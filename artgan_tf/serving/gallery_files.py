"""The gallery's routes in addition to TF Serving's: the model's facts, sheets and animations."""

import asyncio
import io
import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from artgan_tf.sampling.models import decoded
from artgan_tf.sampling.places import EXTRA
from artgan_tf.serving.batching import Batcher
from artgan_tf.serving.extras import REFERENCES
from artgan_tf.serving.json_tensors import Arrays
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.rest import JSON, indented
from artgan_tf.serving.servable import Servable
from artgan_tf.serving.versions import Versions
from tfrecords_tools.common.sheet import in_rows, named_grid

FRAMES, MILLISECONDS = 8, 140
SIDE = 256  # minimum side of an animation in pixels, large enough for a phone's screen
MOST, SEEDS = 256, 2**53  # maximum pictures of a sheet, and number of seeds that JSON keeps exactly
KINDS: dict[str, dict[str, Any]] = {"gif": {}, "webp": {"quality": 90}}
FACTS: dict[str, Any] = {  # what the page is told of an export, and of one without these facts
    "class_names": [],
    "image_size": None,
    "accuracy": None,
    "references": 0,
}

Pixels = NDArray[np.uint8]
Parameters = Mapping[str, str]
Make = Callable[[Servable, Parameters], Awaitable[Response]]


class GalleryFiles:
    """The routes under `/gallery/`.

    Args:
        versions: provides the served version of the model.
        batcher: runs the requests for pictures.
        most: number of pictures that a request may ask for, which the page keeps to.
    """

    def __init__(self, versions: Versions, batcher: Batcher, most: int):
        self.versions, self.batcher, self.most = versions, batcher, most

    def routes(self) -> list[Route]:
        """Return routes for `models.json`, `sheet.png`, `way.gif`, `way.webp`, `references.jpg`."""
        made: dict[str, Make] = {
            "sheet.png": self.sheet,
            "references.jpg": self.references,
            **{f"way.{kind}": partial(self.interpolation, kind) for kind in KINDS},
        }
        answers = {name: partial(self._answer, make) for name, make in made.items()}
        routes = {"models.json": self.models} | answers
        return [Route(f"/gallery/{name}", answer) for name, answer in routes.items()]

    async def models(self, request: Request) -> Response:
        """Answer with the facts that the gallery needs to request pictures."""
        served, models = self.versions.served, []
        if served:
            known = {key: served.facts.get(key, unknown) for key, unknown in FACTS.items()}
            signatures = served.facts.get("signatures") or sorted(served.definitions)
            about = {"name": served.name, "version": str(served.version), "signatures": signatures}
            models.append(about | known)
        found = {"max_instances": self.most, "models": models}
        return Response(indented(found), media_type=JSON)

    async def _answer(self, make: Make, request: Request) -> Response:
        served = self.versions.served
        if served is None or "class_names" not in served.facts:
            raise Refused("No export of ours is served here.", "NOT_FOUND")
        return await make(served, request.query_params)

    # ---- files --------------------------------------------------------------------------------
    async def sheet(self, served: Servable, asked: Parameters) -> Response:
        """Answer with a contact sheet as a PNG, for example for `labels=0,1&seeds=7,8`.

        The sheet has one row per class and one column per seed. The seeds of a single class are
        arranged in several rows.

        Raises:
            Refused: a parameter is not a number in its range, or there are more than `MOST`
                pictures.
        """
        names = served.facts["class_names"]
        labels = _numbers(asked, "labels", len(names))
        seeds = _numbers(asked, "seeds", SEEDS)
        if len(labels) * len(seeds) > MOST:
            raise Refused(f"A sheet has {MOST} pictures at most: ask for fewer.")
        arrays: Arrays = {
            "label": np.repeat(np.array(labels, np.int32), len(seeds)),
            "seed": np.tile(np.array(seeds, np.int64), len(labels)),
        }
        texts = [f"no. {seed}" for seed in seeds] * len(labels)
        pictures = await self._generate(served, "serving_default", arrays)
        columns = len(seeds) if len(labels) > 1 else math.isqrt(len(seeds) - 1) + 1
        titles = [names[label].replace("_", " ") for label in labels]
        rows = in_rows(pictures, columns)
        beside = [*titles, *[""] * (len(rows) - len(titles))]
        sheet = named_grid(rows, beside, beneath=texts)
        return await asyncio.to_thread(_file, "png", sheet)

    async def interpolation(self, kind: str, served: Servable, asked: Parameters) -> Response:
        """Answer with a `gif` or `webp` of an interpolation, forwards and backwards.

        Its parameters are for example `label=0&seed=1&to_label=2&to_seed=3&truncation=100`, with
        the truncation in percent. Raises Refused for one that is not a number in its range.
        """
        classes = len(served.facts["class_names"])
        label, to_label = (_number(asked, name, classes) for name in ("label", "to_label"))
        seed, to_seed = (_number(asked, name, SEEDS) for name in ("seed", "to_seed"))
        truncation = _number({"truncation": "100", **asked}, "truncation", 101) / 100
        # Rounded to percents like the page's, so that both show the same pictures.
        t, one_hot = np.round(np.linspace(0, 100, FRAMES)) / 100, np.eye(classes)
        weights = np.outer(1 - t, one_hot[label]) + np.outer(t, one_hot[to_label])
        arrays: Arrays = {
            "seed": np.full(FRAMES, seed, np.int64),
            "seed_to": np.full(FRAMES, to_seed, np.int64),
            "t": t.astype(np.float32),
            "weights": weights.astype(np.float32),
            "truncation": np.full(FRAMES, truncation, np.float32),
        }
        pictures = await self._generate(served, "mix", arrays)
        return await asyncio.to_thread(_animation, kind, pictures)

    async def references(self, served: Servable, asked: Parameters) -> Response:
        """Answer with the export's sheet of real images, as a JPEG; Refused if it has none."""
        file = served.folder / EXTRA / REFERENCES
        if not file.is_file():
            raise Refused("This export carries no real pictures.", "NOT_FOUND")
        return Response(await asyncio.to_thread(file.read_bytes), media_type="image/jpeg")

    async def _generate(self, served: Servable, signature: str, arrays: Arrays) -> Pixels:
        answer = await self.batcher.run(served, signature, arrays)
        return decoded(answer["image_bytes"])


def _animation(kind: str, pictures: Pixels) -> Response:
    zoom = -(-SIDE // pictures.shape[1])
    there_and_back = [*pictures, *pictures[-2:0:-1]]
    first, *others = [ImageOps.scale(Image.fromarray(each), zoom) for each in there_and_back]
    moving = {"save_all": True, "append_images": others, "duration": MILLISECONDS, "loop": 0}
    return _file(kind, first, **moving, **KINDS[kind])


def _file(kind: str, image: Image.Image, **options: Any) -> Response:
    content = io.BytesIO()
    image.save(content, kind.upper(), **options)
    return Response(content.getvalue(), media_type=f"image/{kind}")


def _numbers(asked: Parameters, name: str, below: int) -> list[int]:
    texts = asked.get(name, "").split(",")
    return [_number({name: text}, name, below) for text in texts]


def _number(asked: Parameters, name: str, below: int) -> int:
    text = asked.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < below):
        raise Refused(f"{name} takes whole numbers from 0 to {below - 1}.")
    return int(text)
