"""`Generator`: the base class of all generators, which can be saved as a `.keras` file."""

from dataclasses import asdict
from typing import Any

import keras
from pydantic import TypeAdapter

from artgan_tf.config import ModelOptions
from artgan_tf.former import bring_up_to_date


class Generator(keras.Model):
    """A generator that stores its settings and the names of its classes in its `.keras` file.

    `keras.saving.load_model` finds the subclasses by name once `artgan_tf.papers` is imported.
    `options` is the `model` section, S the training size `image_size`, `dtype` the policy of the
    inner layers, and `class_names` are the K classes in label order, which a `Sampler` sets.

    Call: z float32 [N, Z] and classes float32 [N, K] (one-hot, or weights that mix classes) ->
    float32 images [N, S, S, 3] in the model's range.
    """

    def __init__(
        self,
        options: ModelOptions,
        image_size: int,
        dtype: Any = "float32",
        class_names: tuple[str, ...] = (),
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.options, self.image_size, self.inner_dtype = options, image_size, dtype
        self.class_names = tuple(class_names)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "options": asdict(self.options),
            "image_size": self.image_size,
            "dtype": self.inner_dtype,
            "class_names": list(self.class_names),
        }

    def get_build_config(self) -> dict[str, Any]:
        return {"z_size": self.options.z_size, "classes": len(self.class_names)}

    def build_from_config(self, config: dict[str, Any]) -> None:
        self(*(keras.KerasTensor((1, config[size])) for size in ("z_size", "classes")))

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Generator":
        del custom_objects  # the layers are the generator's own
        stored = {"model": dict(config["options"])}
        bring_up_to_date(stored, "The file")
        options = TypeAdapter(ModelOptions).validate_python(stored["model"])
        return cls(**config | {"options": options})
