"""Demo data: procedural paintings in ten classes that a person can tell apart at 32x32.

A painting depends only on (seed, index), and its composition, in coordinates from 0 to 1, not on
the size. Within a class mostly colour, position, scale and orientation vary.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from artgan_tf.data.canvas import Array, Canvas, Colours, between, draw_colour, spread

FREE: Colours = (0.0, 1.0, 0.25, 0.9, 0.25, 1.0)
STRONG: Colours = (0.0, 1.0, 0.6, 0.95, 0.5, 1.0)
PALE: Colours = (0.0, 1.0, 0.02, 0.3, 0.85, 1.0)
HAIR: Colours = (0.02, 0.27, 0.2, 0.8, 0.08, 0.85)
FRUIT: Colours = (-0.04, 0.5, 0.65, 0.95, 0.6, 1.0)
NIGHT: Colours = (0.6, 0.9, 0.6, 1.0, 0.08, 0.3)
GLOW: Colours = (0.17, 0.36, 0.05, 0.45, 1.0, 1.0)
GROUND: Colours = (0.1, 0.6, 0.3, 0.75, 0.35, 0.85)
SKINS = ((0.1, 0.16, 0.25, 0.45, 0.85, 1.0), (0.1, 0.16, 0.45, 0.7, 0.3, 0.8))
SKIES = (  # zenith and horizon at dawn, by day, at dusk and under cloud
    ((0.66, 0.82, 0.25, 0.5, 0.6, 0.85), (0.95, 1.2, 0.25, 0.55, 0.9, 1.0)),
    ((0.61, 0.7, 0.5, 0.8, 0.7, 0.95), (0.59, 0.67, 0.08, 0.3, 0.92, 1.0)),
    ((0.68, 0.9, 0.45, 0.7, 0.35, 0.6), (0.98, 1.25, 0.6, 0.9, 0.85, 1.0)),
    ((0.6, 0.72, 0.02, 0.15, 0.45, 0.7), (0.1, 0.7, 0.02, 0.15, 0.75, 0.95)),
)


def landscape(canvas: Canvas, random: Generator) -> None:
    """A sky at a random time of day, the sun, one or two ridges of hills, and the ground."""
    zenith, low_sky = (draw_colour(random, part) for part in SKIES[random.integers(len(SKIES))])
    horizon = random.uniform(0.4, 0.74)
    canvas.wash(zenith, low_sky, horizon)
    sun = canvas.disc(random.uniform(0.12, horizon), random.uniform(0.1, 0.9), 0.4)
    sunlight = draw_colour(random, GLOW)
    canvas.blend(sunlight, np.maximum(sun, 0))
    canvas.cover(sunlight, sun - 0.4 + random.uniform(0.05, 0.1))
    ground = draw_colour(random, GROUND) * (0.3 + 0.7 * zenith.max())
    for nearness in (0.35, 0.65, 1.0)[random.integers(2) :]:
        slow, fast, first, second = random.uniform((2, 7, 0, 0), (6, 14, 6.28, 6.28)).tolist()
        wave = 2 * np.sin(slow * canvas.across + first) + np.sin(fast * canvas.across + second)
        top = horizon + 0.3 * (nearness - 0.65) + 0.04 * (1.3 - nearness) * wave
        colour = low_sky + nearness * (ground * (1.5 - 0.7 * canvas.down[..., None]) - low_sky)
        canvas.cover(colour, canvas.down - top)


def portrait(canvas: Canvas, random: Generator) -> None:
    """Head and shoulders of one person before a plain background."""
    skin = draw_colour(random, SKINS[random.integers(len(SKINS))])
    hair, clothes = draw_colour(random, HAIR, skin), draw_colour(random, FREE, skin)
    wall = draw_colour(random, FREE, skin, hair, clothes)
    canvas.wash(wall * random.uniform(0.7, 1.0), wall * random.uniform(0.7, 1.0))
    y, x, width, slope = random.uniform((0.38, 0.4, 0.15, 1.15), (0.46, 0.6, 0.2, 1.35)).tolist()
    height = width * slope
    length = height * (random.uniform(1.2, 1.6) if random.random() < 0.5 else 0.8)
    canvas.cover(hair, canvas.ellipse(y + length - height, x, length + 0.03, width * 1.2))
    shoulders = random.uniform((0.2, 0.3), (0.3, 0.46)).tolist()
    canvas.cover(clothes, canvas.ellipse(1.02, x, *shoulders))
    canvas.cover(skin * 0.8, canvas.ellipse(y + height, x, 0.16, width * 0.5))
    paint_face(canvas, random, skin, hair, (y, x, height, width))


def paint_face(
    canvas: Canvas, random: Generator, skin: Array, hair: Array, place: tuple[float, ...]
) -> None:
    """A face lit from one side, with fringe, eyes and lips; `place` is as in `ellipse`."""
    y, x, height, width = place
    side, face = (canvas.across - x) / width, canvas.ellipse(*place)
    light, parting, brow = random.uniform((-0.15, -0.08, 0.4), (0.15, 0.08, 0.7)).tolist()
    canvas.cover(skin * (0.94 + light * side[..., None]), face)
    canvas.cover(hair, face + 0.025, y - brow * height + parting * side - canvas.down)
    for eye in (x - 0.4 * width, x + 0.4 * width):
        canvas.cover(skin * 0.2, canvas.ellipse(y, eye, 0.022, 0.03))
    lips = canvas.ellipse(y + 0.55 * height, x, 0.02, 0.4 * width)
    canvas.cover(skin * np.array([0.85, 0.4, 0.4], np.float32), lips)


def still_life(canvas: Canvas, random: Generator) -> None:
    """Shaded fruits, and often a vase, on a table before a wall."""
    wall = draw_colour(random, FREE)
    table = draw_colour(random, FREE, wall)
    edge, light = random.uniform(0.48, 0.66), random.choice((-0.4, -0.2, 0.2, 0.4)).item()
    canvas.wash(wall * 0.75, wall, edge)
    canvas.cover(table * (1.3 - 0.5 * canvas.down[..., None]), canvas.down - edge)
    places = (random.permutation((0.22, 0.5, 0.78)) + random.uniform(-0.06, 0.06, 3)).tolist()
    if random.random() < 0.6:
        width, height = random.uniform((0.1, 0.4), (0.15, 0.5)).tolist()
        side, along = (canvas.across - places.pop()) / width, (edge + 0.1 - canvas.down) / height
        profile = 0.7 + 0.4 * np.sin(6 * along - 0.5) - np.abs(side)
        colour = draw_colour(random, FREE, wall, table) * (0.85 + light * side[..., None])
        canvas.cover(colour, profile * width, between(along, 0, 1) * height)
    for x in places[random.integers(2) :]:
        radius, y = random.uniform(0.1, 0.17), edge + random.uniform(0.02, 0.16)
        canvas.cover(table * 0.5, canvas.ellipse(y + 0.8 * radius, x, 0.4 * radius, 1.3 * radius))
        lit = canvas.disc(y - 0.4 * radius, x + light * radius, radius) / radius
        shade = np.maximum(0.6 + 0.5 * lit, 0.3)[..., None]
        canvas.cover(draw_colour(random, FRUIT, wall, table) * shade, canvas.disc(y, x, radius))


def night_sky(canvas: Canvas, random: Generator) -> None:
    """A moon, full or crescent, and stars on a dark sky with a faint band of light."""
    sky, haze, light = (draw_colour(random, part) for part in (NIGHT, NIGHT, GLOW))
    canvas.wash(sky, haze * random.uniform(1.0, 2.0))
    band = np.exp(-((canvas.turned(random)[1] / 0.14) ** 2))
    canvas.blend(0.5 + haze, random.uniform(0.1, 0.5) * band)
    stars = random.uniform(0, 1, (3, 28, 1)).astype(np.float32)  # y, x and brightness
    rows = np.exp(-(((stars[0] - canvas.down[:, 0]) / 0.014) ** 2)) * (0.4 + stars[2])
    columns = np.exp(-(((stars[1] - canvas.across[0]) / 0.014) ** 2))
    canvas.blend(light, np.minimum(rows.T @ columns, 1))
    y, x, radius, shift = random.uniform((0.2, 0.18, 0.09, 0.5), (0.6, 0.82, 0.17, 2.2)).tolist()
    canvas.blend(light, np.maximum(canvas.disc(y, x, 0.4), 0))
    shadow = canvas.disc(y, x + shift * radius * random.choice((-1, 1)).item(), radius)
    canvas.cover(light, canvas.disc(y, x, radius), -shadow)


def colour_field(canvas: Canvas, random: Generator) -> None:
    """Two or three soft-edged blocks of colour, stacked on a plain ground."""
    colour = ground = draw_colour(random, FREE)
    canvas.wash(ground, ground * random.uniform(0.75, 1.0))
    gap, margin = random.uniform((0.04, 0.08), (0.08, 0.13)).tolist()
    upright = between(canvas.across, margin, 1 - margin)
    for top, bottom in spread(random, int(random.integers(2, 4)), 1 - 2 * margin + gap):
        colour = draw_colour(random, FREE, ground, colour)
        level = between(canvas.down, margin + top, margin + bottom - gap)
        canvas.cover(colour, level, upright, softness=0.07)


def grid(canvas: Canvas, random: Generator) -> None:
    """Black vertical and horizontal lines on a light ground, with a few cells filled."""
    ground, black = draw_colour(random, PALE), np.full(3, 0.06, np.float32)
    canvas.wash(ground, ground)
    rows, columns = (spread(random, count) for count in random.integers(3, 5, 2).tolist())
    cells = [(row, column) for row in rows for column in columns]
    for cell in random.permutation(len(cells))[: random.integers(3, 6)].tolist():
        inside = (between(canvas.down, *cells[cell][0]), between(canvas.across, *cells[cell][1]))
        canvas.cover(draw_colour(random, STRONG, ground), *inside)
    width = random.uniform(0.02, 0.036)
    for parts, position in ((rows, canvas.down), (columns, canvas.across)):
        for line, _ in parts[1:]:
            canvas.cover(black, between(position, line - width, line + width))


def stripes(canvas: Canvas, random: Generator) -> None:
    """Stripes of two colours, vertical or slightly slanted, over the whole picture."""
    lean = np.float32(random.uniform(-0.35, 0.35))
    alternate(canvas, random, canvas.across + lean * canvas.down)


def rings(canvas: Canvas, random: Generator) -> None:
    """Concentric rings of two colours over the whole picture."""
    y, x = random.uniform(0.35, 0.65, 2).tolist()
    alternate(canvas, random, canvas.disc(y, x, 1))


def alternate(canvas: Canvas, random: Generator, position: Array) -> None:
    """Fill the canvas with two colours that alternate along `position` [size, size]."""
    colour = draw_colour(random, FREE)
    canvas.wash(colour, colour * random.uniform(0.75, 1.0))
    period, share, start = random.uniform((0.26, 0.4, 0), (0.46, 0.6, 1)).tolist()
    depth = between((position / period + start) % 1, 0.5 - share / 2, 0.5 + share / 2) * period
    canvas.cover(draw_colour(random, FREE, colour), depth)


def dots(canvas: Canvas, random: Generator) -> None:
    """Four to eight large, well separated dots on a plain ground."""
    ground = draw_colour(random, FREE)
    canvas.wash(ground, ground)
    shared, alike = draw_colour(random, FREE, ground), random.random() < 0.4
    smallest = random.uniform(0.07, 0.11)
    for cell in random.permutation(9)[: random.integers(4, 9)].tolist():
        y, x = (0.17 + 0.33 * step + random.uniform(-0.03, 0.03) for step in divmod(cell, 3))
        radius = smallest + random.uniform(0, 0.03)
        colour = shared if alike else draw_colour(random, FREE, ground)
        canvas.cover(colour, canvas.disc(y, x, radius))


def brush_strokes(canvas: Canvas, random: Generator) -> None:
    """Five to nine thick curved strokes with bristle marks on a toned ground."""
    ground = draw_colour(random, FREE)
    canvas.wash(ground, ground * random.uniform(0.7, 1.0))
    for _ in range(random.integers(5, 10)):
        along, beside = canvas.turned(random)
        length, width, phase = random.uniform((0.22, 0.07, 0), (0.42, 0.12, 6.28)).tolist()
        beside = beside - random.uniform(-0.9, 0.9) * along**2
        bristles = 0.9 + 0.14 * np.sin(7 * beside / width + phase) - 0.4 * along
        colour = draw_colour(random, STRONG, ground) * bristles[..., None]
        ends = 0.4 * between(along, -length, length)  # softer, as the brush lifts off slowly
        canvas.cover(colour, between(beside, -width, width), ends, softness=0.03)


PICTURES = (landscape, portrait, still_life, night_sky)
PATTERNS = (colour_field, grid, stripes, dots, rings, brush_strokes)
PAINTERS = (*PICTURES, *PATTERNS)
CLASS_NAMES: tuple[str, ...] = tuple(painter.__name__.replace("_", " ") for painter in PAINTERS)


def paint(seed: int, index: int, size: int) -> tuple[NDArray[np.uint8], int]:
    """Painting number `index` for a seed: uint8 [size, size, 3], and its label, index % 10."""
    canvas, label = Canvas(size), index % len(PAINTERS)
    PAINTERS[label](canvas, np.random.default_rng((seed, index)))
    return (np.clip(canvas.pixels, 0, 1) * 255 + 0.5).astype(np.uint8), label
