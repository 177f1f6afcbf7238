"""Reading what the indicators count: one grouped query per kind of row, whatever the number of centres.

Marks are never loaded one by one: they are counted by centre, cohort, day, status, sex and occupation where they lie.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import and_, ColumnElement, or_, select
from sqlalchemy.orm import aliased

from tracker.attendance.models import Mark, Register
from tracker.attendance.rules import ATTENDED, STATUSES, TAKEN
from tracker.calendar import rules as calendar_rules
from tracker.calendar.ends import Ends, ends_in, PLACEMENT
from tracker.calendar.queries import Calendar
from tracker.calendar.rules import ClosedInterval, ScopeKind, Site, SiteKind, Terms
from tracker.clock import EAST_AFRICA
from tracker.db import db
from tracker.employers.models import Employer
from tracker.indicators.calendars import calendars
from tracker.indicators.rules import (
    CohortDays,
    CohortKey,
    Enrolled,
    Episode,
    Facts,
    Group,
    last_episode,
    Marked,
    Placed,
    RETURN_WITHIN_DAYS,
    Returned,
)
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements.models import Placement, Suspension

ACTIVE: Final = ("active", "suspended")  # statuses of an enrolment that need no end
NO_COHORT: Final = ""
WORKPLACE: Final = "workplace"
DAY: Final = "day"  # the slot of a mark or register that is of no half alone
STRETCHES_AT_ONCE: Final = 5000  # SQLite takes a limited number of parameters
_DAY = timedelta(days=1)
Stretch = tuple[date, date]
_BEGINNING = sa.literal(date.min, sa.Date())


@dataclass(frozen=True)
class Country:
    """The centres of a question with their cohorts and calendars, read once for any number of periods."""

    centres: tuple[str, ...]
    calendars: Mapping[str, Calendar]
    cohorts: Mapping[CohortKey, Cohort]
    _days: dict[object, list[date]] = field(default_factory=dict)

    def site(self, key: CohortKey) -> Site:
        """Where a cohort is taught; apprentices without a cohort belong to the centre as a whole."""
        cohort, calendar = self.cohorts.get(key), self.calendars[key.centre]
        return calendar.site_of(cohort) if cohort else calendar.site_of_campus(None)

    def intervals(self, key: CohortKey) -> list[ClosedInterval]:
        """When a cohort's place at the centre is closed."""
        return self.calendars[key.centre].intervals(self.site(key))

    def planned(self, site: Site, centre: str, first: date, last: date, terms: Terms | None = None) -> list[date]:
        """The days of training from `first` to `last` without closures. Most centres share theirs, so they are kept.

        terms  None: as planned, without what was ordered to make up for lost time
        """
        calendar = self.calendars[centre]
        patterns, terms = calendar.weekly(site.campus), terms or calendar.terms(site).as_planned
        kept = (site.jurisdiction, frozenset(patterns), terms, first, last)
        if kept not in self._days:
            holidays = calendar.holidays(site.jurisdiction).keys()
            self._days[kept] = calendar_rules.training_days(first, last, patterns, holidays, terms=terms)
        return self._days[kept]


def country(centres: Collection[str]) -> Country:
    """Cohorts and calendars of these partitions; the caller has checked that the actor may read them."""
    cohorts = db.session.scalars(select(Cohort).where(Cohort.partition.in_(centres)))
    return Country(tuple(centres), calendars(centres), {CohortKey(row.partition, row.id): row for row in cohorts})


def read(where: Country, first: date, last: date, on: date) -> Facts:
    """Everything the indicators need for flows from `first` to `last` and stocks on the day `on`."""
    enrolments = _enrolments(where)
    keys = {each.key for each in enrolments} | where.cohorts.keys()
    days = {key: _days(where, key, first, last) for key in keys}
    taken = _taken(where, first, last)
    last_heard, ends = heard(where.centres, on), ends_in(*where.centres)
    return Facts(
        on=on,
        first=first,
        last=last,
        enrolments=enrolments,
        marks=_marks(where, days, taken, (first, last)),
        placements=_placements(where, on, ends),
        returns=_returns(where, keys, on),
        days=days,
        ends={key: end for key, row in where.cohorts.items() if (end := ends.of_cohort(row))},
        taken=taken,
        # Of a centre that never reported nobody knows when it opened again.
        lost={centre: _lost(where, centre, first, last) for centre, day in last_heard.items() if day},
        heard=last_heard,
    )


# ---- enrolments


def spans(centres: Collection[str]) -> sa.CTE:
    """Every enrolment that stands, with its person's sex, cut so that no two of one person overlap.

    first       its first day
    since       from when marks of the person belong to it: the first enrolment takes earlier ones, too
    following   first day of the person's next enrolment
    """
    first = sa.func.coalesce(Enrolment.starts_on, _BEGINNING)
    person, order = (Enrolment.partition, Enrolment.apprentice_id), (first, Enrolment.id)
    is_first = sa.func.lag(Enrolment.id).over(partition_by=person, order_by=order).is_(None)
    return (
        select(
            Enrolment.partition,
            Enrolment.id,
            Enrolment.apprentice_id,
            sa.func.coalesce(Enrolment.cohort_id, NO_COHORT).label("cohort_id"),
            sa.func.coalesce(Enrolment.occupation, "").label("occupation"),
            sa.func.coalesce(Apprentice.sex, "").label("sex"),
            or_(Enrolment.status.is_(None), Enrolment.status.in_(ACTIVE)).label("is_active"),
            Enrolment.ended_on,
            first.label("first"),
            sa.case((is_first, _BEGINNING), else_=first).label("since"),
            sa.func.lead(first, type_=sa.Date()).over(partition_by=person, order_by=order).label("following"),
        )
        .join(Apprentice, and_(Apprentice.partition == Enrolment.partition, Apprentice.id == Enrolment.apprentice_id))
        .where(Enrolment.partition.in_(centres), Enrolment.void_reason.is_(None), Apprentice.void_reason.is_(None))
        .cte("span")
        .prefix_with("MATERIALIZED")
    )


def _enrolments(where: Country) -> list[Enrolled]:
    span = spans(where.centres).c
    alike = (span.partition, span.sex, span.occupation, span.cohort_id, span.is_active, span.first, span.ended_on, span.following)
    found = []
    for centre, sex, occupation, cohort, is_active, first, ended, following, count in db.session.execute(
        select(*alike, sa.func.count()).group_by(*alike)
    ):
        # Left, and nobody wrote when: not to be counted as there on any day.
        last = ended if ended or is_active else first - _DAY if first > date.min else first
        if following is not None and (last is None or last >= following):
            last = following - _DAY if following > date.min else following
        found.append(Enrolled(Group(centre, sex, occupation), cohort, first, last, count))
    return found


# ---- marks and registers


Alike = tuple[str, str, str, str]  # centre, sex, occupation, status


def _marks(
    where: Country, days: Mapping[CohortKey, CohortDays], taken: Mapping[CohortKey, frozenset[date]], period: Stretch
) -> list[Marked]:
    """The half days of the marks that count, by group, status and place.

    They are counted where they lie, without the days; those of the few days that do not count are taken off again.
    """
    off_at_centre = {key: taken_on - days[key].counted for key, taken_on in taken.items() if key in days}
    off_at_work = {key: known.workplace_closed for key, known in days.items()}
    halves = select(Mark.slot).where(Mark.partition.in_(where.centres), Mark.slot != DAY).limit(1)
    has_halves = db.session.execute(halves).first() is not None
    return [
        Marked(Group(centre, sex, occupation), status, at_workplace, size)
        for at_workplace, off in ((False, off_at_centre), (True, off_at_work))
        for (centre, sex, occupation, status), size in _marks_at(
            where, period, off, at_workplace=at_workplace, has_halves=has_halves
        ).items()
        if size
    ]


def _marks_at(
    where: Country, period: Stretch, off: Mapping[CohortKey, Collection[date]], *, at_workplace: bool, has_halves: bool
) -> Counter[Alike]:
    span = spans(where.centres)
    found = _counted(span, *period, at_workplace=at_workplace, has_halves=has_halves)
    stretches = [(key.centre, key.cohort, first, last) for key, on in off.items() for first, last in _stretches(on)]
    for start in range(0, len(stretches), STRETCHES_AT_ONCE):
        columns = {"centre": sa.Text(), "cohort": sa.Text(), "begin": sa.Date(), "end": sa.Date()}
        shut = _given("shut", columns, stretches[start : start + STRETCHES_AT_ONCE])
        of_cohort = and_(shut.c.centre == span.c.partition, shut.c.cohort == span.c.cohort_id)
        away = select(span, shut.c.begin, shut.c.end).join(shut, of_cohort).cte("away").prefix_with("MATERIALIZED")
        found -= _counted(away, away.c.begin, away.c.end, at_workplace=at_workplace, has_halves=has_halves)
    return found


def _counted(
    people: sa.CTE, begin: date | ColumnElement[date], end: date | ColumnElement[date], *, at_workplace: bool, has_halves: bool
) -> Counter[Alike]:
    """How many half days the marks of these spans are from `begin` to `end`; at the centre those of registers taken.

    has_halves  somebody marked a half day: then the mark of a whole day is no more than the halves that have no mark of their own
    """
    found = _summed(_marks_of(people, begin, end, sa.func.sum(sa.case((Mark.slot == DAY, 2), else_=1)), at_workplace=at_workplace))
    if has_halves:
        half = aliased(Mark)
        is_beside = and_(half.partition == Mark.partition, half.apprentice_id == Mark.apprentice_id, half.on == Mark.on, half.slot != DAY)
        days = _marks_of(people, begin, end, sa.func.count(), at_workplace=at_workplace)
        found -= _summed(days.join(half, is_beside).where(Mark.slot == DAY, half.status.in_(STATUSES)))
    return found


def _summed(rows: sa.Select[Any]) -> Counter[Alike]:
    return Counter({(row[0], row[1], row[2], row[3]): row[4] for row in db.session.execute(rows)})


def _marks_of(
    people: sa.CTE, begin: date | ColumnElement[date], end: date | ColumnElement[date], size: ColumnElement[int], *, at_workplace: bool
) -> sa.Select[Any]:
    place = sa.func.coalesce(Mark.place, "")
    alike = (Mark.partition, people.c.sex, people.c.occupation, Mark.status)
    rows = (
        select(*alike, size)
        .select_from(Mark)
        .join(people, and_(people.c.partition == Mark.partition, people.c.apprentice_id == Mark.apprentice_id))
        .where(
            Mark.on.between(begin, end),  # of these centres by the join; to say so twice makes SQLite begin with the marks
            Mark.status.is_not(None),
            place == WORKPLACE if at_workplace else place != WORKPLACE,
            people.c.since <= Mark.on,
            or_(people.c.following.is_(None), Mark.on < people.c.following),
        )
        .group_by(*alike)
    )
    if not at_workplace:
        of_cohort = and_(Register.partition == Mark.partition, Register.cohort_id == people.c.cohort_id, Register.on == Mark.on)
        # A half-day mark belongs to the whole day's register as well (attendance/reckoning.py).
        of_slot = or_(Register.slot == DAY, Register.slot == Mark.slot)
        rows = rows.where(select(Register.on).where(of_cohort, of_slot, Register.status == TAKEN).exists())
    return rows


def _stretches(days: Collection[date]) -> Iterator[Stretch]:
    """The days as unbroken stretches, both ends included."""
    first = last = None
    for day in sorted(days):
        if first is None or last is None or day > last + _DAY:
            if first is not None and last is not None:
                yield first, last
            first = day
        last = day
    if first is not None and last is not None:
        yield first, last


def _given(name: str, columns: Mapping[str, Any], rows: Sequence[tuple[object, ...]]) -> sa.CTE:
    """A table that we bring along."""
    return sa.values(*(sa.column(key, kind) for key, kind in columns.items()), name=name).data(rows).cte(name)


def _taken(where: Country, first: date, last: date) -> dict[CohortKey, frozenset[date]]:
    rows = select(Register.partition, Register.cohort_id, Register.on).where(
        Register.partition.in_(where.centres), Register.on.between(first, last), Register.status == TAKEN
    )
    days: dict[CohortKey, set[date]] = defaultdict(set)
    for centre, cohort, on in db.session.execute(rows):
        days[CohortKey(centre, cohort)].add(on)
    return {key: frozenset(found) for key, found in days.items()}


# ---- days


def _days(where: Country, key: CohortKey, first: date, last: date) -> CohortDays:
    calendar, site = where.calendars[key.centre], where.site(key)
    due = where.planned(site, key.centre, first, last, calendar.terms(site))
    closed = calendar_rules.closed_days(first, last, calendar.intervals(site))
    taught = {on for cohort, on in calendar.taught if cohort == key.cohort and first <= on <= last and calendar.was_taught(cohort, on)}
    mistaken = {on for cohort, on in calendar.taught if cohort == key.cohort and calendar.is_mistake(cohort, on)}
    work = calendar.intervals(_workplace(site))
    return CohortDays(
        counted=frozenset(day for day in due if day not in closed and day not in mistaken) | taught,
        lost=[day for day in where.planned(site, key.centre, first, last) if day in closed and day not in taught],
        workplace_closed=frozenset(calendar_rules.closed_days(first, last, work)),
    )


def _workplace(site: Site) -> Site:
    """The workplaces of a site's cohort, whoever the employer is."""
    return Site(SiteKind.WORKPLACE, site.centre, site.campus, site.cohort, None, site.region, site.jurisdiction)


def campuses_of(calendar: Calendar) -> list[str | None]:
    """The campuses of a centre that stand; one that names none is one campus."""
    return [row.id for row in calendar.campuses.values() if row.void_reason is None] or [None]


def _lost(where: Country, centre: str, first: date, last: date) -> list[date]:
    calendar = where.calendars[centre]
    lost: set[date] = set()
    for campus in campuses_of(calendar):
        site = calendar.site_of_campus(campus)
        closed = calendar_rules.closed_days(first, last, calendar.intervals(site))
        lost.update(day for day in where.planned(site, centre, first, last) if day in closed)
    return sorted(lost)


# ---- placements


def _placements(where: Country, on: date, ends: Ends) -> list[Placed]:
    span = spans(where.centres)
    extended = [key for (kind, key), row in ends.by_subject.items() if kind == PLACEMENT and row.ends_on and row.ends_on >= on]
    is_paused = (
        select(Suspension.id)
        .where(
            Suspension.partition == Placement.partition,
            Suspension.placement_id == Placement.id,
            Suspension.void_reason.is_(None),
            Suspension.since <= on,
            or_(Suspension.until.is_(None), Suspension.until >= on),
        )
        .exists()
        .label("is_paused")
    )
    belongs = and_(
        span.c.partition == Placement.partition,
        span.c.apprentice_id == Placement.apprentice_id,
        span.c.since <= on,
        or_(span.c.following.is_(None), span.c.following > on),
    )
    each = (
        select(Placement.partition, Placement.employer_id, span.c.sex, span.c.occupation, is_paused)
        .join(span, belongs)
        .where(
            Placement.partition.in_(where.centres),
            Placement.void_reason.is_(None),
            Placement.starts_on <= on,
            or_(Placement.ends_on.is_(None), Placement.ends_on >= on, Placement.id.in_(extended)),
        )
        .subquery()
    )
    alike = (each.c.partition, each.c.employer_id, each.c.sex, each.c.occupation, each.c.is_paused)
    rows = db.session.execute(select(*alike, sa.func.count()).group_by(*alike)).all()
    closed = closed_workplaces(where, on) if rows else set()
    return [
        Placed(Group(centre, sex, occupation), employer or "", bool(paused) or (centre, employer) in closed, count)
        for centre, employer, sex, occupation, paused, count in rows
    ]


def closed_workplaces(where: Country, on: date) -> set[tuple[str, str]]:
    """(centre, id) of the employers that a closure keeps shut on a day."""
    named = {centre: _named_employers(calendar) for centre, calendar in where.calendars.items()}
    found = set()
    for employer in db.session.scalars(select(Employer).where(Employer.partition.in_(where.centres))):
        calendar = where.calendars[employer.partition]
        site = calendar.site_of_employer(employer)
        # Employers that no fact names are closed with their region: one answer serves them all.
        site = site if employer.id in named[employer.partition] else replace(site, employer=None)
        if calendar.closures_at(site, on):
            found.add((employer.partition, employer.id))
    return found


def _named_employers(calendar: Calendar) -> set[str | None]:
    scopes = [fact.scope for fact in calendar.closures] + [fact.scope for fact in calendar.resumptions]
    return {scope.code for scope in scopes if scope.kind == ScopeKind.EMPLOYER}


# ---- who came back


def episodes(where: Country, keys: Collection[CohortKey], on: date) -> dict[CohortKey, Episode]:
    """The latest closed time of each cohort that was over on a day."""
    found = {key: last_episode(where.intervals(key), on) for key in keys}
    return {key: episode for key, episode in found.items() if episode}


def _returns(where: Country, keys: Collection[CohortKey], on: date) -> list[Returned]:
    by_cohort = episodes(where, keys, on)
    if not by_cohort:
        return []
    span = spans(where.centres)
    roll = roll_call(span, by_cohort, RETURN_WITHIN_DAYS, on)
    group = (roll.c.partition, roll.c.sex, roll.c.occupation)
    rows = select(*group, sa.func.count(), sa.func.sum(sa.cast(roll.c.came, sa.Integer))).group_by(*group)
    return [Returned(Group(centre, sex, occupation), due, came) for centre, sex, occupation, due, came in db.session.execute(rows)]


def roll_call(span: sa.CTE, by_cohort: Mapping[CohortKey, Episode], within_days: int | None, on: date) -> sa.Subquery:
    """Who was enrolled on the day before each cohort's closed time, and whether he came afterwards.

    within_days  how long after the reopening an attended day counts; None: until `on`
    """
    rows = [
        (key.centre, key.cohort, each.before, each.reopened, each.reopened + timedelta(days=within_days) if within_days else on)
        for key, each in by_cohort.items()
    ]
    columns = {"centre": sa.Text(), "cohort": sa.Text(), "before": sa.Date(), "reopened": sa.Date(), "until": sa.Date()}
    episode = _given("episode", columns, rows)
    came = (
        select(Mark.on)
        .where(
            Mark.partition == span.c.partition,
            Mark.apprentice_id == span.c.apprentice_id,
            Mark.on.between(episode.c.reopened, episode.c.until),
            Mark.status.in_(sorted(ATTENDED)),
        )
        .exists()
        .label("came")
    )
    return (
        select(span, episode.c.reopened, came)
        .join(episode, and_(episode.c.centre == span.c.partition, episode.c.cohort == span.c.cohort_id))
        .where(
            span.c.first <= episode.c.before,
            or_(span.c.ended_on >= episode.c.before, and_(span.c.ended_on.is_(None), span.c.is_active)),
            or_(span.c.following.is_(None), span.c.following > episode.c.before),
        )
        .subquery()
    )


# ---- hearing from centres


def heard(centres: Sequence[str], on: date) -> dict[str, date | None]:
    """Day of the newest entry held of each centre, at most `on`: a clock that runs ahead makes nobody look nearer."""
    found: dict[str, date | None] = dict.fromkeys(centres)
    for table in (Register, Enrolment, Apprentice, Placement, Cohort):
        for centre, at in db.session.execute(
            select(table.partition, sa.func.max(table.at)).where(table.partition.in_(centres)).group_by(table.partition)
        ):
            day = min(on, datetime.fromtimestamp(at, EAST_AFRICA).date()) if at else None
            found[centre] = max(filter(None, (found[centre], day)), default=None)
    return found
