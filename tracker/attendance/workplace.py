"""Hours at the workplace: what is read off a box, and what a week comes to. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from tracker.attendance.paper import TAKE_BACK
from tracker.attendance.rules import ATTENDED, MarkValue, UNMARKED
from tracker.calendar.rules import Rate
from tracker.errors import DomainError, N_
from tracker.hours import minutes_of, NoHours

WORKPLACE: Final = "workplace"
STATUSES: Final = ("present", "late", "absent", "excused")  # nobody works at a hotel from afar
TIMED: Final = frozenset({"present", "late"})


class NotHours(DomainError):
    """What stands in a box is neither hours nor a letter."""

    code, status = "attendance.not_hours", 422
    sentence = N_("Write hours as 8 or 7:30, or %(letters)s, or - to take the mark back.")


def read_hours(text: str, letters: Mapping[str, str], offered: str, rostered: int | None) -> MarkValue | None:
    """The mark that a box asks for; None for an empty one, which leaves everything as it is.

    Hours mean present, a letter before them says otherwise (`L 6:30`). The letter of present alone is all that the
    roster asks for.

    letters   statuses by small letter
    offered   the letters as the page explains them, for the fault
    rostered  minutes that the roster asks for on this day; 0 or None: it asks for none
    Raises NotHours.
    """
    if not text.strip():
        return None
    if text.strip() in TAKE_BACK:
        return UNMARKED
    letter, hours = re.fullmatch(r"\s*([^\W\d_]?)\s*(.*?)\s*", text.lower(), re.DOTALL).groups()  # type: ignore[union-attr]  # it fits any text
    status = letters.get(letter) if letter else "present"
    if status not in STATUSES or (hours and status not in TIMED):
        raise NotHours(letters=offered)
    if hours:
        try:
            return MarkValue(status, WORKPLACE, minutes=minutes_of(hours))
        except NoHours:
            raise NotHours(letters=offered) from None
    return MarkValue(status, WORKPLACE, minutes=rostered or None if status == "present" else None)


class Hours(NamedTuple):
    """What a roster asks for and what was worked of it, in minutes.

    rostered  on days on which the placement was open, those excused left out
    attended  the hours of marks; a mark without hours counts as what the roster asks for
    unmarked  days that the roster asks for and nobody has marked
    """

    rostered: int = 0
    attended: int = 0
    unmarked: int = 0

    @property
    def rate(self) -> Rate:
        """Attended of rostered."""
        return Rate(self.attended, self.rostered)


def hours_of(days: Iterable[tuple[int | None, MarkValue | None]]) -> Hours:
    """Add up the open days of one apprentice: what the roster asks for, and the mark at the workplace if there is one."""
    rostered = attended = unmarked = 0
    for asked, mark in days:
        status = mark.status if mark else None
        if status == "excused":
            continue
        rostered += asked or 0
        unmarked += bool(asked and status is None)
        if mark and status in ATTENDED:
            attended += (asked or 0) if mark.minutes is None else mark.minutes
    return Hours(rostered, attended, unmarked)
