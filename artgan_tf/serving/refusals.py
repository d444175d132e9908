"""A request that gets no answer but a sentence, with TensorFlow's name for the kind of mistake."""

# Codes of TensorFlow, and the HTTP status that TF Serving gives each; the last two are our own.
STATUS = {
    "OK": 200,
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "UNAUTHENTICATED": 401,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "TOO_LARGE": 413,
    "TOO_SLOW": 408,
}
LONGEST = 60  # characters of the request that a sentence quotes


class Refused(Exception):
    """What the client is told instead of an answer.

    Args:
        text: one sentence; it may quote the request, and nothing of this machine.
        code: one of `STATUS`.
    """

    def __init__(self, text: str, code: str = "INVALID_ARGUMENT"):
        super().__init__(text)
        self.text, self.code = text, code

    @property
    def status(self) -> int:
        return STATUS[self.code]


def cut(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
