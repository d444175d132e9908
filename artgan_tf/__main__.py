"""The `artgan` script and `python -m artgan_tf`: run the verb that the first word names."""

import importlib
import sys

from artgan_tf import cli
from tfrecords_tools.common.errors import meant

VERBS = {
    "fit": "train a preset",
    "sample": "generate images of classes by name",
    "evaluate": "measure a trained run against real images",
    "models": "list the pretrained generators",
    "study": "train several presets and compare them",
    "export": "export a trained run as a SavedModel for TF Serving",
    "serve": "a gallery in the browser, and TF Serving's requests over HTTP",
    "convert": "convert labelled images to TFRecord shards, which training reads fast",
    "verify": "check every record of TFRecord shards for damage",
    "preview": "draw a contact sheet of TFRecord shards",
}
ELSEWHERE = {  # verb -> its module, if that is not `artgan_tf.VERB`
    "models": "artgan_tf.catalogue",  # `artgan_tf.models` holds the Keras models
    "convert": "tfrecords_tools.convert",
    "verify": "tfrecords_tools.verify",
    "preview": "tfrecords_tools.preview",
}


def main() -> None:
    """Dispatch the command line to the verb named by its first word."""
    verb, *rest = sys.argv[1:] or ["--help"]
    if verb in ("-h", "--help"):
        with cli.output():
            print("usage: artgan VERB ...\n")
            print("\n".join(f"  {name:10} {what}" for name, what in VERBS.items()))
            print("\n`artgan VERB --help` describes a verb.")
        return
    if verb not in VERBS:
        hint = meant(verb, tuple(VERBS))
        print(f"error: there is no verb {verb!r}{hint}: use {', '.join(VERBS)}.", file=sys.stderr)
        sys.exit(2)
    module = importlib.import_module(ELSEWHERE.get(verb, f"artgan_tf.{verb}"))
    options = module.Options if verb == "convert" else None
    cli.main(getattr(module, verb), f"artgan {verb}", rest, options)


if __name__ == "__main__":
    main()
