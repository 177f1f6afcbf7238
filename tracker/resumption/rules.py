"""Who counts as back after a closure, whom to call next, how many came by which week, and which placements were halted. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import zip_longest
from typing import Final, NamedTuple

from tracker.calendar.rules import ClosedInterval, Rate
from tracker.errors import DomainError, N_

MOST_WEEKS: Final = 26  # of a curve: who has not come within half a year is no longer on the way
CALL_AGAIN: Final = timedelta(days=7)  # after somebody was reached who named no day
PROMISED, REACHED, SAID_LEFT = "promised", "reached", "left"
WORDS: Final = (PROMISED, REACHED, SAID_LEFT)  # outcomes of a call after which one knows something; the others reached nobody
_DAY = timedelta(days=1)


class StateKind(StrEnum):
    """What became of an apprentice who was enrolled on the day before a closure."""

    STILL_CLOSED = "still-closed"
    RETURNED = "returned"
    LEFT = "left"
    REACHED = "reached"
    NOT_SEEN = "not-seen"


MISSING: Final = (StateKind.NOT_SEEN, StateKind.REACHED)


class NobodyChosen(DomainError):
    """To place somebody elsewhere, somebody has to be chosen."""

    code, status = "resumption.nobody_chosen", 422
    sentence = N_("Choose at least one apprentice whose employer is closed.")


class NotHalted(DomainError):
    """The placement's host is open, or the apprentice has a stand-in placement already."""

    code, status = "resumption.not_halted", 409
    sentence = N_("The employer of %(name)s is no longer closed, or another placement stands in already. Look at the list again.")


class HostClosed(DomainError):
    """The host that is to take them is closed itself."""

    code, status = "resumption.host_closed", 409
    sentence = N_("%(employer)s is closed on %(on)s. Choose an employer that is open.")


class NothingToEnd(DomainError):
    """No placement stands in for this one."""

    code, status = "resumption.nothing_to_end", 409
    sentence = N_("No other placement stands in for this one any more. Look at the list again.")


# ---- when it was over


class Episode(NamedTuple):
    """A closed time of one site: the last day before it, and the first open day after it; None while nobody has reopened."""

    before: date
    reopened: date | None


def episode_of(closure: str, intervals: Iterable[ClosedInterval]) -> Episode | None:
    """The time for which a closure shut a site; None if it never did.

    intervals  of that site, by first day. While another closure keeps it shut, nobody can have come back.
    """
    found = list(intervals)
    own = next((each for each in found if each.closure == closure), None)
    if own is None:
        return None
    last = own.last
    for first, until, _closure in found:
        if last is not None and first <= last + _DAY and (until is None or until > last):
            last = until
    return Episode(own.first - _DAY, None if last is None else last + _DAY)


@dataclass(frozen=True, slots=True)
class Stay:
    """An apprentice's time in one cohort, both days included, and the day on which that cohort's place opened again."""

    first: date
    last: date | None
    reopened: date | None


def expected_from(stays: Sequence[Stay]) -> date | None:
    """From when on an apprentice is expected back; None while his place is closed.

    stays  from the cohort of the day before the closure on, oldest first. Who moved to another cohort while it was closed is
           expected where he is now.
    """
    for stay, following in zip_longest(stays, stays[1:]):
        opened = None if stay.reopened is None else max(stay.first, stay.reopened)
        if following is None or (opened is not None and opened < following.first):
            return opened
    return None


# ---- one person


@dataclass(frozen=True, slots=True)
class Call:
    """An attempt to reach somebody. outcome: a code of `follow_up_outcomes`; expected_on: the day he said to come."""

    on: date
    outcome: str
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What became of somebody.

    reopened  the day from which on he was expected
    seen_on   the first day on which he attended
    word      the last call in which he or his people said something
    call_on   the day from which on somebody should call; None: nobody needs to
    """

    kind: StateKind
    reopened: date | None
    seen_on: date | None = None
    word: Call | None = None
    call_on: date | None = None

    @property
    def is_missing(self) -> bool:
        """Whether he is expected, still enrolled and not seen."""
        return self.kind in MISSING

    @property
    def said_left(self) -> bool:
        """Whether he said that he has left, which nobody has recorded yet."""
        return self.is_missing and self.word is not None and self.word.outcome == SAID_LEFT


def state_of(
    today: date, reopened: date | None, *, seen_on: date | None = None, left_on: date | None = None, calls: Iterable[Call] = ()
) -> State:
    """What became of somebody by today.

    seen_on  the first day since the reopening on which he attended; to learn from afar is not to be back
    left_on  the day on which his last enrolment ended, if it has
    calls    all that stand
    """
    if reopened is None or reopened > today:
        return State(StateKind.STILL_CLOSED, reopened)
    if seen_on is not None and seen_on <= today:
        return State(StateKind.RETURNED, reopened, seen_on)
    # A promise given before the reopening for a day after it is about this reopening; other calls before it are not.
    since = sorted(
        (each for each in calls if each.on >= reopened or (each.expected_on is not None and each.expected_on >= reopened)),
        key=lambda each: each.on,
    )
    word = next((each for each in reversed(since) if each.outcome in WORDS), None)
    if left_on is not None and left_on <= today:
        return State(StateKind.LEFT, reopened, word=word)
    kind = StateKind.NOT_SEEN if word is None else StateKind.REACHED
    return State(kind, reopened, word=word, call_on=_call_on(reopened, since, word))


def _call_on(reopened: date, calls: Sequence[Call], word: Call | None) -> date:
    """When it is time to call: at once, the day after a promise was broken or nobody answered, a week after other words."""
    if not calls:
        return reopened
    last = calls[-1]
    if word is not None and word.expected_on is not None and word.outcome != SAID_LEFT:
        return max(word.expected_on + _DAY, reopened if word is last else last.on + _DAY)
    if last is not word:
        return last.on + _DAY
    return last.on if last.outcome == SAID_LEFT else last.on + CALL_AGAIN


# ---- many


@dataclass(frozen=True, slots=True)
class Totals:
    """How many became what. `still_closed` are not among those expected."""

    returned: int = 0
    left: int = 0
    reached: int = 0
    not_seen: int = 0
    still_closed: int = 0

    @property
    def expected(self) -> int:
        """Who was enrolled on the day before the closure and whose place is open again."""
        return self.returned + self.left + self.reached + self.not_seen

    @property
    def missing(self) -> int:
        """Who is still enrolled and has not been seen."""
        return self.reached + self.not_seen

    @property
    def rate(self) -> Rate:
        """Of those expected the ones who came back."""
        return Rate(self.returned, self.expected)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.returned + other.returned,
            self.left + other.left,
            self.reached + other.reached,
            self.not_seen + other.not_seen,
            self.still_closed + other.still_closed,
        )


def tally(states: Iterable[State]) -> Totals:
    """Count what became of people."""
    found = Counter(state.kind for state in states)
    return Totals(
        found[StateKind.RETURNED],
        found[StateKind.LEFT],
        found[StateKind.REACHED],
        found[StateKind.NOT_SEEN],
        found[StateKind.STILL_CLOSED],
    )


class Point(NamedTuple):
    """How many had come back by the end of a day, of how many who were expected by then."""

    until: date
    expected: int
    returned: int

    @property
    def rate(self) -> Rate:
        """Of those expected the ones who had come back."""
        return Rate(self.returned, self.expected)


def weeks(states: Collection[State], today: date, most: int = MOST_WEEKS) -> list[date]:
    """The last days of the weeks of a curve: from the first reopening to today, to the week in which the last one came, or `most`."""
    begun = [state.reopened for state in states if state.kind != StateKind.STILL_CLOSED and state.reopened]
    if not begun:
        return []
    # With everybody back nothing more can happen; with somebody missing it still can.
    is_over = all(state.kind == StateKind.RETURNED for state in states)
    end = max((state.seen_on for state in states if state.seen_on), default=today) if is_over else today
    found: list[date] = []
    until = min(begun) + 6 * _DAY
    while len(found) < most:
        found.append(min(until, today))
        if until >= end:
            break
        until += 7 * _DAY
    return found


def curve(states: Collection[State], untils: Iterable[date]) -> list[Point]:
    """How many had come back by each of these days. Of phased reopenings, who was not expected yet is in neither number."""
    known = [state for state in states if state.reopened is not None and state.kind != StateKind.STILL_CLOSED]
    return [
        Point(
            until,
            sum(state.reopened is not None and state.reopened <= until for state in known),
            sum(state.seen_on is not None and state.seen_on <= until for state in known),
        )
        for until in untils
    ]


# ---- placements whose host closed


class Halt(NamedTuple):
    """A time in which the host of a placement was closed while it ran.

    since   the first such day
    opened  the first day on which the host was open again; None while it is closed, or if the placement ended before
    """

    since: date
    opened: date | None


def last_halt(starts_on: date, ends_on: date | None, intervals: Iterable[ClosedInterval], on: date) -> Halt | None:
    """The latest closed time of the host that had begun by a day and fell into the placement; None if none did.

    intervals  of the host, by first day; closures that overlap or touch are one
    """
    found: Halt | None = None
    for first, last in _joined(intervals):
        since = max(first, starts_on)
        if since > on or (last is not None and last < starts_on) or (ends_on is not None and since > ends_on):
            continue
        opened = None if last is None or (ends_on is not None and last >= ends_on) else last + _DAY
        found = Halt(since, opened)
    return found


def _joined(intervals: Iterable[ClosedInterval]) -> list[tuple[date, date | None]]:
    found: list[tuple[date, date | None]] = []
    for first, last, _closure in intervals:
        if found and (found[-1][1] is None or first <= found[-1][1] + _DAY):
            begin, end = found[-1]
            found[-1] = begin, None if end is None or last is None else max(end, last)
        else:
            found.append((first, last))
    return found


def fits_sector(sector: str | None, isic: Iterable[str]) -> bool:
    """Whether an employer's sector (ISIC section and division, `I55`) is one in which an occupation works (ISIC classes, `5510`)."""
    return sector is not None and sector[1:] in {each[:2] for each in isic if len(each) >= 2}


def room(capacity: int | None, placed: int) -> int | None:
    """How many more an employer takes; None where it has not said how many."""
    return None if capacity is None else max(0, capacity - placed)
