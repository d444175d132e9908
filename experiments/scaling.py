"""What several GPUs gain, and what they cost: a page from counted figures and stated assumptions.

    python -m experiments.scaling [--flops ... --out FILE]

The counts are in `scaling.json`; `python -m experiments.counts` makes them anew.
"""

import json
from dataclasses import dataclass, fields
from math import ceil, log2
from pathlib import Path
from typing import Any

from artgan_tf import cli
from artgan_tf.config import Config, resolve
from experiments.counts import FILE

PAGE = FILE.with_suffix(".md")
JPEG = {32: 1774, 64: 4245, 128: 11_910}  # bytes of a painting, by short side: see the page
NORM_SUMS = 5  # of each batch norm: sum, squares and count forward, the first two backward
PACKS = 2  # the gradients of D, those of G
MOST = 64


@dataclass(frozen=True)
class Machines:
    """What is assumed of the hardware; nobody has measured it.

    Args:
        flops: multiplications and additions a second that a GPU keeps up with these networks.
        fill: images that it takes to do so; fewer take as long as these.
        machine: GPUs in one.
        near, far: bytes a second that a GPU sends while it receives, within a machine and beyond.
        near_latency, far_latency: seconds of an all-reduce of nothing, for each doubling of GPUs.
        worth: how much faster twice the GPUs must be to be worth it.
    """

    flops: float = 2e13
    fill: int = 16
    machine: int = 8
    near: float = 1e11
    far: float = 1e10
    near_latency: float = 1e-5
    far_latency: float = 3e-5
    worth: float = 1.3


@dataclass(frozen=True)
class Step:
    """Seconds of a training step.

    Args:
        batch: images, of all GPUs together.
        compute: of each GPU's part.
        gradients: to add them up.
        norms: to add up batch norm's sums.
    """

    batch: int
    compute: float
    gradients: float
    norms: float

    @property
    def seconds(self) -> float:
        return self.compute + self.gradients + self.norms

    @property
    def speed(self) -> float:
        """Images a second."""
        return self.batch / self.seconds


def step(facts: dict[str, int], batch: int, gpus: int, machines: Machines) -> Step:
    """A step of at least `batch` images on so many GPUs, by the page's formulas."""
    own = ceil(batch / gpus)
    near = gpus <= machines.machine
    wire = machines.near if near else machines.far
    latency = (machines.near_latency if near else machines.far_latency) * log2(gpus)
    ring = 2 * (gpus - 1) / gpus / wire  # seconds a byte
    return Step(
        own * gpus,
        2 * facts["multiplications"] * max(own, machines.fill) / machines.flops,
        ring * gradient_bytes(facts) + PACKS * latency,
        ring * norm_bytes(facts) + NORM_SUMS * facts["norms"] * latency,
    )


def gradient_bytes(facts: dict[str, int]) -> int:
    """All-reduced a step: float32 gradients of both networks."""
    return 4 * (facts["generator"] + facts["discriminator"])


def norm_bytes(facts: dict[str, int]) -> int:
    """All-reduced a step for synchronised batch norm."""
    return 4 * NORM_SUMS * facts["channels"]


def last_worth(facts: dict[str, int], batch: int, machines: Machines) -> int:
    """The number of GPUs after which twice as many are not worth it."""
    gpus = 1
    while gpus < MOST:
        here, twice = (step(facts, batch, n, machines).speed for n in (gpus, 2 * gpus))
        if twice < machines.worth * here:
            break
        gpus *= 2
    return gpus


# ---- the page --------------------------------------------------------------------------------
def counted_row(preset: str, facts: dict[str, int]) -> str:
    """What was counted and measured of a preset."""
    size = resolve(preset).data.image_size
    return _row(
        f"`{preset}`",
        f"{facts['multiplications'] / 1e6:,.0f}",
        f"{gradient_bytes(facts) / 1e6:.1f}",
        f"{NORM_SUMS * facts['norms']}",
        f"{norm_bytes(facts) / 1e3:.0f}",
        f"{JPEG[size]:,}",
        f"{3 * size**2:,}",
    )


def modelled_row(preset: str, facts: dict[str, int], machines: Machines) -> str:
    """What the formulas make of it at 1, 8 and 64 GPUs."""
    config = resolve(preset)
    batch = config.train.batch_size
    one = step(facts, batch, 1, machines)
    cells = [f"`{preset}`", str(batch), f"{one.seconds * 1e3:.1f}"]
    for gpus in (8, 64):
        cells += _cells(step(facts, batch, gpus, machines), one, config)
    large = step(facts, batch * 64, 64, machines)
    cells += [f"{large.speed / one.speed:.0f}", str(last_worth(facts, batch, machines))]
    return _row(*cells)


def _cells(many: Step, one: Step, config: Config) -> list[str]:
    size = config.data.image_size
    parts = " + ".join(
        f"{seconds * 1e3:.1f}" for seconds in (many.compute, many.gradients, many.norms)
    )
    rates = " / ".join(f"{many.speed * size_ / 1e6:.0f}" for size_ in (JPEG[size], 3 * size**2))
    return [str(many.batch), parts, f"{many.speed / one.speed:.1f}", rates]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def page(counts: dict[str, dict[str, int]], machines: Machines) -> str:
    """All of it, as Markdown."""
    values = {field.name: f"{getattr(machines, field.name):g}" for field in fields(machines)}
    text = Path(__file__).with_name("scaling_page.md.in").read_text(encoding="utf-8")
    tables = {
        "counted": "\n".join(counted_row(*each) for each in counts.items()),
        "modelled": "\n".join(modelled_row(*each, machines) for each in counts.items()),
    }
    return text.format(**values, **tables, norm_sums=NORM_SUMS, summary=summary(counts, machines))


def summary(counts: dict[str, dict[str, int]], machines: Machines) -> str:
    """What the table says, in words, with its own figures."""
    last, shares, rates = {}, [], []
    for preset, facts in counts.items():
        config = resolve(preset)
        last[preset] = last_worth(facts, config.train.batch_size, machines)
        many = step(facts, config.train.batch_size, 64, machines)
        shares.append(many.norms / (many.norms + many.gradients))
        rates.append(many.speed * JPEG[config.data.image_size] / 1e6)
    ends = {n: sum(found == n for found in last.values()) for n in sorted(set(last.values()))}
    words = ", ".join(f"{count} after {n}" for n, count in ends.items())
    return (
        f"Of {len(last)} presets it stops paying for {words}, so assumed. Among 64 GPUs "
        f"batch norm is {min(shares):.0%} to {max(shares):.0%} of what is spent on talking; input "
        f"is at most {max(rates):.0f} MB/s of JPEGs for all of them together."
    )


def read_counts() -> dict[str, Any]:
    """The counts by preset."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def main(machines: Machines = Machines(), out: Path = PAGE) -> None:
    """Write the page.

    Args:
        machines: what is assumed of the hardware.
        out: the file.
    """
    out.write_text(page(read_counts(), machines), encoding="utf-8")
    print(out)


if __name__ == "__main__":
    cli.main(main, "python -m experiments.scaling")
