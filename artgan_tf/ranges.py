"""Types with value ranges for the configuration; an upper limit's error gives its reason."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

FLOAT32, STEPS = 3e38, 2**31 - 1


def at_most(most: float, why: str) -> AfterValidator:
    """Upper limit of a number, with the reason that the error sentence gives."""
    number = f"{most:,}" if isinstance(most, int) else f"{most:g}"

    def check(value: Any) -> Any:
        if value > most:
            told = {"n": number, "why": why}
            raise PydanticCustomError("too_large", "It should be at most {n}, {why}", told)
        return value

    return AfterValidator(check)


def _encoded(value: str) -> str:
    """Rejects text with surrogates, which stand for bytes of a path that are not UTF-8."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("not_utf_8", "It should be UTF-8, rename the file or folder")
    return value


Text = Annotated[str, AfterValidator(_encoded)]
_REAL = at_most(FLOAT32, "the limit of float32")
Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), _REAL]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), _REAL]
Width = Annotated[
    float,
    Field(gt=0, allow_inf_nan=False),
    at_most(4, "as the papers' networks then have 16 times as many weights"),
]
Step = Annotated[int, Field(ge=1), at_most(STEPS, "as steps are counted in 32 bits")]
StepOrZero = Annotated[int, Field(ge=0), at_most(STEPS, "as steps are counted in 32 bits")]
Epoch = Annotated[int, Field(ge=1), at_most(1_000_000, "more than any training needs")]
EpochOrZero = Annotated[int, Field(ge=0), at_most(1_000_000, "more than any training needs")]
Classes = Annotated[
    int, Field(ge=0), at_most(20_000, "as each class has thousands of weights of its own")
]
Images = Annotated[int, Field(ge=0), at_most(1_000_000_000, "more than any data set has")]
Side = Annotated[int, Field(ge=8), at_most(1024, "as larger images do not fit into memory")]
Megabytes = Annotated[int, Field(ge=0), at_most(10_000_000, "more than any machine has")]
Latent = Annotated[int, Field(ge=1), at_most(10_000, "as each has thousands of weights of its own")]
Batch = Annotated[int, Field(ge=2), at_most(65_536, "as a step keeps all its images in memory")]
FeatureSide = Annotated[int, Field(ge=32), at_most(1024, "as larger images do not fit into memory")]
Seed = Annotated[int, Field(ge=0), at_most(2**31 - 1, "as seeds have 31 bits")]
Views = Annotated[tuple[Literal["colours", "shapes"], ...], Field(min_length=1)]
