"""Hashing of passwords: argon2id, at most two at a time, and the words nobody may use.

At eight o'clock twenty phones sign in at once; without the limit their hashes alone would fill an old laptop's memory.
"""

import threading
from functools import cache
from pathlib import Path

from flask import current_app
from nacl import pwhash
from nacl.exceptions import InvalidkeyError

from tracker.config import Settings


@cache
def common_words() -> frozenset[str]:
    """Passwords and Kiswahili words that are among the first to be tried, in small letters."""
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def _turn() -> threading.BoundedSemaphore:
    settings: Settings = current_app.extensions["settings"]
    turn = current_app.extensions.setdefault("password_turn", threading.BoundedSemaphore(settings.password_at_once))
    assert isinstance(turn, threading.BoundedSemaphore)
    return turn


def hashed(password: str) -> str:
    """The argon2id hash with its salt and parameters, as text."""
    settings: Settings = current_app.extensions["settings"]
    with _turn():
        return pwhash.argon2id.str(
            password.encode(), opslimit=settings.password_passes, memlimit=settings.password_memory_kib * 1024
        ).decode("ascii")


def is_right(password: str, password_hash: str) -> bool:
    """Whether the password is the one that was hashed."""
    with _turn():
        try:
            return pwhash.verify(password_hash.encode("ascii"), password.encode())
        except InvalidkeyError:
            return False


def waste_time(password: str) -> None:
    """Hash for nothing, so that an unknown username takes as long as a wrong password."""
    hashed(password)
