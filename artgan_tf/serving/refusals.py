"""A request that gets no answer but a sentence, with TensorFlow's name for the kind of mistake."""

# What TF Serving answers to codes of TensorFlow, 500 to others; the last two are our own.
STATUS = {
    "CANCELLED": 499,
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
    "UNAVAILABLE": 503,
    "TOO_LARGE": 413,
    "TOO_SLOW": 408,
}
LONGEST = 60  # characters of the request that a sentence quotes


class Refused(Exception):
    """What the client is told instead of an answer.

    Args:
        text: one sentence; it may quote the request, and nothing of this machine.
        code: TensorFlow's, or one of `STATUS`.
    """

    def __init__(self, text: str, code: str = "INVALID_ARGUMENT"):
        super().__init__(text)
        self.text, self.code, self.status = text, code, STATUS.get(code, 500)


def cut(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
