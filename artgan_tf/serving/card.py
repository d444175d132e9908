"""The model card of an export."""

from typing import Any

from artgan_tf.papers import MODELS

REFERENCES = "references.jpg"
SIGNATURES = {
    "serving_default": "label int32 [N], seed int64 [N] -> image_bytes (PNG)",
    "magnified": "the same, at twice the size",
    "mix": "seed, seed_to int64 [N], t float [N], weights float [N, K], truncation float [N] -> "
    "image_bytes",
    "generate": "z float [N, Z], label int32 [N] -> images uint8 [N, H, W, 3]",
    "classify": "image_bytes [N] -> label, class_name, scores [N, K], realness",
    "reconstruct": "image_bytes [N] -> image_bytes",
}


def model_card(facts: dict[str, Any]) -> str:
    """Markdown: what it paints, how it was trained, how to ask it."""
    config, names = facts["config"], facts["class_names"]
    kind = MODELS[config["model"]["paper"]]
    data, train = config["data"], config["train"]
    lines = [
        f"# {config['preset']}",
        "",
        f"{kind.title} ({kind.source}), trained on `{data['spec']}` at "
        f"{data['image_size']}x{data['image_size']}, width {config['model']['width']:g}, batches "
        f"of {train['batch_size']}. Weights: {facts['weights']}.",
        "",
        "| signature | inputs -> outputs |",
        "| --- | --- |",
        *(f"| `{name}` | {SIGNATURES[name]} |" for name in facts["signatures"]),
        "",
        "The same picture for the same label and seed, whatever else is in the batch. Seeds are "
        "whole numbers; below 2^53 JSON keeps them. A label out of range is an error.",
        "",
        *(onnx_lines(facts) if facts["onnx"] else ()),
        *(accuracy_lines(facts["accuracy"]) if facts["accuracy"] else ()),
        *(reference_lines(facts["references"]) if facts["references"] else ()),
        "Classes, in the order of their labels:",
        "",
        *(f"{label}. {name}" for label, name in enumerate(names)),
        "",
        "Pictures are made by a network from what it saw: they may resemble training images, and "
        "they carry the data's biases. Mind the licence of the training images before you publish.",
    ]
    return "\n".join(lines) + "\n"


def onnx_lines(facts: dict[str, Any]) -> tuple[str, ...]:
    """What whoever has only the ONNX file wants to know of it."""
    model = facts["config"]["model"]
    prior = MODELS[model["paper"]].prior
    more = "; its output `magnified` is twice the size" if facts["magnified"] else ""
    return (
        f"`generator.onnx`, beside this file, is `generate` for ONNX Runtime{more}. It paints in "
        "float32, and the class names are in its metadata. On a CPU a label out of range is an "
        "error; a GPU may paint no class instead. Seeds are TensorFlow's: draw z, "
        f"{model['z_size']} numbers a picture, from {prior}.",
        "",
    )


def accuracy_lines(accuracy: dict[str, Any]) -> tuple[str, ...]:
    """How far `classify` may be trusted."""
    count = f" {accuracy['count']:,}" if accuracy["count"] else ""
    return (f"`classify` names the class of {accuracy['value']:.0%} of{count} held-out images.", "")


def reference_lines(count: int) -> tuple[str, ...]:
    """Whose pictures these are."""
    return (
        f"`{REFERENCES}`, beside this file, holds {count} real images of each class, a row each: "
        "they are the data's, and so is their licence.",
        "",
    )
