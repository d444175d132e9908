"""Critics on frozen features: the sizes of their maps."""

import pytest

from artgan_tf.frozen.features import map_sizes
from artgan_tf.models.feature_critics import FeatureCritics
from tests.gans import K


@pytest.mark.parametrize("size", [32, 100, 256])
def test_critics_of_features_look_at_8_places_a_side_or_fewer(size: int) -> None:
    sizes = map_sizes(size)
    critics = FeatureCritics(K, 8, sizes)
    found = critics(critics.examples())
    for side, scores in zip(sizes, found, strict=True):
        while side > 8:
            side = -(-side // 2)
        assert scores.shape == (1, side, side, K)
        assert scores.dtype == "float32"
