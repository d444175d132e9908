"""`python -m artgan_tf VERB ...` and the `artgan` script: the same verbs as `artgan_tf.VERB`."""

import importlib
import sys

from artgan_tf import cli

VERBS = {
    "fit": "train a preset",
    "sample": "paint classes by name",
    "evaluate": "measure a trained run beside real images",
    "models": "the trained generators that come with it",
    "study": "several presets side by side",
    "export": "a trained run as a SavedModel for TF Serving",
    "serve": "an export over HTTP, where TF Serving is not installed",
}
ELSEWHERE = {"models": "catalogue"}  # in `models` are the networks' own


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
        print(f"error: there is no verb {verb!r}: use {', '.join(VERBS)}.", file=sys.stderr)
        sys.exit(2)
    module = importlib.import_module(f"artgan_tf.{ELSEWHERE.get(verb, verb)}")
    cli.main(getattr(module, verb), f"artgan {verb}", rest)


if __name__ == "__main__":
    main()
