"""Where an apprentice was, day by day, told as spans: at the centre, at each workplace, closed, and what was still planned. Pure.

A day has one answer at the centre and one at each workplace. A placement that its host's closure or a person suspends sends
the apprentice back to the centre; when that is closed, too, he was at home. Days to come are planned: an open end is no closure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

from tracker.calendar.rules import ClosedInterval, Span

LONGEST: Final = timedelta(days=20 * 365)  # a mistyped year must not draw a century
GAP_DAYS: Final = 4  # a weekend with a holiday parts no run of absences
_DAY = timedelta(days=1)


class Kind(StrEnum):
    """What a span was; the kinds of the chart and its legend."""

    THEORY = "theory"
    PLACEMENT = "placement"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    PLANNED = "planned"
    EXTENSION = "extension"
    REMOTE = "remote"
    CATCH_UP = "catch-up"
    ABSENT = "absent"
    EXCUSED = "excused"


# What a day's marks say, the strongest first: half a day missed is missed.
SAID_BY_STATUS: Final = {"absent": Kind.ABSENT, "excused": Kind.EXCUSED, "remote": Kind.REMOTE}


@dataclass(frozen=True, slots=True)
class Time:
    """A time in a cohort, both days included. `last` None: it goes on, as far as anybody has planned.

    cohort        its id; empty: in none
    closed        when the cohort's place at the centre was closed
    original_end  the end of the cohort as it was planned first
    """

    cohort: str
    first: date
    last: date | None
    closed: Sequence[ClosedInterval] = ()
    original_end: date | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A placement, both days included; `paused` are the suspensions that a person decided."""

    placement: str
    first: date
    last: date | None
    closed: Sequence[ClosedInterval] = ()
    paused: Sequence[Span] = ()


class Piece(NamedTuple):
    """A span of days alike, both included.

    of         the cohort or the placement it belongs to
    closures   ids of the closures in force in it
    displaced  ids of the placements that expected the apprentice elsewhere, had they not been suspended
    """

    first: date
    last: date
    kind: Kind
    of: str = ""
    closures: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()


class Interruption(NamedTuple):
    """The first day that closures took from the apprentice, and what they broke off.

    post  the placement at which he still was on the day before; None: theory at the centre
    """

    on: date
    closures: tuple[str, ...]
    post: str | None


def at_centre(times: Sequence[Time], posts: Sequence[Post], today: date, until: date) -> list[Piece]:
    """Where the times at the centre went, the earliest first; days at an open workplace are left out.

    until  how far a time without an end is drawn
    """

    def what(on: date) -> tuple[Kind, str, tuple[str, ...], tuple[str, ...]] | None:
        time = _on(times, on)
        there = [post for post in posts if lies_in(on, post)]
        # A placement is planned as it stands: nobody knows yet who will be sent back.
        if time is None or any(on > today or not _is_halted(post, on) for post in there):
            return None
        closed, displaced = _closed_on(time.closed, on, today), tuple(post.placement for post in there)
        if closed:
            return Kind.CLOSED, time.cohort, closed, displaced
        if time.original_end and on > time.original_end:
            return Kind.EXTENSION, time.cohort, (), displaced
        return Kind.PLANNED if on > today else Kind.THEORY, time.cohort, (), displaced

    return _pieces(times, until, what)


def at_work(post: Post, today: date, until: date) -> list[Piece]:
    """Where the days of a placement went, the earliest first."""

    def what(on: date) -> tuple[Kind, str, tuple[str, ...], tuple[str, ...]] | None:
        if closed := _closed_on(post.closed, on, today):
            return Kind.CLOSED, post.placement, closed, ()
        if any(_lies_between(on, pause) for pause in post.paused):
            return Kind.SUSPENDED, post.placement, (), ()
        return Kind.PLANNED if on > today else Kind.PLACEMENT, post.placement, (), ()

    return _pieces([post], until, what)


def interruptions(times: Sequence[Time], posts: Sequence[Post], today: date) -> list[Interruption]:
    """What closures broke off until today, the earliest first; those that did so on one day together.

    A closure of the centre interrupts nobody who is at an open workplace; it does from the day that sends him back. Who
    begins while it is closed has nothing that could be broken off.
    """
    found: dict[str, tuple[date, str | None]] = {}

    def add(piece: Piece, post: str | None) -> None:
        for closure in piece.closures:
            if closure not in found or piece.first < found[closure][0]:
                found[closure] = piece.first, post

    for post in posts:
        for piece in at_work(post, today, today):
            if _is_open(post, piece.first - _DAY):
                add(piece, post.placement)
    for piece in at_centre(times, posts, today, today):
        before = piece.first - _DAY
        sent_back = [post.placement for post in posts if post.placement in piece.displaced and _is_open(post, before)]
        if sent_back or any(lies_in(before, time) for time in times):
            add(piece, next(iter(sent_back), None))
    together: dict[tuple[date, str | None], list[str]] = {}
    for closure, (on, post_id) in sorted(found.items()):
        together.setdefault((on, post_id), []).append(closure)
    return sorted((Interruption(on, tuple(closures), post_id) for (on, post_id), closures in together.items()), key=lambda each: each.on)


def said(marks: Mapping[tuple[date, str], str]) -> list[Piece]:
    """Absences, excused days and days of remote training as runs, the earliest first.

    marks  status by (day, slot). Only what is marked in between parts a run, or more than a long weekend without any mark
    """
    by_day: dict[date, Kind | None] = {}
    for (on, _slot), status in marks.items():
        kind, known = SAID_BY_STATUS.get(status), by_day.get(on)
        by_day[on] = min((each for each in (kind, known) if each), key=list(SAID_BY_STATUS.values()).index, default=None)
    runs: list[Piece] = []
    before: Kind | None = None
    for on, kind in sorted(by_day.items()):
        if kind and kind == before and (on - runs[-1].last).days <= GAP_DAYS:
            runs[-1] = runs[-1]._replace(last=on)
        elif kind:
            runs.append(Piece(on, on, kind))
        before = kind
    return runs


def _pieces(
    spans: Iterable[Time | Post], until: date, what: Callable[[date], tuple[Kind, str, tuple[str, ...], tuple[str, ...]] | None]
) -> list[Piece]:
    known = [(span.first, min(span.last or until, until)) for span in spans]
    days = sorted({on for first, last in known for on in _days(max(first, until - LONGEST), last)})
    found = []
    # Days that do not follow one another are different spans, whatever they have in common.
    for (answer, _gap), alike in groupby(enumerate(days), key=lambda each: (what(each[1]), each[1].toordinal() - each[0])):
        run = [on for _n, on in alike]
        if answer is not None:
            kind, of, closures, displaced = answer
            found.append(Piece(run[0], run[-1], kind, of, closures, displaced))
    return found


def _days(first: date, last: date) -> Iterable[date]:
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


def _on(times: Iterable[Time], on: date) -> Time | None:
    """A day in two cohorts belongs to the one begun later."""
    return max((time for time in times if lies_in(on, time)), key=lambda time: (time.first, time.cohort), default=None)


def lies_in(on: date, span: Time | Post) -> bool:
    """Whether a day belongs to a time or a placement."""
    return span.first <= on and (span.last is None or on <= span.last)


def _lies_between(on: date, span: Span) -> bool:
    return span.first <= on and (span.last is None or on <= span.last)


def _closed_on(intervals: Iterable[ClosedInterval], on: date, today: date) -> tuple[str, ...]:
    """The closures in force; after today only those whose end is known."""
    return tuple(
        closure for first, last, closure in intervals if first <= on and (on <= last if last is not None else on <= max(today, first))
    )


def _is_open(post: Post, on: date) -> bool:
    return lies_in(on, post) and not _is_halted(post, on)


def _is_halted(post: Post, on: date) -> bool:
    return any(_lies_between(on, pause) for pause in post.paused) or any(
        first <= on and (last is None or on <= last) for first, last, _closure in post.closed
    )
