"""Presets in TOML, with overrides like those of `--set`."""

from experiments.faults.fuzz.fuzzing import instrumented, place, refused, run

with instrumented("artgan_tf.config", "tomllib", "tomli_w"):
    import tomli_w

    from artgan_tf.config import flat, resolve, to_tree
    from artgan_tf.overrides import parse_overrides
    from tfrecords_tools.common.errors import InputError

END = "\0"  # separates a preset and its overrides
SEEDS = (
    b'extends = "demo"\n[train]\nsteps = 3\nlr_drops = [1, 2]\n',
    b'extends = "improved/cifar10"\0train.lr_generator=1e-3\0model.width=0.5',
    b'extends = "artgan/cifar10"\n[model]\nlatent = ["4:64"]\0data.image_size=32\0data.spec=x',
    b"[data]\nclasses = 3\ncrop = 0.9\n[log]\nmetrics = ['a']\0discriminator.noise=nan",
    b"train=3\0model.width=1e30\0train.seed=9223372036854775808",
)


def one(data: bytes) -> None:
    """Raise if an accepted configuration cannot be written and read back unchanged."""
    text, *assignments = data.decode("utf-8", "surrogateescape").split(END)
    file = place("presets") / "fuzzed.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    try:
        config = resolve(str(file), parse_overrides(assignments))
    except InputError as error:
        return refused(error)
    written = tomli_w.dumps(to_tree(config))
    file.write_text(written, encoding="utf-8")
    again = flat(resolve(str(file)))
    assert repr(again) == repr(flat(config)), written
    return None


if __name__ == "__main__":
    run("presets", one, SEEDS, 300)
