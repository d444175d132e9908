"""A list of classes that does not match its weights is an error; no weights are made up."""

from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w

from artgan_tf.config import InputError, to_tree
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load, load_gan
from artgan_tf.sampling.models import open_model
from artgan_tf.serving.saved_model import ExportOptions, export_run
from tests.conftest import TABLES
from tests.runs.untrained import NAMES, save_untrained


def change(run: RunDirectory, **settings: object) -> None:
    """Change settings of its training."""
    tree = to_tree(run.config())
    tree["train"] |= settings
    run.config_file.write_text(tomli_w.dumps(tree))


@pytest.mark.slow
@pytest.mark.parametrize("paper", TABLES)
def test_another_number_of_names_is_refused(paper: str, tmp_path: Path) -> None:
    run = save_untrained(paper, tmp_path / "run")
    assert load_gan(run)[1] == NAMES
    uses: list[tuple[Callable[[Path], object], list[str]]] = [
        (load, NAMES[:2]),
        (open_model, [*NAMES, "fir"]),
        (lambda path: export_run(path, ExportOptions()), NAMES[:1]),
    ]
    for use, names in uses if paper == "improved" else uses[:2]:
        run.classes_file.write_text("".join(f"{name}\n" for name in names))
        told = rf"classes\.txt has {len(names)} names, but .* restore the file"
        with pytest.raises(InputError, match=told):
            use(run.path)
    assert not (run.path / "export").exists()


@pytest.mark.slow
def test_settings_that_no_training_takes_any_more_are_no_reason_not_to_load(tmp_path: Path) -> None:
    run = save_untrained("critic", tmp_path / "run")
    change(run, cifar_trick=True)
    assert load_gan(run)[1] == NAMES
    # What precision `auto` trained is painted in float32.
    for precision, painted in (("auto", "float32"), ("mixed_bfloat16", "mixed_bfloat16")):
        change(run, cifar_trick=False, precision=precision)
        assert load_gan(run)[0].dtype_name == painted
