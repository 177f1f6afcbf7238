"""An apprentice's sheet: every month in every cohort, what kept the apprentice away and why, and the placements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tracker import clock
from tracker.attendance.reckoning import Reckoning
from tracker.attendance.rules import MarkValue
from tracker.attendance.sheet_queries import cell_of, Ground, ground_of, last_day, LONGEST, sheet_day, SheetCell, SheetDay
from tracker.calendar.queries import calendar_for, Run, runs_of
from tracker.calendar.rules import Day
from tracker.country.tz import Holiday
from tracker.people.models import Apprentice, Cohort
from tracker.people.queries import apprentice_for, cohorts, enrolments_of
from tracker.placements.queries import Listed, panel
from tracker.policy import Actor

NAMED = ("absent", "excused", "late")  # what is listed with its reason


@dataclass(frozen=True)
class Month:
    """A month in a cohort.

    days       day of the month -> what it was, and what is marked; days outside the time in the cohort are missing
    reckoning  of this month alone
    """

    first: date
    days: dict[int, tuple[SheetDay, SheetCell]]
    reckoning: Reckoning


@dataclass(frozen=True)
class Absence:
    """A day, or half of one, on which the apprentice was not there or came late."""

    on: date
    slot: str
    value: MarkValue


@dataclass(frozen=True)
class InCohort:
    """The apprentice's time in a cohort until today.

    closed    the days on which the cohort's site was closed, in runs
    absences  the oldest first
    """

    cohort: Cohort
    reckoning: Reckoning
    months: tuple[Month, ...]
    closed: tuple[Run, ...]
    absences: tuple[Absence, ...]


@dataclass(frozen=True)
class ApprenticeSheet:
    """All that the sheet shows. cohorts: the latest first."""

    apprentice: Apprentice
    centre: str
    cohorts: tuple[InCohort, ...]
    placements: Sequence[Listed]


def apprentice_sheet(actor: Actor, apprentice_id: str) -> ApprenticeSheet:
    """The attendance of an apprentice; raises NotFound."""
    apprentice = apprentice_for(actor, apprentice_id)
    calendar = calendar_for(actor, apprentice.partition)
    cohort_ids = list(dict.fromkeys(each.cohort_id for each in enrolments_of(apprentice) if each.cohort_id))
    known = {cohort.id: cohort for cohort in cohorts(actor, apprentice.partition, with_void=True)}
    grounds = [ground_of(actor, known[cohort_id], calendar) for cohort_id in cohort_ids if cohort_id in known]
    return ApprenticeSheet(
        apprentice,
        (calendar.centre.name if calendar.centre else None) or "",
        tuple(_in_cohort(ground, apprentice.id) for ground in grounds if apprentice.id in ground.spans),
        panel(actor, apprentice.id, clock.today()),
    )


def _in_cohort(ground: Ground, apprentice_id: str) -> InCohort:
    first, last = _time_in(ground, apprentice_id)
    site = ground.calendar.site_of(ground.cohort)
    days = ground.calendar.days_at(site, first, last) if first <= last else []
    days = [day for day in days if ground.is_here(apprentice_id, day.on)]
    return InCohort(
        ground.cohort,
        ground.reckon(apprentice_id),
        tuple(_month(ground, apprentice_id, list(of_month)) for _month_of, of_month in groupby(days, lambda day: day.on.replace(day=1))),
        tuple(run for run in runs_of(days) if run.closures),
        tuple(_absences(ground, apprentice_id)),
    )


def _time_in(ground: Ground, apprentice_id: str) -> tuple[date, date]:
    """The first and the last day to show, today at the latest."""
    spans, cohort = ground.spans[apprentice_id], ground.cohort
    marked = min((on for on, _slot in ground.marks.get(apprentice_id, {})), default=ground.today)
    begun = [span.first if span.first > date.min else cohort.starts_on or marked for span in spans]
    ended = [span.last or ground.today for span in spans]
    last = min(max(ended, default=ground.today), last_day(cohort, ground.today) or ground.today, ground.today)
    return max(min(begun, default=ground.today), ground.today - LONGEST), last


def _month(ground: Ground, apprentice_id: str, days: Sequence[Day[Holiday]]) -> Month:
    shown = {day.on.day: (sheet_day(ground, day, [apprentice_id]), cell_of(ground, apprentice_id, day.on)) for day in days}
    plan = ground.plan.between(days[0].on, days[-1].on)
    return Month(days[0].on.replace(day=1), shown, ground.reckon(apprentice_id, plan))


def _absences(ground: Ground, apprentice_id: str) -> Iterable[Absence]:
    for (on, slot), value in sorted(ground.marks.get(apprentice_id, {}).items()):
        if value.status in NAMED and ground.is_here(apprentice_id, on):
            yield Absence(on, slot, value)
