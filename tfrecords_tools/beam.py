"""Writes shards with Apache Beam, on any of its runners; needs the extra `beam`.

Launcher and workers communicate through the output folder, which all of them must see under the
same path: the launcher writes a list of images for each shard, a worker writes the shard and its
report, and the launcher polls for reports.  Nothing depends on what a runner returns, so a
conversion that was started with Beam can resume without it, and the other way round.
"""

import contextlib
import importlib
import io
import os
import threading
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from tfrecords_tools.beam_job import Job, versions_here, write
from tfrecords_tools.common.errors import InputError, RunError
from tfrecords_tools.options import Options
from tfrecords_tools.plan import Shard
from tfrecords_tools.progress import Progress
from tfrecords_tools.shards import BadImage, ShardReport
from tfrecords_tools.workspace import Workspace, read_json

# It patches `import` while it loads, so no other thread may import anything at that time.
PLUGIN = "tensorflow_datasets"
POLL_SECONDS = 0.5
JOIN_SECONDS = 30


def check_beam(options: Options) -> None:
    """Raise InputError if Beam is missing or rejects its options."""
    try:
        importlib.import_module("apache_beam")
    except ImportError as error:
        raise InputError(
            f"--runner beam needs Apache Beam ({error}): pip install 'artgan-tf[beam]', or in a "
            f"clone pip install -r requirements-beam.txt."
        ) from None
    from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
    from apache_beam.runners.runner import create_runner

    try:
        with contextlib.redirect_stderr(io.StringIO()) as said:  # argparse prints its complaint
            flags = _flags(options)
            runner = create_runner(flags.get_all_options()["runner"] or "DirectRunner")
            problems = PipelineOptionsValidator(flags, runner).validate()
    except SystemExit:
        problems = said.getvalue().splitlines()[-1:]
    except (ValueError, ImportError, AttributeError) as error:
        problems = [str(error)]
    if problems:
        problem = problems[0].strip().rstrip(".")
        raise InputError(f"Apache Beam rejects the options after --: {problem}.")


def _flags(options: Options) -> Any:
    """Return Beam's own options; without any, those for `workers` threads on this machine.

    Threads rather than processes: Ctrl-C kills processes, and Beam waits for them forever.
    """
    from apache_beam.options.pipeline_options import PipelineOptions

    here = (
        "--runner=DirectRunner",
        "--direct_running_mode=multi_threading",
        f"--direct_num_workers={options.workers or os.cpu_count() or 1}",
    )
    return PipelineOptions([*(options.beam_options or here), f"--beam_plugin={PLUGIN}"])


def write_with_beam(
    work: Callable[..., ShardReport], shards: list[Shard], workspace: Workspace,
    progress: Progress, options: Options,
) -> Generator[list[ShardReport], None, None]:  # fmt: skip
    """Like `write_with_processes`, with the same arguments, results and errors."""
    if not shards:
        return
    importlib.import_module(PLUGIN)  # for workers in threads; others load it as a plugin
    pending = {shard.file: shard for shard in shards}
    job = Job.lay_out(shards, workspace)
    write_one = partial(write, work, job.folder, versions_here())
    pipeline = Pipeline(write_one, list(pending), _flags(options))
    images = skipped = 0
    try:
        while pending:
            over = pipeline.over.wait(POLL_SECONDS)  # before the look: no report comes after
            reports = _arrived(pending, workspace)
            images += sum(report.images for report in reports)
            skipped += sum(len(report.skipped) for report in reports)
            progress.show(images, 0, skipped)
            yield reports
            if bad := job.bad_image():
                raise BadImage(*bad)
            if over and pending:
                raise RunError(pipeline.failure(next(iter(pending))))
    finally:
        job.call_off()
        pipeline.end()


def _arrived(pending: dict[str, Shard], workspace: Workspace) -> list[ShardReport]:
    """Return the reports that have arrived, and remove their shards from `pending`."""
    there = {path.name for path in workspace.state.iterdir()}
    came = [shard for shard in pending.values() if workspace.notes(shard).name in there]
    found = [read_json(workspace.notes(pending.pop(shard.file))) for shard in came]
    return [ShardReport(**report) for report in found if report]


class Pipeline:
    """A pipeline in its own thread, because some runners return only when everything is done.

    Its workers call `write` with the name of each shard of `files`.
    """

    def __init__(self, write: Callable[[str], None], files: list[str], flags: Any):
        self.over = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None
        arguments = (write, files, flags)
        self.thread = threading.Thread(target=self._run, args=arguments, daemon=True)
        self.thread.start()

    def _run(self, write: Callable[[str], None], files: list[str], flags: Any) -> None:
        import apache_beam as beam

        try:
            pipeline = beam.Pipeline(options=flags)
            # Without Reshuffle, a runner may give all shards to the worker that creates the names.
            names = pipeline | beam.Create(files) | beam.Reshuffle()
            names | "write shards" >> beam.Map(write)
            self.result = pipeline.run()
            self.result.wait_until_finish()
        except BaseException as error:
            self.error = error
        finally:
            self.over.set()

    def failure(self, missing: str) -> str:
        """Return a sentence about why shards such as `missing` were not written."""
        state = self.result.state if self.result else "nothing"
        ended = f"it ended in state {state} without writing {missing}"
        lines = str(self.error or "").splitlines() or [ended]
        return (
            f"Apache Beam could not write all shards ({lines[-1].strip()}): the same command "
            f"resumes where it stopped."
        )

    def end(self) -> None:
        """Cancel the pipeline, so that it does not outlive the launcher."""
        if not self.over.is_set() and self.result:
            with contextlib.suppress(Exception):  # not every runner can cancel
                self.result.cancel()
        self.thread.join(JOIN_SECONDS)
