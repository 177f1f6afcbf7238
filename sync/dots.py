"""Dots: the names of changes. Pure, but for the random source that comes in as an argument.

A dot is `minter-counter`, as text: sixteen hexadecimal digits, a dash, a decimal number. The minter is a hash of the
author's key, a nonce drawn by the running process and the partition. It is never stored for re-use, so that two copies
of one data folder, or a folder brought back from a backup, can never give one name to two changes (F-10, F-12).
"""

import hashlib
import re
from collections.abc import Callable

NONCE_BYTES = 8
COUNTER_MAX = 10**15 - 1
_DOT = re.compile(r"[0-9a-f]{16}-(0|[1-9][0-9]{0,14})")


def minter_of(author: bytes, nonce: bytes, partition: str) -> str:
    """The minter (16 hexadecimal digits) of an author's process in one partition."""
    return hashlib.sha256(b"daftari minter\n" + author + nonce + partition.encode()).hexdigest()[:16]


def dot(minter: str, counter: int) -> str:
    """The dot as text."""
    return f"{minter}-{counter}"


def is_dot(text: object) -> bool:
    """Whether `text` reads as a dot (it may still name nothing)."""
    return isinstance(text, str) and _DOT.fullmatch(text) is not None


def split(text: str) -> tuple[str, int]:
    """(minter, counter) of a dot that `is_dot`."""
    return text[:16], int(text[17:])


class Mint:
    """The nonce of the running process: drawn at its first write, and again in a forked child.

    draw     returns that many random bytes
    process  names the running process; a fork changes it
    """

    def __init__(self, author: bytes, draw: Callable[[int], bytes], process: Callable[[], int]) -> None:
        self.author = author
        self._draw = draw
        self._process = process
        self._drawn_in: int | None = None
        self._nonce = b""

    def nonce(self) -> bytes:
        """The nonce to mint with now."""
        if self._drawn_in != self._process():
            self._drawn_in, self._nonce = self._process(), self._draw(NONCE_BYTES)
        return self._nonce
