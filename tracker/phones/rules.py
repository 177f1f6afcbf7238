"""What may be a PIN, how long a code enrols, when a phone has to be enrolled anew."""

import re
from itertools import pairwise
from typing import Final

from tracker.accounts.rules import is_local_path
from tracker.errors import DomainError, N_

SHORTEST, LONGEST = 4, 8
CODE_VALID_S: Final = 10 * 60
MOST_WRONG: Final = 10  # of 10,000 PINs at least: one guess in a thousand, with the phone in hand
CLOCK_SLACK_S: Final = 300


class WeakPin(DomainError):
    """Not four to eight digits, or among the first that anybody would try; the subclass says which."""

    code, status = "phones.weak_pin", 422


class NoPin(WeakPin):
    """Too short, too long, or with something that is no digit."""

    sentence = N_("A PIN has %(shortest)d to %(longest)d digits.")


class CommonPin(WeakPin):
    """1234, 0000, 1212 and their like."""

    sentence = N_("This PIN is easy to guess. Choose digits that neither repeat nor follow one another.")


class CodeSpent(DomainError):
    """The code enrolled a phone already, is too old, or never was one: which, nobody outside learns."""

    code, status = "phones.code_spent", 410
    sentence = N_(
        "This code was used already or is older than ten minutes. Make a new one on the computer, on the page Phones. "
        "If it was not you who used it, end the unknown phone there."
    )


class WrongPin(DomainError):
    """Not this person's PIN."""

    code, status = "phones.wrong_pin", 401
    sentence = N_("The PIN is not right. Wrong tries that are left: %(left)d. Then this phone has to be enrolled anew.")


class PinGone(DomainError):
    """There is no such PIN on this phone, or no longer."""

    code, status = "phones.pin_gone", 403
    sentence = N_("This phone no longer opens the register for you. Enrol it anew on the computer, on the page Phones.")


def check_pin(pin: str) -> None:
    """Raise WeakPin unless the PIN has four to eight digits that are not the first anybody would try. Years of birth may be."""
    if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
        raise NoPin(shortest=SHORTEST, longest=LONGEST)
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {9}) or re.fullmatch(r"(.+?)\1+", pin):
        raise CommonPin


def is_spent(made_s: float, now_s: float) -> bool:
    """Whether a code is too old, or from a future that a corrected clock took back."""
    return not -CLOCK_SLACK_S <= now_s - made_s <= CODE_VALID_S


def way_back(path: str) -> str | None:
    """Where the person came from, if that is a page of ours."""
    return path if is_local_path(path) else None
