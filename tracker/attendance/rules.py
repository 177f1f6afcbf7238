"""What a mark may be, what counts, and the arithmetic of attendance. Pure: plain values in, plain values out.

*Not taken* is not *absent*: only marks in registers taken count, and only on days of training or confirmed as taught.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from typing import Final, NamedTuple

from tracker.calendar.rules import Rate
from tracker.errors import DomainError, N_

STATUSES: Final = ("present", "late", "absent", "excused", "remote")
ATTENDED: Final = frozenset({"present", "late", "remote"})
SLOTS: Final = ("day", "am", "pm")
HALVES: Final = ("am", "pm")
PLACES: Final = ("centre", "workplace", "remote")
METHODS: Final = ("taps", "bulk", "import", "paper")
TAKEN: Final = "taken"
NOBODY_CAME: Final = "nobody-came"  # the note of a register whose taker was asked and said so
DAY_MINUTES: Final = 24 * 60
LONGEST_COUNTER: Final = 19  # digits of the largest number that a database keeps


class UnknownStatus(DomainError):
    """A status, slot or place that no list has; only synced rows may carry one."""

    code, status = "attendance.unknown_code", 400
    sentence = N_("There is no such choice: %(code)s")


class NotYet(DomainError):
    """Nobody can know tomorrow's attendance."""

    code = "attendance.not_yet"
    sentence = N_("A day in the future cannot be marked. Only leave that was given beforehand can be entered.")


class TooManyMinutes(DomainError):
    """More minutes than a day has."""

    code, status = "attendance.minutes", 400
    sentence = N_("The minutes attended must be between 0 and 1440.")


class MarkValue(NamedTuple):
    """The whole of a mark; without a status it is taken back."""

    status: str | None
    place: str | None = None
    reason: str | None = None
    minutes: int | None = None


UNMARKED: Final = MarkValue(None)


class Entry(NamedTuple):
    """A row as a page sends it.

    seen   token of what the page showed; "" = unmarked, None = no page
    shown  the status it showed, where an equal one means that nobody touched the row; None = the status was chosen
    """

    status: str | None
    seen: str | None = None
    shown: str | None = None


class MarkLine(NamedTuple):
    """A mark as a file gives it, already checked."""

    apprentice_id: str
    on: date
    status: str
    slot: str = "day"
    place: str | None = None
    reason: str | None = None
    minutes: int | None = None


class Tally(NamedTuple):
    """How many of each status; `unmarked` includes statuses taken back and ones from a newer version."""

    present: int = 0
    late: int = 0
    absent: int = 0
    excused: int = 0
    remote: int = 0
    unmarked: int = 0

    @property
    def rate(self) -> Rate:
        """(present + late + remote) of (those + absent); who is excused stands apart."""
        attended = self.present + self.late + self.remote
        return Rate(attended, attended + self.absent)


def tally(statuses: Iterable[str | None]) -> Tally:
    """Count statuses."""
    found = Counter(statuses)
    known = {status: found.pop(status, 0) for status in STATUSES}
    return Tally(**known, unmarked=found.total())


def attendance_rate(statuses: Iterable[str | None]) -> Rate:
    """The rate of these marks; 0/0 has no share: *no data*, not nought. Pass only marks of days that count."""
    return tally(statuses).rate


def corrected(old: MarkValue, new: MarkValue) -> MarkValue:
    """What a mark becomes: what is not said (None) stays while the status stays, and is the usual where it changes.

    An empty reason is said, and clears; a mark taken back keeps nothing.
    """
    if new.status is None:
        return UNMARKED
    kept = old if old.status == new.status else MarkValue(new.status)
    usual = "remote" if new.status == "remote" else "centre"
    # "remote" is both a status and a place; whoever says the one and not the other means both.
    place = usual if new.place == "centre" else new.place or kept.place or usual
    reason = kept.reason if new.reason is None else new.reason.strip() or None
    return MarkValue(new.status, place, reason, kept.minutes if new.minutes is None else new.minutes)


def check_mark(value: MarkValue, slot: str) -> None:
    """Raise UnknownStatus or TooManyMinutes unless people may enter this."""
    for code, known in ((value.status, STATUSES), (value.place, PLACES), (slot, SLOTS)):
        if code is not None and code not in known:
            raise UnknownStatus(code=code)
    if value.minutes is not None and not 0 <= value.minutes <= DAY_MINUTES:
        raise TooManyMinutes


def check_day(status: str | None, on: date, today: date) -> None:
    """Raise NotYet for a day to come, leave given beforehand excepted."""
    if on > today and status not in {None, "excused"}:
        raise NotYet


def other_slots(slot: str) -> tuple[str, ...]:
    """The slots whose marks hold in this one too: the whole day's in its halves, those of the halves in the day."""
    return ("am", "pm") if slot == "day" else ("day",)


def is_settled(slot: str, marked: Collection[str]) -> bool:
    """Whether marks in other slots say all there is to say of this one, so that no mark is waited for.

    marked  the slots of the day in which the apprentice has a mark
    """
    return set(other_slots(slot)) <= set(marked)


def slot_left(taken: Collection[str], halves: Collection[str] = HALVES) -> str | None:
    """The slot of a day whose register waits: the whole day's, or that of the half whose other half is taken; None if none does.

    taken   the slots whose registers are taken
    halves  those in which there is training
    """
    left = [half for half in halves if half not in taken]
    if "day" in taken or not left:
        return None
    return left[0] if len(left) < len(halves) else "day"


class Act(NamedTuple):
    """The changes of one save, named by the dots it minted: proof enough to undo it and nothing else."""

    minter: str
    first: int
    last: int

    @classmethod
    def of(cls, dots: Iterable[str | None]) -> "Act | None":
        """The act that made these changes of one transaction; None if there is none."""
        parts = sorted((dot.partition("-") for dot in dots if dot), key=lambda part: int(part[2]))
        return cls(parts[0][0], int(parts[0][2]), int(parts[-1][2])) if parts else None

    @classmethod
    def joined(cls, acts: Iterable["Act | None"]) -> "Act | None":
        """Several acts of one transaction, in their order, as one."""
        made = [act for act in acts if act]
        return cls(made[0].minter, made[0].first, made[-1].last) if made else None

    @classmethod
    def read(cls, token: str | None) -> "Act | None":
        """Read a token back; None for nonsense."""
        minter, _, span = (token or "").partition("-")
        first, _, last = span.partition("-")
        is_span = first.isdecimal() and last.isdecimal() and max(len(first), len(last)) <= LONGEST_COUNTER
        return cls(minter, int(first), int(last)) if is_span else None

    def __str__(self) -> str:
        return f"{self.minter}-{self.first}-{self.last}"

    def made(self, dot: str | None) -> bool:
        """Whether a value was written by this act."""
        minter, _, counter = (dot or "").partition("-")
        return minter == self.minter and counter.isdecimal() and self.first <= int(counter) <= self.last
