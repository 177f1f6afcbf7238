"""Reading what the indicators count: one grouped query per kind of row, whatever the number of centres.

Marks are never loaded one by one: they are counted by centre, cohort, day, status, sex and occupation where they lie.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import and_, ColumnElement, or_, select
from sqlalchemy.orm import aliased

from tracker.attendance.models import Mark, Register
from tracker.attendance.queries import slot_left
from tracker.attendance.rules import STATUSES, TAKEN
from tracker.calendar import rules as calendar_rules
from tracker.calendar.ends import Ends, ends_in
from tracker.clock import EAST_AFRICA
from tracker.db import db
from tracker.employers.models import Employer
from tracker.indicators.calendars import campuses_of, Country, country, workplace_of
from tracker.indicators.rules import (
    CohortDays,
    CohortKey,
    Enrolled,
    Episode,
    Facts,
    Group,
    last_episode,
    Marked,
    phase_of,
    Placed,
    RETURN_WITHIN_DAYS,
    Returned,
)
from tracker.indicators.spans import ACTIVE, belongs, given, group_of, is_there, spans
from tracker.indicators.stays import all_away, is_in_force, is_placed, named_employers, placed_between, stays
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements.models import Placement, Suspension
from tracker.resumption.queries import AFAR, CAME, counts_as_back, WORKPLACE

__all__ = [
    "Country",
    "campuses_of",
    "closed_workplaces",
    "country",
    "enrolments_in",
    "episodes",
    "heard",
    "not_seen",
    "read",
    "roll_call",
    "spans",
]

DAY: Final = "day"  # the slot of a mark or register that is of no half alone
STRETCHES_AT_ONCE: Final = 5000  # SQLite takes a limited number of parameters
_DAY = timedelta(days=1)
Stretch = tuple[date, date]


def read(where: Country, first: date, last: date, on: date, *, with_marks: bool = True, with_returns: bool = True) -> Facts:
    """Everything the indicators need for flows from `first` to `last` and stocks on the day `on`.

    with_marks, with_returns  whether attendance and I17 are asked for: these two take most of the time
    """
    enrolments = enrolments_in(where.regions, on)
    keys = {each.key for each in enrolments} | where.cohorts.keys()
    days = {key: _days(where, key, first, last) for key in keys}
    taken, whole = _taken(where, first, last)
    last_heard, ends = heard(where.centres, on), ends_in(*where.centres)
    open_days = {key: known.counted - whole.get(key, frozenset()) for key, known in days.items()}
    placed = placed_between(where, spans(where.centres, on), ends, first, last)
    for key, away in all_away(where, placed, open_days, enrolments, ends, first, last).items():
        days[key] = replace(days[key], away=away)
    return Facts(
        on=on,
        first=first,
        last=last,
        enrolments=enrolments,
        marks=_marks(where, days, taken, (first, last), on) if with_marks else (),
        placements=_placements(where, on, ends),
        returns=_returns(where, keys, on) if with_returns else (),
        stays=stays(where, placed, days, ends, first, last),
        days=days,
        ends={key: end for key, row in where.cohorts.items() if (end := ends.of_cohort(row))},
        taken=whole,
        # Of a centre that never reported nobody knows when it opened again.
        lost={centre: _lost(where, centre, first, last) for centre, day in last_heard.items() if day},
        heard=last_heard,
        regions=where.regions,
    )


# ---- enrolments


def enrolments_in(regions: Mapping[str, str], on: date) -> list[Enrolled]:
    """Every enrolment that stands, by kind. regions: of the centres asked about."""
    span = spans(regions.keys(), on).c
    alike = (span.partition, span.kind, span.cohort_id, span.is_active, span.first, span.ended_on, span.following)
    found = []
    for centre, kind, cohort, is_active, first, ended, following, count in db.session.execute(
        select(*alike, sa.func.count()).group_by(*alike)
    ):
        # Left, and nobody wrote when: not to be counted as there on any day.
        last = ended if ended or is_active else first - _DAY if first > date.min else first
        if following is not None and (last is None or last >= following):
            last = following - _DAY if following > date.min else following
        found.append(Enrolled(group_of(centre, kind, regions[centre]), cohort, first, last, count))
    return found


# ---- marks and registers


Alike = tuple[str, str, str]  # centre, kind, status


def _marks(
    where: Country, days: Mapping[CohortKey, CohortDays], taken: Mapping[CohortKey, frozenset[date]], period: Stretch, on: date
) -> list[Marked]:
    """The half days of the marks that count, by group, status and place.

    They are counted where they lie, without the days; those of the few days that do not count are taken off again.
    """
    off_at_centre = {key: taken_on - days[key].counted for key, taken_on in taken.items() if key in days}
    off_at_work = {key: known.workplace_closed for key, known in days.items()}
    halves = select(Mark.slot).where(Mark.partition.in_(where.centres), Mark.slot != DAY).limit(1)
    has_halves = db.session.execute(halves).first() is not None
    return [
        Marked(group_of(centre, kind, where.regions[centre]), status, at_workplace, size)
        for at_workplace, off in ((False, off_at_centre), (True, off_at_work))
        for (centre, kind, status), size in _marks_at(where, period, on, off, at_workplace=at_workplace, has_halves=has_halves).items()
        if size
    ]


def _marks_at(
    where: Country, period: Stretch, on: date, off: Mapping[CohortKey, Collection[date]], *, at_workplace: bool, has_halves: bool
) -> Counter[Alike]:
    span = spans(where.centres, on)
    found = _counted(span, *period, at_workplace=at_workplace, has_halves=has_halves)
    stretches = [(key.centre, key.cohort, first, last) for key, found_off in off.items() for first, last in _stretches(found_off)]
    for start in range(0, len(stretches), STRETCHES_AT_ONCE):
        columns = {"centre": sa.Text(), "cohort": sa.Text(), "begin": sa.Date(), "end": sa.Date()}
        shut = given("shut", columns, stretches[start : start + STRETCHES_AT_ONCE])
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
    return Counter({(row[0], row[1], row[2]): row[3] for row in db.session.execute(rows)})


def _marks_of(
    people: sa.CTE, begin: date | ColumnElement[date], end: date | ColumnElement[date], size: ColumnElement[int], *, at_workplace: bool
) -> sa.Select[Any]:
    place = sa.func.coalesce(Mark.place, "")
    alike = (Mark.partition, people.c.kind, Mark.status)
    rows = (
        select(*alike, size)
        .select_from(Mark)
        .join(people, and_(people.c.partition == Mark.partition, people.c.apprentice_id == Mark.apprentice_id))
        .where(
            Mark.on.between(begin, end),  # of these centres by the join; to say so twice makes SQLite begin with the marks
            Mark.status.is_not(None),
            place == WORKPLACE if at_workplace else place != WORKPLACE,
            belongs(people, Mark.on),
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


Taken = dict[CohortKey, frozenset[date]]


def _taken(where: Country, first: date, last: date) -> tuple[Taken, Taken]:
    """The days of which a register was taken, and those of which all was: a day with a half left is none of these."""
    rows = select(Register.partition, Register.cohort_id, Register.on, Register.slot).where(
        Register.partition.in_(where.centres), Register.on.between(first, last), Register.status == TAKEN
    )
    days: dict[CohortKey, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for centre, cohort, on, slot in db.session.execute(rows):
        days[CohortKey(centre, cohort)][on].add(slot)
    whole = {key: frozenset(on for on, slots in found.items() if not _slot_left(where, key, on, slots)) for key, found in days.items()}
    return {key: frozenset(found) for key, found in days.items()}, whole


def _slot_left(where: Country, key: CohortKey, on: date, taken: Collection[str]) -> str | None:
    cohort = where.cohorts.get(key)
    return slot_left(where.calendars[key.centre], cohort, on, taken) if cohort else None


# ---- days


def _days(where: Country, key: CohortKey, first: date, last: date) -> CohortDays:
    calendar, site = where.calendars[key.centre], where.site(key)
    due = where.planned(site, key.centre, first, last, calendar.terms(site))
    closed = calendar_rules.closed_days(first, last, calendar.intervals(site))
    taught = {on for cohort, on in calendar.taught if cohort == key.cohort and first <= on <= last and calendar.was_taught(cohort, on)}
    mistaken = {on for cohort, on in calendar.taught if cohort == key.cohort and calendar.is_mistake(cohort, on)}
    work = calendar.intervals(workplace_of(site))
    end = where.original_end(key) or last
    return CohortDays(
        counted=frozenset(day for day in due if day not in closed and day not in mistaken) | taught,
        lost=[day for day in where.planned(site, key.centre, first, last) if day in closed and day <= end],
        workplace_closed=frozenset(calendar_rules.closed_days(first, last, work)),
    )


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
    span = spans(where.centres, on)
    is_suspended = (
        select(Suspension.id)
        .where(
            Suspension.partition == Placement.partition,
            Suspension.placement_id == Placement.id,
            Suspension.void_reason.is_(None),
            Suspension.since <= on,
            or_(Suspension.until.is_(None), Suspension.until >= on),
        )
        .exists()
    )
    stand_in = aliased(Placement)
    replaced = and_(stand_in.partition == Placement.partition, stand_in.replaces_id == Placement.id, is_in_force(on, ends, stand_in))
    is_paused = or_(is_suspended, select(stand_in.id).where(replaced).exists()).label("is_paused")
    each = (
        select(Placement.partition, Placement.employer_id, span.c.kind, is_paused)
        .join(span, and_(span.c.partition == Placement.partition, span.c.apprentice_id == Placement.apprentice_id, belongs(span, on)))
        .where(Placement.partition.in_(where.centres), is_in_force(on, ends))
        .subquery()
    )
    alike = (each.c.partition, each.c.employer_id, each.c.kind, each.c.is_paused)
    rows = db.session.execute(select(*alike, sa.func.count()).group_by(*alike)).all()
    closed = closed_workplaces(where, on) if rows else set()
    return [
        Placed(group_of(centre, kind, where.regions[centre]), employer or "", bool(paused) or (centre, employer) in closed, count)
        for centre, employer, kind, paused, count in rows
    ]


def closed_workplaces(where: Country, on: date) -> set[tuple[str, str]]:
    """(centre, id) of the employers that a closure keeps shut on a day."""
    named = {centre: named_employers(calendar) for centre, calendar in where.calendars.items()}
    found = set()
    for employer in db.session.scalars(select(Employer).where(Employer.partition.in_(where.centres))):
        calendar = where.calendars[employer.partition]
        site = calendar.site_of_employer(employer)
        # Employers that no fact names are closed with their region: one answer serves them all.
        site = site if employer.id in named[employer.partition] else replace(site, employer=None)
        if calendar.closures_at(site, on):
            found.add((employer.partition, employer.id))
    return found


# ---- who came back


def episodes(where: Country, keys: Collection[CohortKey], on: date) -> dict[CohortKey, Episode]:
    """The latest closed time of each cohort that was over on a day."""
    found = {key: last_episode(where.intervals(key), on) for key in keys}
    return {key: episode for key, episode in found.items() if episode}


class Expected(NamedTuple):
    """So many of one kind who were enrolled on the day before their cohort's closed time; `spans` says what a kind is.

    seen_on      the first day since the reopening on which they came in person and that counts; None: not yet
    was_placed   whether they were in a placement on the day before
    is_enrolled  whether they still are, in that cohort or in another
    """

    centre: str
    cohort: str
    kind: str
    reopened: date
    seen_on: date | None
    was_placed: bool
    is_enrolled: bool
    size: int


class Missing(NamedTuple):
    """One of those expected who has not been seen. `left_on`: the last day of one who is no longer enrolled."""

    centre: str
    apprentice_id: str
    cohort: str
    reopened: date
    is_enrolled: bool
    left_on: date | None


def roll_call(where: Country, keys: Collection[CohortKey], on: date) -> list[Expected]:
    """Who was expected after the latest closed time of each cohort that was over on a day, and since when they are back.

    Back is who was present or late, not from afar, on a day that counts: the same as in `resumption.queries.roll_call`.
    Two grouped queries at most but for marks on days without training.
    """
    found = _expected(where, keys, on)
    return found[1] if found else []


def not_seen(where: Country, keys: Collection[CohortKey], on: date) -> list[Missing]:
    """Those of `roll_call` who have not been seen, one by one."""
    found = _expected(where, keys, on)
    if found is None:
        return []
    each = found[0]
    left_on = (
        select(sa.func.max(Enrolment.ended_on))
        .where(Enrolment.partition == each.c.partition, Enrolment.apprentice_id == each.c.apprentice_id, Enrolment.void_reason.is_(None))
        .scalar_subquery()
    )
    rows = select(each.c.partition, each.c.apprentice_id, each.c.cohort_id, each.c.reopened, each.c.is_enrolled, left_on)
    return [
        Missing(centre, key, cohort, reopened, bool(is_enrolled), None if is_enrolled else left)
        for centre, key, cohort, reopened, is_enrolled, left in db.session.execute(rows.where(each.c.seen_on.is_(None)))
    ]


def _expected(where: Country, keys: Collection[CohortKey], on: date) -> tuple[sa.Subquery, list[Expected]] | None:
    by_cohort = episodes(where, keys, on)
    if not by_cohort:
        return None
    off: set[_Off] = set()
    while True:
        each = _each_expected(where, by_cohort, off, on)
        alike = [each.c[name] for name in ("partition", "cohort_id", "kind", "reopened", "seen_on", "was_placed", "is_enrolled")]
        rows: list[Any] = list(db.session.execute(select(*alike, sa.func.count()).group_by(*alike)))
        found = [
            Expected(centre, cohort, kind, reopened, seen_on, bool(was_placed), bool(is_enrolled), size)
            for centre, cohort, kind, reopened, seen_on, was_placed, is_enrolled, size in rows
        ]
        seen = {(row.centre, row.cohort, row.seen_on) for row in found if row.seen_on}
        fresh = {shut for centre, cohort, day in seen for shut in _off(where, CohortKey(centre, cohort), day, on)} - off
        if not fresh:
            return each, found
        off |= fresh


class _Off(NamedTuple):
    """Days on which nobody of a cohort counts as back, both included: at the workplace, or ("") at the centre."""

    centre: str
    cohort: str
    begin: date
    end: date
    place: str


def _off(where: Country, key: CohortKey, day: date, on: date) -> Iterator[_Off]:
    """What is off on a day for a cohort; a closure of the workplaces with all its days until `on`."""
    calendar, site, cohort = where.calendars[key.centre], where.site(key), where.cohorts.get(key)
    if not counts_as_back(calendar, site, cohort, day, is_workplace=False):
        yield _Off(*key, day, day, "")
    for first, last, _closure in calendar.intervals(workplace_of(site)):
        if first <= day and (last is None or day <= last):
            yield _Off(*key, first, last or on, WORKPLACE)


def _each_expected(where: Country, by_cohort: Mapping[CohortKey, Episode], off: Collection[_Off], on: date) -> sa.Subquery:
    span = spans(where.centres, on)
    rows = [(key.centre, key.cohort, each.before, each.reopened) for key, each in by_cohort.items()]
    columns = {"centre": sa.Text(), "cohort": sa.Text(), "before": sa.Date(), "reopened": sa.Date()}
    episode = given("episode", columns, rows)
    place = sa.func.coalesce(Mark.place, "")
    seen_on = select(sa.func.min(Mark.on)).where(
        Mark.partition == span.c.partition,
        Mark.apprentice_id == span.c.apprentice_id,
        Mark.on.between(episode.c.reopened, on),
        Mark.status.in_(CAME),
        place != AFAR,
    )
    if off:
        columns = {"centre": sa.Text(), "cohort": sa.Text(), "begin": sa.Date(), "until": sa.Date(), "place": sa.Text()}
        shut = given("shut", columns, sorted(off))
        is_off = and_(
            shut.c.centre == span.c.partition,
            shut.c.cohort == span.c.cohort_id,
            Mark.on.between(shut.c.begin, shut.c.until),
            shut.c.place == sa.case((place == WORKPLACE, WORKPLACE), else_=""),
        )
        seen_on = seen_on.where(~select(shut.c.centre).where(is_off).exists())
    # Whoever was moved to another cohort since has not left.
    is_enrolled = (
        select(Enrolment.id)
        .where(
            Enrolment.partition == span.c.partition,
            Enrolment.apprentice_id == span.c.apprentice_id,
            Enrolment.void_reason.is_(None),
            or_(Enrolment.status.is_(None), Enrolment.status.in_(ACTIVE)),
            or_(Enrolment.ended_on.is_(None), Enrolment.ended_on >= on),
        )
        .exists()
    )
    return (
        select(
            span,
            episode.c.reopened,
            seen_on.scalar_subquery().label("seen_on"),
            is_placed(span, episode.c.before).label("was_placed"),
            is_enrolled.label("is_enrolled"),
        )
        .join(episode, and_(episode.c.centre == span.c.partition, episode.c.cohort == span.c.cohort_id))
        .where(is_there(span, episode.c.before))
        .subquery()
    )


def _returns(where: Country, keys: Collection[CohortKey], on: date) -> list[Returned]:
    within = timedelta(days=RETURN_WITHIN_DAYS)
    expected: Counter[Group] = Counter()
    returned: Counter[Group] = Counter()
    for each in roll_call(where, keys, on):
        group = group_of(each.centre, each.kind, where.regions[each.centre], phase_of(is_placed=each.was_placed))
        expected[group] += each.size
        returned[group] += each.size if each.seen_on and each.seen_on <= each.reopened + within else 0
    return [Returned(group, size, returned[group]) for group, size in expected.items()]


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
