"""A week on paper: the code that names it, and what is read off its boxes. Pure.

A code is seven signs, `7K4-Q2M5`: six say which cohort (a number that its id gives), which week, and whether the days
are halved; the seventh is worked out from them, so that a slip of the pen is told apart from a sheet of another centre.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from tracker.attendance.rules import MarkValue, UNMARKED
from tracker.errors import DomainError, N_

# No 0 and O, no 1, I and L: 31 signs, a prime, so that the check finds every single slip and every two signs exchanged.
SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH: Final = 7
WEEKS: Final = 1024  # a code comes again after nineteen years
COHORTS: Final[int] = len(SIGNS) ** (LENGTH - 1) // (2 * WEEKS)
EPOCH: Final = date(2018, 1, 1)  # a Monday
AHEAD: Final = 104  # weeks: a sheet is printed at most two years before its week
TAKE_BACK: Final = frozenset("-–—")


class Mistyped(DomainError):
    """The signs of a code do not fit together."""

    code, status = "attendance.code_mistyped", 422
    sentence = N_("The code %(code)s is mistyped. Compare it with the paper sign by sign, and type it again.")


class UnknownSheet(DomainError):
    """A right code of no cohort that the actor sees."""

    code, status = "attendance.code_unknown", 404
    sentence = N_("The code %(code)s is right, but it is of no register here. Perhaps the paper comes from another centre.")


class SharedCode(DomainError):
    """Two cohorts of one centre have the same number; it happens to one centre in thousands."""

    code, status = "attendance.code_shared", 409
    sentence = N_("Two cohorts share the code %(code)s. Open the week of the right one from its register.")


class NotALetter(DomainError):
    """What stands in a box means nothing."""

    code, status = "attendance.not_a_letter", 422
    sentence = N_("Write %(letters)s, or - to take the mark back.")


class NoBox(DomainError):
    """Something was typed where nothing can be entered any more."""

    code, status = "attendance.no_box", 409
    sentence = N_(
        "What was typed for %(names)s has no box any more: meanwhile the day was closed or the apprentice left."
        " Nothing is saved yet. Look at the sheet and save again."
    )


class TakenBackAndPresent(DomainError):
    """One box is emptied by hand and filled by the rest of its day."""

    code, status = "attendance.taken_back_and_present", 422
    sentence = N_("Write a letter, or do not mark the rest of this day as present.")


class Box(NamedTuple):
    """A place on a sheet."""

    apprentice_id: str
    on: date
    slot: str

    @property
    def name(self) -> str:
        """What a form calls it."""
        return f"{self.apprentice_id}.{column_name(self.on, self.slot)}"


class Entered(NamedTuple):
    """What was written into a box. seen: token of what the page showed there, "" = unmarked."""

    value: MarkValue
    seen: str


def column_name(on: date, slot: str) -> str:
    """What a form calls a column: `2026-03-02`, or `2026-03-02.am` for a half."""
    return on.isoformat() if slot == "day" else f"{on.isoformat()}.{slot}"


def monday_of(on: date) -> date:
    """The first day of the week."""
    return on - timedelta(days=on.weekday())


# ---- codes


class Named(NamedTuple):
    """What a code names. number: see `number_of`."""

    number: int
    monday: date
    has_halves: bool


def number_of(cohort_id: str) -> int:
    """The number of a cohort in its codes: nobody learns the id from it, and hardly two cohorts of a centre share one."""
    return int.from_bytes(hashlib.sha256(cohort_id.encode()).digest()[:8]) % COHORTS


def code_of(cohort_id: str, monday: date, *, has_halves: bool) -> str:
    """The code of a sheet, as it is printed."""
    week = (monday - EPOCH).days // 7 % WEEKS
    value = (number_of(cohort_id) * WEEKS + week) * 2 + has_halves
    digits = []
    for _ in range(LENGTH - 1):
        value, digit = divmod(value, len(SIGNS))
        digits.append(digit)
    check = next(sign for sign in range(len(SIGNS)) if _sum([*digits, sign]) == 0)
    signs = "".join(SIGNS[digit] for digit in [*digits, check])
    return f"{signs[:3]}-{signs[3:]}"


def read_code(text: str, today: date) -> Named:
    """What a typed code names; capitals, blanks and dashes do not matter. Raises Mistyped."""
    signs = "".join(sign for sign in text.upper() if not sign.isspace() and sign not in TAKE_BACK)
    digits = [SIGNS.find(sign) for sign in signs]
    if len(digits) != LENGTH or -1 in digits or _sum(digits):
        raise Mistyped(code=text.strip()[:20])
    value = 0
    for digit in reversed(digits[:-1]):
        value = value * len(SIGNS) + digit
    rest, has_halves = divmod(value, 2)
    number, week = divmod(rest, WEEKS)
    latest = (today - EPOCH).days // 7 + AHEAD
    return Named(number, EPOCH + timedelta(weeks=latest - (latest - week) % WEEKS), bool(has_halves))


def _sum(digits: list[int]) -> int:
    return sum(place * digit for place, digit in enumerate(digits, 1)) % len(SIGNS)


# ---- boxes


def read_letter(text: str, letters: Mapping[str, str], offered: str) -> MarkValue | None:
    """The mark that a box asks for; None for an empty one, which leaves everything as it is.

    letters  statuses by small letter
    offered  the letters as the sheet explains them, for the fault
    Raises NotALetter.
    """
    sign = text.strip().lower()
    if not sign:
        return None
    if sign in TAKE_BACK:
        return UNMARKED
    if sign not in letters:
        raise NotALetter(letters=offered)
    return MarkValue(letters[sign])


class Reading(NamedTuple):
    """What came of all boxes of a sheet: the marks, and the faults; with any fault nothing may be saved."""

    values: dict[Box, MarkValue]
    faults: dict[Box, DomainError]


def read_boxes(texts: Mapping[Box, str], read: Callable[[Box, str], MarkValue | None]) -> Reading:
    """Read all boxes; never stops at the first fault."""
    found = Reading({}, {})
    for box, text in texts.items():
        try:
            value = read(box, text)
        except DomainError as fault:
            found.faults[box] = fault
        else:
            if value is not None:
                found.values[box] = value
    return found


def check_rest(reading: Reading, rest: set[tuple[date, str]]) -> None:
    """Add a fault for each box that is taken back on a day whose rest is to be present."""
    for box, value in reading.values.items():
        if value.status is None and (box.on, box.slot) in rest:
            reading.faults[box] = TakenBackAndPresent()


# ---- what a page had shown


def packed(seen: Mapping[str, str]) -> str:
    """One hidden field for a row: the tokens of its marked boxes, by name of column."""
    return " ".join(f"{column}={token}" for column, token in seen.items() if token)


def unpacked(text: str) -> dict[str, str]:
    """Read it back; nonsense counts as nothing shown."""
    return {column: token for column, sign, token in (part.partition("=") for part in text.split()) if sign}
