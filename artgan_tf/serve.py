"""`python -m artgan_tf.serve MODEL`: TF Serving's REST interface without TF Serving."""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from artgan_tf import cli
from artgan_tf.cli import require
from artgan_tf.runs.pretrained import workplace

LARGE = 1e9  # seconds, milliseconds, megabytes or megapixels that nobody means


def serve(
    model: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")],
    *,
    host: str = "127.0.0.1",
    port: int = 8501,
    poll: float = 2.0,
    batch: int = 16,
    window_ms: float = 2.0,
    max_instances: int = 64,
    max_body_mb: float = 16.0,
    max_megapixels: float = 50.0,
    timeout: float = 30.0,
    cors: tuple[str, ...] = (),
    open: bool = False,
) -> None:
    """Serve a model: a gallery in the browser, and TensorFlow Serving's REST interface.

    Examples:
        artgan serve pretrained:wikiart-genre --open
        artgan serve runs/demo --port 8502

    Args:
        model: a run's directory or pretrained:NAME, for its newest export, which is made if there
            is none; or an export (a model's folder, whose new versions are served as they appear,
            or one version).
        host: address to listen on; 0.0.0.0 admits other machines.
        port: port to listen on.
        poll: seconds between checks for new versions.
        batch: largest number of pictures generated together, rounded down to a power of two.
        window_ms: milliseconds that a request waits for others while the server is busy.
        max_instances: largest number of pictures per request (the gallery's sheets take up to 256).
        max_body_mb: largest size of a request in megabytes.
        max_megapixels: largest total of pixels in the pictures of a request, in millions.
        timeout: seconds that a request's head, and then its body, may take to arrive.
        cors: origins whose pages may send requests, such as http://localhost:3000.
        open: open the gallery in the browser; its address is printed first either way.
    """
    require(0 <= port < 2**16, f"There is no port {port}: use a --port below 65536.")
    require(batch > 0 and max_instances > 0, "--batch and --max-instances take 1 or more.")
    require(0 <= window_ms < LARGE, f"--window-ms {window_ms:g} is invalid: use 0 to {LARGE:g}.")
    for option, value in {
        "--poll": poll, "--max-body-mb": max_body_mb,
        "--max-megapixels": max_megapixels, "--timeout": timeout,
    }.items():  # fmt: skip
        allowed = f"use more than 0, and less than {LARGE:g}"
        require(0 < value < LARGE, f"{option} {value:g} is invalid: {allowed}.")
    from artgan_tf.serving.address import bound, url
    from artgan_tf.serving.model_dir import find_model, newer_checkpoint

    found = find_model(model)
    with bound(host, port) as listening:  # a wrong model or address fails before TensorFlow starts
        cli.start_tensorflow()
        from artgan_tf.serving import server
        from artgan_tf.serving.app import Settings
        from artgan_tf.serving.batching import Rules
        from artgan_tf.serving.limits import Limits

        pixels = int(max_megapixels * 1e6)
        limits = Limits(int(max_body_mb * 2**20), max_instances, pixels, timeout)
        settings = Settings(limits, Rules(batch, window_ms / 1000), cors, poll, open)
        if not found.versions():
            _export(model, port=listening.getsockname()[1])
        elif newer := newer_checkpoint(model, found):
            named = ["--name", found.name] if found.name != workplace(model).resolve().name else []
            again = cli.command("artgan_tf.export", model, *named)
            told = f"The export is older than {newer.name}: {again} makes one, which is taken over."
            print(told, file=sys.stderr, flush=True)
        server.run(model, found, listening, url(host, listening), settings)


def _export(run: Path, port: int) -> None:
    """Export first; reported on stderr, because stdout begins with the gallery's address."""
    from artgan_tf.serving.saved_model import ExportOptions, export_run

    told = (
        f"{run} has no export yet: exporting first, to {workplace(run) / 'export'}, a minute or "
        f"two; port {port} is kept for it."
    )
    print(told, file=sys.stderr, flush=True)
    export_run(run, ExportOptions())


if __name__ == "__main__":
    cli.main(serve, "python -m artgan_tf.serve")
