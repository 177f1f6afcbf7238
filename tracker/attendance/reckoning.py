"""An apprentice's attendance by minutes: so far, of the whole programme, and against the threshold. Pure: plain values only.

    a cohort's plan + an apprentice's spans in it, marks and days away  --reckon-->  Reckoning

A day has two halves. A mark of `am` or `pm` wins over a mark of the whole day for its half, so that nothing counts twice.
What counts is whole minutes: a mark's own minutes where it has some, at most those of its session, else the whole session.
All is compared by multiplying, never by dividing: who stands exactly at the threshold has reached it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from tracker.attendance.rules import ATTENDED, HALVES, MarkValue, slot_left, STATUSES
from tracker.calendar.rules import Rate, Span

HALF_MINUTES: Final = 210
# One missed day is an accident and two are a weekend made longer; at the third somebody should call, while it is still early.
ABSENCES_TO_CALL: Final = 3
DAY: Final = "day"
WORKPLACE: Final = "workplace"

Place = tuple[date, str]
"""A day and a slot: where a mark or a register stands."""


class Length(NamedTuple):
    """Minutes of the two halves of a day."""

    am: int = HALF_MINUTES
    pm: int = HALF_MINUTES

    @property
    def day(self) -> int:
        """Minutes of the whole day."""
        return self.am + self.pm

    @property
    def halves(self) -> tuple[str, ...]:
        """The halves in which there is training; both where the pattern gives no hours."""
        return tuple(half for half, minutes in zip(HALVES, self, strict=True) if minutes) or HALVES


@dataclass(frozen=True)
class Plan:
    """What a cohort is taught and which of its registers were taken: the same for all its apprentices.

    days      length by day of training or confirmed as taught, the oldest first; other days count in nothing
    taken     the registers taken
    has_end   whether the days reach to the planned end; without it nothing can be said of the whole programme
    work_off  days on which the workplaces were closed
    """

    days: Mapping[date, Length]
    taken: Collection[Place]
    has_end: bool = True
    work_off: Collection[date] = ()

    def between(self, first: date, last: date) -> "Plan":
        """The part from `first` to `last`, both included."""
        days = {on: length for on, length in self.days.items() if first <= on <= last}
        return Plan(days, self.taken, self.has_end, self.work_off)

    def is_taken(self, on: date) -> bool:
        """Whether a register of the day was taken, in one slot or another."""
        return any((on, slot) in self.taken for slot in (DAY, *HALVES))

    @property
    def begun_on(self) -> date | None:
        """The day of the first register that was taken."""
        return min((on for on, _slot in self.taken), default=None)

    def slot_left(self, on: date) -> str | None:
        """The slot of one of its days whose register waits (`rules.slot_left`)."""
        return slot_left([slot for slot in (DAY, *HALVES) if (on, slot) in self.taken], self.days[on].halves)

    def not_taken(self, spans: Collection[Span], today: date) -> list[date]:
        """The days before `today` whose register nobody took, or only a half of it, though somebody was there to mark."""
        return [on for on in self.days if on < today and lies_in(on, spans) and self.slot_left(on)]


class Verdict(StrEnum):
    """What the reading so far means for the threshold."""

    NO_DATA = "no-data"
    REACHED = "reached"
    CAN_STILL = "can-still"
    CAN_NO_LONGER = "can-no-longer"


@dataclass(frozen=True)
class Reckoning:
    """An apprentice's attendance at the centre, in minutes.

    attended   of marks present, late and remote
    expected   the sessions of these and of those absent; who is excused, or was not marked, is not in it
    excused    the sessions excused
    to_come    by day, what is still to come as far as the plan reaches, and was not excused beforehand
    halves     half days by status, as they count
    absent_on  the latest days, when he was absent on each without excuse, at the centre or at the workplace
    at_work    half days attended and expected at the workplace: I7 counts these, nothing here does
    """

    attended: int
    expected: int
    excused: int
    to_come: tuple[int, ...]
    halves: Mapping[str, int]
    absent_on: tuple[date, ...]
    at_work: Rate
    has_end: bool
    threshold_percent: int

    @property
    def so_far(self) -> Rate:
        """Attended of expected until now."""
        return Rate(self.attended, self.expected)

    @property
    def whole(self) -> Rate:
        """Attended of all sessions up to the planned end; 0/0 where that is not known."""
        return Rate(self.attended, self.expected + sum(self.to_come)) if self.has_end else Rate(0, 0)

    @property
    def verdict(self) -> Verdict:
        """Where he stands. Who has reached the threshold so far can always still keep it."""
        if not self.expected:
            return Verdict.NO_DATA
        if _reaches(self.so_far, self.threshold_percent):
            return Verdict.REACHED
        if self.has_end and self._spare < 0:
            return Verdict.CAN_NO_LONGER
        return Verdict.CAN_STILL

    @property
    def _spare(self) -> int:
        """Hundredths of a minute that may be missed of those to come; below nought the threshold is out of reach."""
        to_come = sum(self.to_come)
        return (self.attended + to_come) * 100 - self.threshold_percent * (self.expected + to_come)

    @property
    def may_miss(self) -> int | None:
        """How many of the days to come he may still miss, whichever they are; None where the end is not known, or nothing was marked."""
        if not self.has_end or not self.expected:
            return None
        missed = count = 0
        # The longest first: a promise of three days must hold for the three longest.
        for minutes in sorted(self.to_come, reverse=True):
            missed += minutes
            if missed * 100 > self._spare:
                break
            count += 1
        return count

    @property
    def is_long_absent(self) -> bool:
        """Whether it is time to call."""
        return len(self.absent_on) >= ABSENCES_TO_CALL


def percent(rate: Rate) -> int | None:
    """Whole per cent, rounded down: what is shown never reaches a threshold that was missed. None: no data."""
    return rate.numerator * 100 // rate.denominator if rate.denominator else None


def _reaches(rate: Rate, threshold_percent: int) -> bool:
    return rate.numerator * 100 >= threshold_percent * rate.denominator


def reckon(
    plan: Plan,
    spans: Sequence[Span],
    marks: Mapping[Place, MarkValue],
    *,
    today: date,
    threshold_percent: int,
    away: Collection[date] = (),
) -> Reckoning:
    """The attendance of one apprentice in one cohort.

    spans  of the enrolments in this cohort: a late joiner counts from his first day, who moved counts here up to his last
    marks  in no order; those of other days, and of registers not taken, count in nothing
    away   days on which a placement expects the apprentice at the workplace: not to come here; marked here they count
    """
    halves: Counter[str] = Counter()
    attended = expected = excused = 0
    to_come, absent_on, by_day = [], list[date](), _at_workplaces(plan, spans, marks)
    for on, length in plan.days.items():
        if not lies_in(on, spans):
            continue
        statuses, open_minutes = set(), 0
        for mark, slot, size, minutes in _pieces(on, length, marks):
            if mark is not None and _counts(plan, on, slot):
                statuses.add(mark.status)
                halves[str(mark.status)] += size
                if mark.status == "excused":
                    excused += minutes
                else:
                    expected += minutes
                    attended += _attended(mark, minutes)
            elif on >= today and (mark is None or mark.status != "excused"):
                open_minutes += minutes
        if open_minutes and on not in away:
            to_come.append(open_minutes)
        by_day[on] |= statuses
    for on in sorted(by_day):
        _follow(absent_on, on, by_day[on])
    at_work = _at_work(plan, spans, marks)
    return Reckoning(attended, expected, excused, tuple(to_come), dict(halves), tuple(absent_on), at_work, plan.has_end, threshold_percent)


def halves_of(on: date, marks: Mapping[Place, MarkValue]) -> tuple[MarkValue | None, MarkValue | None]:
    """What holds for the morning and for the afternoon of a day: the mark of the half, else that of the day."""
    day = _known(marks.get((on, DAY)))
    am, pm = (_known(marks.get((on, half))) or day for half in HALVES)
    return am, pm


def halves_on(plan: Plan, spans: Collection[Span], marks: Mapping[Place, MarkValue], on: date) -> dict[str, int]:
    """What counts of one day: half days by status; empty where nothing does."""
    found: Counter[str] = Counter()
    if on in plan.days and lies_in(on, spans):
        for mark, slot, size, _minutes in _pieces(on, plan.days[on], marks):
            if mark is not None and _counts(plan, on, slot):
                found[str(mark.status)] += size
    return dict(found)


def _known(mark: MarkValue | None) -> MarkValue | None:
    """A mark taken back is none, and a status of a newer version is none that can be reckoned with."""
    return mark if mark is not None and mark.status in STATUSES else None


def _pieces(on: date, length: Length, marks: Mapping[Place, MarkValue]) -> Iterator[tuple[MarkValue | None, str, int, int]]:
    """The day at the centre in pieces of one mark each: the mark, its slot, how many halves, how many minutes.

    What a mark of the day still covers is one piece, so that its minutes are capped once.
    """
    size = minutes = 0
    for half, of_half in zip(HALVES, length, strict=True):
        own = _known(marks.get((on, half)))
        if own is None:
            size, minutes = size + 1, minutes + of_half
        elif own.place != WORKPLACE:
            yield own, half, 1, of_half
    day = _known(marks.get((on, DAY)))
    if size and (day is None or day.place != WORKPLACE):
        yield day, DAY, size, minutes


def _counts(plan: Plan, on: date, slot: str) -> bool:
    """Whether a mark's register was taken; a half-day mark belongs to the whole day's register as well."""
    return (on, slot) in plan.taken or (on, DAY) in plan.taken


def _attended(mark: MarkValue, minutes: int) -> int:
    if mark.status not in ATTENDED:
        return 0
    return minutes if mark.minutes is None else min(mark.minutes, minutes)


def _follow(absent_on: list[date], on: date, statuses: Collection[str | None]) -> None:
    """Go on with the days absent in a row: a day not marked leaves them, one attended or excused even in part ends them."""
    if statuses == {"absent"}:
        absent_on.append(on)
    elif statuses:
        absent_on.clear()


def _at_workplaces(plan: Plan, spans: Sequence[Span], marks: Mapping[Place, MarkValue]) -> defaultdict[date, set[str | None]]:
    """The statuses of the marks at the workplace, by day, as far as they count."""
    found: defaultdict[date, set[str | None]] = defaultdict(set)
    for (on, _slot), mark in marks.items():
        if mark.place == WORKPLACE and mark.status in STATUSES and on not in plan.work_off and lies_in(on, spans):
            found[on].add(mark.status)
    return found


def _at_work(plan: Plan, spans: Collection[Span], marks: Mapping[Place, MarkValue]) -> Rate:
    attended = expected = 0
    for on in {on for (on, _slot), mark in marks.items() if mark.place == WORKPLACE}:
        if on in plan.work_off or not lies_in(on, spans):
            continue
        for mark in halves_of(on, marks):
            if mark is not None and mark.place == WORKPLACE and mark.status != "excused":
                expected += 1
                attended += mark.status in ATTENDED
    return Rate(attended, expected)


def lies_in(on: date, spans: Collection[Span]) -> bool:
    """Whether a day lies in one of these spans."""
    return any(first <= on and (last is None or on <= last) for first, last in spans)


def own_spans(enrolments: Sequence[tuple[str, Span]], cohort_id: str) -> list[Span]:
    """The spans of one apprentice in one cohort, cut where the next enrolment begins: each day belongs to one cohort.

    enrolments  (cohort id, span) of all enrolments of the apprentice, by first day and then as all machines order them
    """
    found = []
    for place, (cohort, (first, ended_on)) in enumerate(enrolments):
        following = next((span.first for _cohort, span in enrolments[place + 1 :]), date.max)
        # Of two that begin on one day the later in the order holds it.
        if cohort == cohort_id and first < following:
            last = min(ended_on or date.max, following - timedelta(days=1))
            found.append(Span(first, last if ended_on or following < date.max else None))
    return found
