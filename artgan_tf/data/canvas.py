"""A canvas for procedural paintings: shapes with smooth edges at any size, and random colours."""

from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.floating]
Colours = tuple[float, ...]  # lowest and highest hue (past 1 wraps), saturation, value

# Hues are positions on the painter's colour wheel, whose six colours are a sixth of it apart:
# uniform draws give fewer greens and more earth colours than in HSV.
SIXTHS, WHEEL = np.arange(7) / 6, np.array([0.0, 0.08, 0.16, 0.35, 0.6, 0.76, 1.0])


class Canvas:
    """Pixels float32 [size, size, 3] and their coordinates `down` and `across`, all from 0 to 1."""

    def __init__(self, size: int) -> None:
        centres = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.across, self.down = np.meshgrid(centres, centres)
        self.pixels: Array = np.zeros((size, size, 3), np.float32)

    def wash(self, top: Array, bottom: Array, end: float = 1.0) -> None:
        """Fill the canvas with a vertical gradient from `top` at 0 to `bottom` at `end`."""
        self.pixels = top + np.minimum(self.down / end, 1)[..., None] * (bottom - top)

    def blend(self, colour: Array, opacity: Array) -> None:
        """Blend in `colour`, [3] or [size, size, 3], with opacity from 0 to 1, [size, size]."""
        self.pixels = self.pixels + opacity[..., None] * (colour - self.pixels)

    def cover(self, colour: Array, *depths: Array, softness: float = 0.0) -> None:
        """Paint `colour` where all `depths`, the distances inside a shape's edges, are positive."""
        # Each edge is a ramp at least one pixel wide, which avoids aliasing at any size.
        width = max(softness, 1 / len(self.down))
        shares = [np.minimum(np.maximum(depth / width + 0.5, 0), 1) for depth in depths]
        self.blend(colour, reduce(np.multiply, shares))

    def ellipse(self, y: float, x: float, height: float, width: float) -> Array:
        """Depth inside the ellipse with this centre and these half axes: [size, size]."""
        reach = np.hypot((self.down - y) / height, (self.across - x) / width)
        return (1 - reach) * min(height, width)

    def disc(self, y: float, x: float, radius: float) -> Array:
        """Depth inside the disc with this centre: [size, size]."""
        return self.ellipse(y, x, radius, radius)

    def turned(self, random: Generator) -> tuple[Array, Array]:
        """Coordinates [size, size] along and across a random direction through a random point."""
        y, x, angle = random.uniform((0.15, 0.15, 0), (0.85, 0.85, np.pi)).astype(np.float32)
        down, across, cosine, sine = self.down - y, self.across - x, np.cos(angle), np.sin(angle)
        return cosine * across + sine * down, cosine * down - sine * across


def draw_colour(random: Generator, colours: Colours, *others: Array) -> Array:
    """A random colour float32 [3] from a range, redrawn until it contrasts with `others`."""
    while True:
        place, saturation, value = random.uniform(colours[::2], colours[1::2]).tolist()
        hue = 6 * np.interp(place % 1, SIXTHS, WHEEL).item()
        dips = [min(max(2 - abs((hue + shift) % 6 - 2), 0), 1) for shift in (5, 3, 1)]
        colour = np.array([value - value * saturation * dip for dip in dips], np.float32)
        if all(np.abs(colour - other).sum() > 0.7 for other in others):
            return colour


def spread(random: Generator, count: int, whole: float = 1.0) -> list[tuple[float, float]]:
    """Edges (start, end) of `count` adjacent intervals of random sizes that fill 0 to `whole`."""
    parts = np.append(0.0, random.uniform(0.6, 1.5, count))
    return list(pairwise((np.cumsum(parts) * whole / parts.sum()).tolist()))


def between(position: Array, start: float, end: float) -> Array:
    """Depth inside the band where `position` is between `start` and `end`: [size, size]."""
    depth: Array = (end - start) / 2 - np.abs(position - (start + end) / 2)
    return depth
