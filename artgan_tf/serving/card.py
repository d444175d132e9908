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
        "Classes, in the order of their labels:",
        "",
        *(f"{label}. {name}" for label, name in enumerate(names)),
        "",
        "Pictures are made by a network from what it saw: they may resemble training images, and "
        "they carry the data's biases. Mind the licence of the training images before you publish.",
    ]
    return "\n".join(lines) + "\n"
