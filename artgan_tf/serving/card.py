"""The model card of an export."""

from typing import Any

SIGNATURES = {
    "serving_default": "label int32 [N], seed int64 [N] -> image_bytes (PNG)",
    "magnified": "the same, at twice the size",
    "mix": "seed, seed_to int64 [N], t float [N], weights float [N, K], truncation float [N] -> "
    "image_bytes",
    "generate": "z float [N, Z], label int32 [N] -> images uint8 [N, H, W, 3]",
    "classify": "image_bytes [N] -> label, class_name, scores [N, K], realness",
    "reconstruct": "image_bytes [N] -> image_bytes",
}
PAPERS = {
    "artgan": "ArtGAN (Tan, Chan, Aguirre, Tanaka, ICIP 2017)",
    "improved": "Improved ArtGAN (Tan, Chan, Aguirre, Tanaka, IEEE TIP 2019)",
    "critic": "Improved ArtGAN (IEEE TIP 2019) with a critic for each class",
}
PRIORS = {
    "artgan": "the standard normal distribution",
    "improved": "the uniform distribution on [-1, 1]",
    "critic": "the standard normal distribution",
}


def model_card(facts: dict[str, Any]) -> str:
    """Markdown: what it paints, how it was trained, how to ask it."""
    config, names = facts["config"], facts["class_names"]
    data, train = config["data"], config["train"]
    lines = [
        f"# {config['preset']}",
        "",
        f"{PAPERS[config['model']['paper']]}, trained on `{data['spec']}` at "
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
    more = "; its output `magnified` is twice the size" if facts["magnified"] else ""
    return (
        f"`generator.onnx`, beside this file, is `generate` for ONNX Runtime{more}. It paints in "
        "float32, and the class names are in its metadata. On a CPU a label out of range is an "
        "error; a GPU may paint no class instead. Seeds are TensorFlow's: draw z, "
        f"{model['z_size']} numbers a picture, from {PRIORS[model['paper']]}.",
        "",
    )
