"""Placements day by day, as far as closures touch them: what was lost at the workplace, and what was not lost at the centre;
and the days on which they leave nobody at the centre.

It agrees with the debts of `catchup`: a day is lost where it would have been spent.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, ColumnElement, or_, Row, select

from tracker.calendar import rules as calendar_rules
from tracker.calendar.ends import Ends, PLACEMENT
from tracker.calendar.queries import Calendar
from tracker.calendar.rules import ClosedInterval, ScopeKind
from tracker.db import db
from tracker.employers.models import Employer
from tracker.indicators.calendars import Country
from tracker.indicators.rules import CohortDays, CohortKey, Enrolled, Stayed
from tracker.indicators.spans import group_of
from tracker.placements import queries as placements
from tracker.placements import rules as placement_rules
from tracker.placements.models import Placement, Roster, Suspension
from tracker.placements.rules import Hours, Pause

Days = Sequence[date]
Intervals = tuple[ClosedInterval, ...]
_DAY = timedelta(days=1)


def is_in_force(on: date, ends: Ends, row: type[Placement] = Placement) -> ColumnElement[bool]:
    """Whether a placement stands on a day, moved ends included. row: the table or an alias of it."""
    extended = [key for (kind, key), row in ends.by_subject.items() if kind == PLACEMENT and row.ends_on and row.ends_on >= on]
    return and_(
        row.void_reason.is_(None),
        row.starts_on <= on,
        or_(row.ends_on.is_(None), row.ends_on >= on, row.id.in_(extended)),
    )


def is_placed(span: sa.CTE, on: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether the person of a span had a placement on a day, by its original end."""
    return (
        select(Placement.id)
        .where(
            Placement.partition == span.c.partition,
            Placement.apprentice_id == span.c.apprentice_id,
            Placement.void_reason.is_(None),
            Placement.starts_on <= on,
            or_(Placement.ends_on.is_(None), Placement.ends_on >= on),
        )
        .exists()
    )


class _Cohort:
    """The days of a cohort from `first` to `last` that matter here, sorted; those of a workplace are worked out when first asked for.

    lost     days of training that closures took at the centre
    planned  days of training had nothing closed
    """

    def __init__(self, lost: Days, planned: Days, first: date, last: date) -> None:
        self.lost, self.planned, self._first, self._last = lost, planned, first, last
        self._shut: dict[Intervals, tuple[frozenset[date], Days]] = {}

    def shut(self, intervals: Intervals) -> tuple[frozenset[date], Days]:
        """All days on which a workplace was closed, and those of them on which the cohort's week has training."""
        if intervals not in self._shut:
            closed = frozenset(calendar_rules.closed_days(self._first, self._last, intervals))
            self._shut[intervals] = closed, [on for on in self.planned if on in closed]
        return self._shut[intervals]


@dataclass(frozen=True)
class _Plan:
    """What people decided about a placement: on which days it expects the apprentice, if not on all days of training."""

    pauses: Sequence[Pause]
    hours: Sequence[Hours]

    def expects(self, on: date, planned: Collection[date]) -> bool:
        """Whether the apprentice is expected on a day."""
        if any(placement_rules.covers(pause, on) for pause in self.pauses):
            return False
        minutes = placement_rules.rostered(self.hours, on)
        return on in planned if minutes is None else minutes > 0

    def keeps_away(self, on: date) -> bool:
        """Whether it keeps the apprentice away from the centre on a day of training."""
        return not any(placement_rules.covers(pause, on) for pause in self.pauses) and placement_rules.rostered(self.hours, on) != 0


Rows = Sequence[Row[Any]]
"""A row for each placement in each enrolment of its person."""


def stays(where: Country, rows: Rows, days: Mapping[CohortKey, CohortDays], ends: Ends, first: date, last: date) -> list[Stayed]:
    """What closures from `first` to `last` did to people in placements, by group. rows: `placed_between` of these days."""
    if not rows:
        return []
    closed, plans = _closed(where), _plans(where)
    cohorts: dict[CohortKey, _Cohort] = {}
    found: dict[tuple[str, str, str], list[tuple[Days, Days]]] = defaultdict(list)
    for row in rows:
        key = CohortKey(row.partition, row.cohort_id)
        if key not in cohorts:
            planned = where.planned(where.site(key), key.centre, first, last)
            cohorts[key] = _Cohort(days[key].lost if key in days else (), planned, first, last)
        stay = _stay(row, cohorts[key], closed.get((row.partition, row.employer_id), ()), plans.get((row.partition, row.id)), ends, last)
        found[row.partition, row.apprentice_id, row.kind].append(stay)
    elsewhere: Counter[tuple[str, str]] = Counter()
    lost: Counter[tuple[str, str]] = Counter()
    people: Counter[tuple[str, str]] = Counter()
    for (centre, _person, kind), of_person in found.items():
        people[centre, kind] += 1
        elsewhere[centre, kind] += _count(each for each, _lost in of_person)
        lost[centre, kind] += _count(each for _elsewhere, each in of_person)
    return [Stayed(group_of(*key, where.regions[key[0]]), elsewhere[key], lost[key], people[key]) for key in people]


def _stay(row: Row[Any], cohort: _Cohort, intervals: Intervals, plan: _Plan | None, ends: Ends, last: date) -> tuple[Days, Days]:
    """(days that were not lost at the centre, days lost at the workplace) of one placement in one enrolment."""
    begin, here_until, stands_until = _stands(row, ends, last)
    until = min(here_until, row.ends_on or here_until)  # what is lost after the original end is no more than was planned
    closed, in_week = cohort.shut(intervals)
    if plan is None:
        return _between(cohort.lost, begin, stands_until), _between(in_week, begin, until)
    planned = frozenset(cohort.planned)
    elsewhere = [on for on in _between(cohort.lost, begin, stands_until) if plan.expects(on, planned)]
    return elsewhere, [on for on in sorted(closed) if begin <= on <= until and plan.expects(on, planned)]


def _stands(row: Row[Any], ends: Ends, last: date) -> tuple[date, date, date]:
    """The first day of a placement within an enrolment, the last day of the enrolment, and that of the placement within it."""
    extension = ends.by_subject.get((PLACEMENT, row.id))
    left = row.ended_on or (None if row.is_active else row.first - _DAY)
    following = row.following - _DAY if row.following else None
    here_until = min(each for each in (left, following, last) if each)
    return max(row.starts_on, row.first), here_until, min(here_until, (extension and extension.ends_on) or row.ends_on or here_until)


def _between(days: Days, first: date, last: date) -> Days:
    return days[bisect_left(days, first) : bisect_right(days, last)]


def _count(all_days: Iterable[Days]) -> int:
    """How many days; those of several placements count once."""
    parts = list(all_days)
    return len(parts[0]) if len(parts) == 1 else len({on for part in parts for on in part})


def all_away(
    where: Country,
    rows: Rows,
    open_days: Mapping[CohortKey, Collection[date]],
    enrolments: Iterable[Enrolled],
    ends: Ends,
    first: date,
    last: date,
) -> dict[CohortKey, frozenset[date]]:
    """Those of the given days on which placements expect everybody of a cohort at the workplace, so that no register is due.

    It agrees with `attendance.queries.due_and_taken`.
    rows       `placed_between` of these days
    open_days  by cohort: days of training from `first` to `last` whose register is not taken
    """
    rows_of: dict[CohortKey, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        rows_of[CohortKey(row.partition, row.cohort_id)].append(row)
    spans_of: dict[CohortKey, list[_Counted]] = defaultdict(list)
    for each in enrolments:
        spans_of[each.key].append((each.first, each.last or date.max, each.size))
    # Most cohorts have more people than placements: only of the others each day is looked at.
    perhaps = {}
    for key, own in rows_of.items():
        days = sorted(open_days.get(key, ()))
        placed = [(begin, until, 1) for begin, _here, until in (_stands(row, ends, last) for row in own)]
        there = dict(zip(days, _per_day(spans_of[key], days), strict=True))
        perhaps[key] = {on: there[on] for on, count in zip(days, _per_day(placed, days), strict=True) if count >= there[on] > 0}
    if not any(perhaps.values()):
        return {}
    closed, plans, cohort = _closed(where), _plans(where), _Cohort((), (), first, last)

    def away_on(row: Row[Any], days: Days) -> Days:
        begin, _here, until = _stands(row, ends, last)
        plan = plans.get((row.partition, row.id))
        shut, _in_week = cohort.shut(closed.get((row.partition, row.employer_id), ()))
        return [on for on in _between(days, begin, until) if on not in shut and (plan is None or plan.keeps_away(on))]

    found = {}
    for key, days_there in perhaps.items():
        people: dict[date, set[str]] = {on: set() for on in days_there}
        for row in rows_of[key] if days_there else ():
            for on in away_on(row, list(days_there)):
                people[on].add(row.apprentice_id)
        found[key] = frozenset(on for on, there in days_there.items() if len(people[on]) >= there)
    return found


_Counted = tuple[date, date, int]


def _per_day(stretches: Iterable[_Counted], days: Days) -> list[int]:
    """How many there are on each of these days, sorted; of stretches with both ends and a size."""
    steps = [0] * (len(days) + 1)
    for first, last, size in stretches:
        if first <= last:
            steps[bisect_left(days, first)] += size
            steps[bisect_right(days, last)] -= size
    return list(accumulate(steps))[:-1]


def placed_between(where: Country, span: sa.CTE, ends: Ends, first: date, last: date) -> Rows:
    """The placements that stood on some day from `first` to `last`, each in each enrolment of its person."""
    extended = [key for (kind, key), row in ends.by_subject.items() if kind == PLACEMENT and row.ends_on and row.ends_on >= first]
    return db.session.execute(
        select(
            Placement.partition,
            Placement.id,
            Placement.apprentice_id,
            Placement.employer_id,
            Placement.starts_on,
            Placement.ends_on,
            *(span.c[name] for name in ("cohort_id", "kind", "is_active", "first", "ended_on", "following")),
        )
        .join(span, and_(span.c.partition == Placement.partition, span.c.apprentice_id == Placement.apprentice_id))
        .where(
            Placement.partition.in_(where.centres),
            Placement.void_reason.is_(None),
            Placement.starts_on <= last,
            or_(Placement.ends_on.is_(None), Placement.ends_on >= first, Placement.id.in_(extended)),
        )
    ).all()


def _closed(where: Country) -> dict[tuple[str, str], Intervals]:
    """When each employer was closed."""
    found: dict[tuple[str, str], Intervals] = {}
    known: dict[tuple[str, object], Intervals] = {}
    named = {centre: named_employers(calendar) for centre, calendar in where.calendars.items()}
    for employer in db.session.scalars(select(Employer).where(Employer.partition.in_(where.centres))):
        calendar = where.calendars[employer.partition]
        site = calendar.site_of_employer(employer)
        # Employers that no fact names are closed with their region: one answer serves them all.
        site = site if employer.id in named[employer.partition] else replace(site, employer=None)
        if (employer.partition, site) not in known:
            known[employer.partition, site] = tuple(calendar.intervals(site))
        found[employer.partition, employer.id] = known[employer.partition, site]
    return found


def named_employers(calendar: Calendar) -> set[str | None]:
    """Ids of the employers that closures and resumptions name."""
    scopes = [fact.scope for fact in calendar.closures] + [fact.scope for fact in calendar.resumptions]
    return {scope.code for scope in scopes if scope.kind == ScopeKind.EMPLOYER}


def _plans(where: Country) -> dict[tuple[str, str], _Plan]:
    """The placements that somebody suspended or gave a roster."""
    pauses: dict[tuple[str, str], list[Suspension]] = defaultdict(list)
    rosters: dict[tuple[str, str], list[Roster]] = defaultdict(list)
    for pause in db.session.scalars(select(Suspension).where(Suspension.partition.in_(where.centres))):
        pauses[pause.partition, pause.placement_id or ""].append(pause)
    for roster in db.session.scalars(select(Roster).where(Roster.partition.in_(where.centres)).order_by(Roster.since, Roster.id)):
        rosters[roster.partition, roster.placement_id or ""].append(roster)
    return {key: _Plan(placements.pauses(pauses[key]), placements.hours(rosters[key])) for key in {*pauses, *rosters}}
