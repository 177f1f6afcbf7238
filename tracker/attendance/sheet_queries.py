"""Attendance over many days: the reckoning of a cohort's apprentices, the month sheet, and the lists of whom to call."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from tracker import clock
from tracker.attendance import reckoning, rules
from tracker.attendance.absence_queries import last_follow_ups
from tracker.attendance.models import FollowUp, Mark, Register
from tracker.attendance.reckoning import DAY, HALF_MINUTES, Length, Place, Plan, reckon, Reckoning, Verdict
from tracker.attendance.rules import MarkValue
from tracker.calendar import rules as calendar_rules
from tracker.calendar.ends import Ends, ends_in
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import Day, DayKind, Site, SiteKind, Span
from tracker.country.tz import Holiday
from tracker.db import db
from tracker.errors import NotFound
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.people.queries import all_members, CHUNK, cohort_for, cohorts
from tracker.placements import queries as placements
from tracker.policy import Actor, may
from tracker.programmes.queries import DEFAULT_THRESHOLD_PERCENT, programme

# A mistyped year (1926, 2099) must not make every page reckon for a century.
LONGEST: Final = timedelta(days=20 * 365)
MOST_DAYS_LISTED: Final = 30
_DAY = timedelta(days=1)


# ---- what a cohort is taught


def after_months(on: date, months: int) -> date:
    """The day before the same day so many months later: the last day of a course of that length."""
    count = on.year * 12 + on.month - 1 + months
    year, month = divmod(count, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=on.day - 1), following) - _DAY


def original_end(cohort: Cohort) -> date | None:
    """The last day as it was planned first; where nobody said it, that of the programme's length from the first day on, if known."""
    if cohort.ends_on or cohort.starts_on is None:
        return cohort.ends_on
    course = programme(cohort.programme)
    return after_months(cohort.starts_on, course.months) if course and course.months else None


def planned_end(cohort: Cohort, ends: Ends | None = None) -> date | None:
    """The cohort's last day: the extended end, else the original; None if neither is known.

    ends  the ends that were moved at the centre, where many cohorts are asked about
    """
    return (ends or ends_in(cohort.partition)).of_cohort(cohort) or original_end(cohort)


def last_day(cohort: Cohort, today: date) -> date | None:
    """The last day that counts; None if no end is known.

    The end by the programme's length ends nothing: the registers of a cohort that goes on after it are due, and so they count.
    """
    ends = ends_in(cohort.partition)
    end = planned_end(cohort, ends)
    return end if end is None or ends.of_cohort(cohort) else max(end, today)


def threshold_of(cohort: Cohort) -> int:
    """The attendance in per cent that the cohort's programme asks for."""
    course = programme(cohort.programme)
    return course.threshold_percent if course else DEFAULT_THRESHOLD_PERCENT


def plan_of(calendar: Calendar, cohort: Cohort, first: date, today: date) -> Plan:
    """The sessions of a cohort by the calendar as known, and its registers taken.

    first  from when on where the cohort's own first day is not known
    """
    begin, end = max(cohort.starts_on or first, today - LONGEST), last_day(cohort, today)
    last = min(end or today, today + LONGEST)
    site, weekly = calendar.site_of(cohort), calendar.weekly(cohort.campus_id)
    days = calendar.taught_days(cohort, begin, last)
    taken = select(Register.on, Register.slot).where(
        Register.partition == cohort.partition, Register.cohort_id == cohort.id, Register.status == rules.TAKEN
    )
    # Workplaces in general, whoever the employer is: I7 counts by the same days.
    work = Site(SiteKind.WORKPLACE, site.centre, site.campus, site.cohort, None, site.region, site.jurisdiction)
    return Plan(
        {on: _length(calendar_rules.pattern_on(on, weekly)) for on in days},
        {(on, slot) for on, slot in db.session.execute(taken)},
        has_end=end is not None,
        work_off=calendar_rules.closed_days(begin, last, calendar.intervals(work)),
    )


def _length(pattern: calendar_rules.WeeklyPattern | None) -> Length:
    am, pm = (pattern.am_minutes, pattern.pm_minutes) if pattern else (None, None)
    return Length(HALF_MINUTES if am is None else am, HALF_MINUTES if pm is None else pm)


# ---- what is known of its apprentices


def spans_in(cohort: Cohort) -> dict[str, list[Span]]:
    """The days that each apprentice belongs to the cohort, by apprentice; a day in two cohorts belongs to the later begun."""
    rows = db.session.execute(
        select(Enrolment.apprentice_id, Enrolment.cohort_id, Enrolment.starts_on, Enrolment.ended_on)
        .where(Enrolment.partition == cohort.partition, Enrolment.void_reason.is_(None))
        .order_by(Enrolment.id)
    )
    by_apprentice: dict[str, list[tuple[str, Span]]] = defaultdict(list)
    for apprentice_id, cohort_id, starts_on, ended_on in rows:
        by_apprentice[apprentice_id or ""].append((cohort_id or "", Span(starts_on or date.min, ended_on)))
    found = {}
    for apprentice_id, enrolments in by_apprentice.items():
        if any(cohort_id == cohort.id for cohort_id, _span in enrolments):
            found[apprentice_id] = reckoning.own_spans(sorted(enrolments, key=lambda each: each[1].first), cohort.id)
    return found


def marks_of(partition: str, apprentice_ids: Collection[str]) -> dict[str, dict[Place, MarkValue]]:
    """All marks that stand, by apprentice, day and slot. Plain columns: a cohort of two years has twenty thousand of them."""
    found: dict[str, dict[Place, MarkValue]] = defaultdict(dict)
    ids = sorted(apprentice_ids)
    for start in range(0, len(ids), CHUNK):
        rows = select(Mark.apprentice_id, Mark.on, Mark.slot, Mark.status, Mark.place, Mark.reason, Mark.minutes).where(
            Mark.partition == partition, Mark.apprentice_id.in_(ids[start : start + CHUNK]), Mark.status.is_not(None)
        )
        for apprentice_id, on, slot, status, place, reason, minutes in db.session.execute(rows):
            found[apprentice_id][on, slot] = MarkValue(status, place, reason, minutes)
    return found


@dataclass(frozen=True)
class Ground:
    """All that a cohort's reckoning stands on, read once.

    spans  by apprentice: only those who were ever enrolled here
    away   of the days to come, and of those whose register is not wholly taken, by apprentice
    """

    cohort: Cohort
    calendar: Calendar
    plan: Plan
    people: Mapping[str, Apprentice]
    spans: Mapping[str, Sequence[Span]]
    marks: Mapping[str, Mapping[Place, MarkValue]]
    away: Mapping[str, Collection[date]]
    threshold_percent: int
    today: date

    def reckon(self, apprentice_id: str, plan: Plan | None = None) -> Reckoning:
        """The attendance of one apprentice, over the whole plan or a part of it."""
        return reckon(
            plan or self.plan,
            self.spans[apprentice_id],
            self.marks.get(apprentice_id, {}),
            today=self.today,
            threshold_percent=self.threshold_percent,
            away=self.away.get(apprentice_id, ()),
        )

    def not_taken(self) -> list[date]:
        """The days before today whose register nobody took, or only a half of it, though somebody was there to mark."""
        missing = self.plan.not_taken([span for spans in self.spans.values() for span in spans], self.today)
        return [on for on in missing if any(self.is_expected(key, on) for key in self.people)]

    def is_here(self, apprentice_id: str, on: date) -> bool:
        """Whether the apprentice belongs to the cohort on a day."""
        return reckoning.lies_in(on, self.spans[apprentice_id])

    def is_expected(self, apprentice_id: str, on: date) -> bool:
        """Whether the apprentice is to come on a day to come, or was on one whose register is not wholly taken."""
        return self.is_here(apprentice_id, on) and on not in self.away.get(apprentice_id, ())

    def halves_on(self, apprentice_id: str, on: date) -> dict[str, int]:
        """What counts of a day of an apprentice: half days by status."""
        return reckoning.halves_on(self.plan, self.spans[apprentice_id], self.marks.get(apprentice_id, {}), on)


def ground_of(actor: Actor, cohort: Cohort, calendar: Calendar | None = None) -> Ground:
    """Read what a cohort's reckoning stands on. Raises NotFound for a cohort that the actor does not see."""
    calendar, today = calendar or calendar_for(actor, cohort.partition), clock.today()
    people = {apprentice.id: apprentice for apprentice, _enrolment in all_members(actor, cohort)}
    spans = {key: found for key, found in spans_in(cohort).items() if key in people}
    marks = marks_of(cohort.partition, people.keys())
    begun = [span.first for found in spans.values() for span in found if span.first > date.min]
    begun += [on for found in marks.values() for on, _slot in found]
    plan = plan_of(calendar, cohort, min(begun, default=today), today)
    open_days = [on for on in plan.days if on >= today or plan.slot_left(on)]
    away = placements.away_days(calendar, cohort.partition, people.keys(), open_days)
    return Ground(cohort, calendar, plan, people, spans, marks, away, threshold_of(cohort), today)


# ---- the month sheet


@dataclass(frozen=True)
class SheetDay:
    """A column of the month sheet.

    day       what the calendar says and why
    is_due    a register is due: training, or taught anyway, and somebody is enrolled and not at a workplace
    is_taken  in one slot or another
    left      the slot whose register should have been taken by now
    is_ahead  not to be taken before today is over
    halves    half days that count, by status, of all apprentices
    """

    day: Day[Holiday]
    was_taught: bool
    is_due: bool
    is_taken: bool
    left: str | None
    is_ahead: bool
    halves: Mapping[str, int]

    @property
    def on(self) -> date:
        """Its date."""
        return self.day.on

    @property
    def is_missing(self) -> bool:
        """Whether its register should have been taken by now."""
        return self.is_due and self.left is not None


@dataclass(frozen=True)
class SheetCell:
    """A day of an apprentice.

    am, pm   what holds for the two halves, None while unmarked; of a mark of the whole day both are the same
    is_here  whether the apprentice belongs to the cohort on this day
    counts   whether it counts here; marks at the workplace, on days without training or in registers not taken do not
    """

    am: str | None
    pm: str | None
    is_here: bool
    counts: bool


@dataclass(frozen=True)
class SheetRow:
    """An apprentice in the month sheet: a cell per day, the reckoning of the month alone, and that of all the time in the cohort."""

    id: str
    name: str
    number: str
    cells: tuple[SheetCell, ...]
    month: Reckoning
    whole: Reckoning


@dataclass(frozen=True)
class MonthSheet:
    """The month sheet of a cohort.

    days            every day of the month, oldest first
    rows            everybody who belonged to the cohort on some day of it, by name
    begun_on        day of the cohort's first register; None: none was ever taken
    planned_end     None: not known, and so no reading of the whole programme
    previous, next  first days of the months before and after; None outside the time of the cohort
    """

    cohort: Cohort
    first: date
    last: date
    days: tuple[SheetDay, ...]
    rows: tuple[SheetRow, ...]
    threshold_percent: int
    begun_on: date | None
    planned_end: date | None
    previous: date | None
    next: date | None

    @property
    def missing(self) -> list[SheetDay]:
        """The days whose register should have been taken by now, since the cohort's first register."""
        return [each for each in self.days if each.is_missing and self.begun_on and each.on >= self.begun_on]

    @property
    def before(self) -> int:
        """How many such days there were before it."""
        return sum(each.is_missing for each in self.days) - len(self.missing)


def month_sheet(actor: Actor, cohort: Cohort | str, year: int, month: int) -> MonthSheet:
    """The month sheet of a cohort (or its id). Raises NotFound for a cohort that the actor may not see, and for no month."""
    cohort = cohort_for(actor, cohort) if isinstance(cohort, str) else cohort
    if not (1900 <= year < 2200 and 1 <= month <= 12):
        raise NotFound
    first = date(year, month, 1)
    last = date(year + month // 12, month % 12 + 1, 1) - _DAY
    ground = ground_of(actor, cohort)
    plan = ground.plan.between(first, last)
    days = ground.calendar.days_at(ground.calendar.site_of(cohort), first, last)
    here = [key for key in ground.people if any(ground.is_here(key, day.on) for day in days)]
    rows = tuple(_sheet_row(ground, key, [day.on for day in days], plan) for key in here)
    return MonthSheet(
        cohort,
        first,
        last,
        tuple(sheet_day(ground, day, here) for day in days),
        rows,
        ground.threshold_percent,
        ground.plan.begun_on,
        planned_end(cohort),
        previous=_month_in(cohort, first - _DAY, ground.today),
        next=_month_in(cohort, last + _DAY, ground.today),
    )


def _month_in(cohort: Cohort, on: date, today: date) -> date | None:
    """The first day of the month of a day, unless the whole month lies outside the time of the cohort."""
    begin, end = cohort.starts_on or date(1900, 1, 1), last_day(cohort, today) or date(2199, 12, 31)
    month = (on.year, on.month)
    return on.replace(day=1) if (begin.year, begin.month) <= month <= (end.year, end.month) else None


def sheet_day(ground: Ground, day: Day[Holiday], here: Iterable[str]) -> SheetDay:
    """A day with all that its column shows. here: the apprentices of the sheet."""
    on, halves = day.on, Counter[str]()
    for key in here:
        halves.update(ground.halves_on(key, on))
    return SheetDay(
        day,
        was_taught=day.kind != DayKind.TRAINING and ground.calendar.was_taught(ground.cohort.id, on),
        is_due=on in ground.plan.days and any(ground.is_expected(key, on) for key in here),
        is_taken=ground.plan.is_taken(on),
        left=ground.plan.slot_left(on) if on in ground.plan.days and on < ground.today else None,
        is_ahead=on >= ground.today and not ground.plan.is_taken(on),
        halves=dict(halves),
    )


def _sheet_row(ground: Ground, apprentice_id: str, days: Iterable[date], plan: Plan) -> SheetRow:
    person = ground.people[apprentice_id]
    return SheetRow(
        person.id,
        person.full_name,
        person.number or "",
        tuple(cell_of(ground, apprentice_id, on) for on in days),
        ground.reckon(apprentice_id, plan),
        ground.reckon(apprentice_id),
    )


def cell_of(ground: Ground, apprentice_id: str, on: date) -> SheetCell:
    """A day of an apprentice."""
    am, pm = reckoning.halves_of(on, ground.marks.get(apprentice_id, {}))
    return SheetCell(
        am.status if am else None,
        pm.status if pm else None,
        is_here=ground.is_here(apprentice_id, on),
        counts=bool(ground.halves_on(apprentice_id, on)),
    )


# ---- whom to call


@dataclass(frozen=True)
class NotTaken:
    """A cohort with registers that nobody took.

    days    the latest of them since its first register, the newest first, each with the slot that is left
    count   of all since then
    before  how many days there were before its first register, all where none was ever taken
    """

    cohort: Cohort
    days: tuple[tuple[date, str], ...]
    count: int
    before: int
    has_begun: bool


@dataclass(frozen=True)
class ToCall:
    """An apprentice whom somebody should call, with what is known.

    last      the latest attempt to reach him that was not withdrawn
    may_call  whether the actor may write down an attempt
    """

    apprentice: Apprentice
    cohort: Cohort
    reckoning: Reckoning
    last: FollowUp | None
    may_call: bool


@dataclass(frozen=True)
class Lists:
    """What waits for somebody.

    not_taken  by name of the cohort
    in_a_row   absent on several days in a row without excuse, the longest first
    below      below the threshold, who can no longer reach it first, then the lowest
    """

    not_taken: tuple[NotTaken, ...]
    in_a_row: tuple[ToCall, ...]
    below: tuple[ToCall, ...]


def lists(actor: Actor, partition: str) -> Lists:
    """The lists of a centre: of the cohorts that the actor may mark, or of all if that is none. Raises NotFound."""
    calendar, today = calendar_for(actor, partition), clock.today()
    ends = ends_in(partition)
    running = [each for each in cohorts(actor, partition) if (each.starts_on or date.min) <= today <= (ends.of_cohort(each) or date.max)]
    mine = [each for each in running if may(actor, "mark", each)]
    grounds = [ground_of(actor, cohort, calendar) for cohort in mine or running]
    calls = last_follow_ups(partition)
    people = [
        ToCall(person, ground.cohort, ground.reckon(key), calls.get(key), may(actor, "mark", ground.cohort))
        for ground in grounds
        for key, person in ground.people.items()
        if ground.is_here(key, today)
    ]
    by_name = sorted(grounds, key=lambda ground: ((ground.cohort.name or "").casefold(), ground.cohort.id))
    return Lists(
        tuple(_not_taken(ground, days) for ground in by_name if (days := ground.not_taken())),
        tuple(sorted((each for each in people if each.reckoning.is_long_absent), key=lambda each: -len(each.reckoning.absent_on))),
        tuple(sorted((each for each in people if each.reckoning.verdict in _BELOW), key=_urgency)),
    )


def _not_taken(ground: Ground, days: Sequence[date]) -> NotTaken:
    begun_on = ground.plan.begun_on
    since = [(on, ground.plan.slot_left(on) or DAY) for on in days if begun_on and on >= begun_on]
    return NotTaken(
        ground.cohort, tuple(reversed(since[-MOST_DAYS_LISTED:])), len(since), len(days) - len(since), has_begun=begun_on is not None
    )


_BELOW: Final = (Verdict.CAN_NO_LONGER, Verdict.CAN_STILL)


def _urgency(each: ToCall) -> tuple[int, int, str]:
    return _BELOW.index(each.reckoning.verdict), reckoning.percent(each.reckoning.so_far) or 0, each.apprentice.full_name.casefold()
