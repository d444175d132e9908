"""Errors answered to clients: one sentence, and TensorFlow's code for the kind of error."""

# TF Serving's HTTP status for each code of TensorFlow (500 for others); the last two are our own.
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
LONGEST = 60  # maximum characters of the request that a sentence quotes


class Refused(Exception):
    """An error that the client receives instead of an answer.

    Args:
        text: one sentence; it may quote the request but must reveal nothing about this machine.
        code: a code of TensorFlow or of `STATUS`.
    """

    def __init__(self, text: str, code: str = "INVALID_ARGUMENT"):
        super().__init__(text)
        self.text, self.code, self.status = text, code, STATUS.get(code, 500)


def cut(text: str) -> str:
    """Shorten a text to `LONGEST` characters."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
