"""Where a JSON text is malformed, in the words and at the offset that TF Serving's parser names.

The scanner reads bytes and builds nothing: it runs only once Python's parser has refused a text.
"""

import re

_HEX = re.compile(r"[0-9a-fA-F]{4}")
_DIGITS = re.compile(r"[0-9]*")
_END = "\0"


class _Fault(Exception):
    """A sentence and an offset in bytes."""


def find_fault(body: bytes) -> tuple[str, int] | None:
    """The sentence and the offset of the first fault of a JSON text; None for a sound one."""
    try:
        _Scanner(body).document()
    except _Fault as fault:
        return fault.args[0], fault.args[1]
    return None


class _Scanner:
    def __init__(self, body: bytes):
        # One character a byte, so that offsets are those of bytes.
        self.text = body.decode("latin-1") + _END
        self.last, self.at = len(body), 0

    @property
    def next(self) -> str:
        return self.text[self.at]

    def document(self) -> None:
        self.space()
        if self.at == self.last:
            raise _Fault("The document is empty.", self.at)
        self.value()
        self.space()
        if self.at != self.last:
            raise _Fault("The document root must not be followed by other values.", self.at)

    def space(self) -> None:
        while self.next in " \n\r\t":
            self.at += 1

    def take(self, character: str) -> bool:
        found = self.next == character
        self.at += found
        return found

    def value(self) -> None:
        literals = {"n": "null", "t": "true", "f": "false", "N": "NaN", "I": "Infinity"}
        if self.next in literals:
            self.literal(literals[self.next])
        elif self.next == '"':
            self.string()
        elif self.next == "{":
            self.object()
        elif self.next == "[":
            self.array()
        else:
            self.number()

    def literal(self, word: str) -> None:
        for character in word:
            if not self.take(character):
                raise _Fault("Invalid value.", self.at)

    def object(self) -> None:
        self.at += 1
        self.space()
        if self.take("}"):
            return
        while True:
            if self.next != '"':
                raise _Fault("Missing a name for object member.", self.at)
            self.string()
            self.space()
            if not self.take(":"):
                raise _Fault("Missing a colon after a name of object member.", self.at)
            self.space()
            self.value()
            self.space()
            if self.take("}"):
                return
            if not self.take(","):
                raise _Fault("Missing a comma or } after an object member.", self.at)
            self.space()

    def array(self) -> None:
        self.at += 1
        self.space()
        if self.take("]"):
            return
        while True:
            self.value()
            self.space()
            if self.take("]"):
                return
            if not self.take(","):
                raise _Fault("Missing a comma or ] after an array element.", self.at)
            self.space()

    def string(self) -> None:
        self.at += 1
        while not self.take('"'):
            if self.next == "\\":
                self.escape()
            elif self.next == _END:
                raise _Fault("Missing a closing quotation mark in string.", self.at)
            elif self.next < " ":
                raise _Fault("Invalid encoding in string.", self.at)
            else:
                self.at += 1

    def escape(self) -> None:
        start = self.at
        self.at += 2
        kind = self.text[start + 1]
        if kind == "u":
            self.surrogates(start)
        elif kind not in '"\\/bfnrt':
            raise _Fault("Invalid escape character in string.", start)

    def surrogates(self, start: int) -> None:
        high = self.hexadecimal(start)
        if high not in range(0xD800, 0xE000):
            return
        paired = high < 0xDC00 and self.take("\\") and self.take("u")
        if not paired or self.hexadecimal(start) not in range(0xDC00, 0xE000):
            raise _Fault("The surrogate pair in string is invalid.", start)

    def hexadecimal(self, start: int) -> int:
        found = _HEX.match(self.text, self.at)
        if not found:
            raise _Fault("Incorrect hex digit after \\u escape in string.", start)
        self.at = found.end()
        return int(found[0], 16)

    def number(self) -> None:
        start = self.at
        self.take("-")
        if self.next == "I":
            self.literal("Infinity")
            return
        if not self.take("0") and not self.digits():
            raise _Fault("Invalid value.", self.at)
        if self.take(".") and not self.digits():
            raise _Fault("Miss fraction part in number.", self.at)
        if self.take("e") or self.take("E"):
            if not self.take("+"):
                self.take("-")
            if not self.digits():
                raise _Fault("Miss exponent in number.", self.at)
        if abs(float(self.text[start : self.at])) == float("inf"):
            raise _Fault("Number too big to be stored in double.", start)

    def digits(self) -> bool:
        start = self.at
        found = _DIGITS.match(self.text, start)
        self.at = found.end() if found else start
        return self.at > start
