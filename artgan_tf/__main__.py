"""`python -m artgan_tf VERB ...` and the `artgan` script: the same verbs as `artgan_tf.VERB`."""

import importlib
import sys

from artgan_tf import cli
from tfrecords_tools.common.errors import meant

VERBS = {
    "fit": "train a preset",
    "sample": "paint classes by name",
    "evaluate": "measure a trained run beside real images",
    "models": "the trained generators that come with it",
    "study": "several presets side by side",
    "export": "a trained run as a SavedModel for TF Serving",
    "serve": "a gallery in the browser, and TF Serving's requests over HTTP",
    "convert": "labelled images into TFRecord shards, which training reads fast",
    "verify": "whether every record of such shards is what it was",
    "preview": "a contact sheet of such shards",
}
ELSEWHERE = {  # verb -> its module, if that is not called after it in this package
    "models": "artgan_tf.catalogue",  # in `artgan_tf.models` are the networks' own
    "convert": "tfrecords_tools.convert",
    "verify": "tfrecords_tools.verify",
    "preview": "tfrecords_tools.preview",
}


def main() -> None:
    """Hand the rest of the command line to the verb that the first word names."""
    verb, *rest = sys.argv[1:] or ["--help"]
    if verb in ("-h", "--help"):
        with cli.output():
            print("usage: artgan VERB ...\n")
            print("\n".join(f"  {name:10} {what}" for name, what in VERBS.items()))
            print("\n`artgan VERB --help` tells more.")
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
