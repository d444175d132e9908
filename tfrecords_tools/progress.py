"""Shows the progress of a conversion: a bar on a terminal, or a line every 30 seconds without."""

import sys
import time

from tqdm import tqdm

LINE_SECONDS = 30


class Progress:
    """Shows the images done, images/s, MB/s of source files, images skipped, and the time left.

    Of the `total` images, an earlier run has done `done`.
    """

    def __init__(self, total: int, done: int = 0):
        self.total, self.earlier, self.images = total, done, done
        self.begun = self.reported = time.monotonic()
        self.bar = tqdm(total=total, initial=done, unit=" images", dynamic_ncols=True, disable=None)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def show(self, images: int, size: int, skipped: int) -> None:
        """Update the display; `images` of this run have files of `size` bytes (0: unknown)."""
        now = time.monotonic()
        seconds = max(now - self.begun, 1e-9)
        rate = (f"{size / 1e6 / seconds:.1f} MB/s, " if size else "") + f"{skipped} skipped"
        self.bar.set_postfix_str(rate, refresh=False)
        self.bar.update(self.earlier + images - self.bar.n if not self.bar.disable else 0)
        last = self.earlier + images == self.total and self.images < self.total
        if self.bar.disable and (now - self.reported >= LINE_SECONDS or last):
            self.reported, self.images = now, self.earlier + images
            left = (self.total - self.images) * seconds / max(images, 1)
            print(
                f"{self.images} of {self.total} images, {images / seconds:.0f} images/s, {rate}, "
                f"{tqdm.format_interval(left)} left",
                file=sys.stderr, flush=True,
            )  # fmt: skip
