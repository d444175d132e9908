"""A run whose class names do not match its weights is an error; no weights are made up."""

from pathlib import Path

import pytest
import tomli_w

from artgan_tf.config import InputError, resolve, to_tree
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load
from artgan_tf.sampling.models import open_model
from artgan_tf.serving.saved_model import ExportOptions, export_run
from tests.conftest import PRESETS, TABLES, tiny_overrides

NAMES = ["oak", "elm", "ash"]


@pytest.fixture(params=TABLES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> RunDirectory:
    """A run after one step."""
    config = resolve(PRESETS[request.param], tiny_overrides(request.param, "none"))
    gan = build_gan(config, len(NAMES))
    gan.compile()
    gan.step.assign(1)
    made = RunDirectory(tmp_path / "run")
    made.path.mkdir()
    made.config_file.write_text(tomli_w.dumps(to_tree(config)))
    made.classes_file.write_text("".join(f"{name}\n" for name in NAMES))
    Checkpoints(gan, made.checkpoints).save()
    return made


@pytest.mark.slow
def test_another_number_of_names_is_refused(run: RunDirectory) -> None:
    assert load(run.path).class_names == tuple(NAMES)
    for names in (NAMES[:1], NAMES[:2], [*NAMES, ""], [*NAMES, "fir"]):
        run.classes_file.write_text("".join(f"{name}\n" for name in names))
        with pytest.raises(InputError, match=refusal(len(names))):
            load(run.path)


def refusal(count: int) -> str:
    return rf"classes\.txt has {count} names, but .* restore the file"


@pytest.mark.slow
@pytest.mark.parametrize("run", ["improved"], indirect=True)
def test_no_verb_takes_another_number_of_names(run: RunDirectory) -> None:
    run.classes_file.write_text(NAMES[0])
    for use in (open_model, lambda path: export_run(path, ExportOptions())):
        with pytest.raises(InputError, match=refusal(1)):
            use(run.path)
    assert not (run.path / "export").exists()


@pytest.mark.slow
@pytest.mark.parametrize("run", ["critic"], indirect=True)
def test_settings_that_no_training_takes_any_more_are_no_reason_not_to_load(
    run: RunDirectory,
) -> None:
    tree = to_tree(run.config())
    tree["train"]["cifar_trick"] = True
    run.config_file.write_text(tomli_w.dumps(tree))
    assert load(run.path).class_names == tuple(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("run", ["improved"], indirect=True)
def test_what_precision_auto_trained_is_painted_in_float32(run: RunDirectory) -> None:
    tree = to_tree(run.config())
    for precision, painted in (("auto", "float32"), ("mixed_bfloat16", "mixed_bfloat16")):
        tree["train"]["precision"] = precision
        run.config_file.write_text(tomli_w.dumps(tree))
        assert load(run.path).gan.dtype_name == painted
