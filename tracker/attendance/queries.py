"""Reading registers and marks: one register with all that its page shows, what is due and taken, and plain lists of rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.sql import ColumnElement

from tracker import clock, replication
from tracker.accounts.queries import name_of
from tracker.attendance import rules
from tracker.attendance.models import Mark, Register
from tracker.attendance.rules import MarkValue, Tally
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import Day
from tracker.country.tz import Holiday
from tracker.db import db, dot_of, row_for
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements.models import Placement, Suspension
from tracker.policy import Actor, check, may

NEAR = timedelta(days=120)  # how far "previous" and "next training day" look: past a long closure


# ---- who is concerned


def cohort_to_mark(actor: Actor, cohort_id: str) -> Cohort:
    """A cohort whose register the actor may take; raises NotFound, NotAllowed."""
    return row_for(Cohort, actor, cohort_id, "mark")


def _enrolled(on: date) -> ColumnElement[bool]:
    """Whether an enrolment covers a day, its last one included."""
    return and_(
        Enrolment.void_reason.is_(None),
        or_(Enrolment.starts_on.is_(None), Enrolment.starts_on <= on),
        or_(Enrolment.ended_on.is_(None), Enrolment.ended_on >= on),
    )


def members(actor: Actor, cohort: Cohort, on: date) -> list[tuple[Apprentice, Enrolment]]:
    """Who is enrolled in a cohort on a day, by name."""
    check(actor, "read", cohort)
    found = db.session.execute(
        select(Apprentice, Enrolment)
        .join(Enrolment, and_(Enrolment.partition == Apprentice.partition, Enrolment.apprentice_id == Apprentice.id))
        .where(Enrolment.partition == cohort.partition, Enrolment.cohort_id == cohort.id, _enrolled(on), Apprentice.void_reason.is_(None))
        .order_by(Enrolment.id)
    )
    once = {apprentice.id: (apprentice, enrolment) for apprentice, enrolment in found}
    return sorted(once.values(), key=lambda pair: (pair[0].full_name.casefold(), pair[0].number or "", pair[0].id))


def enrolled_on(partition: str, apprentice_id: str, on: date) -> Enrolment | None:
    """The enrolment of an apprentice that covers a day; of several the latest begun."""
    rows = select(Enrolment).where(Enrolment.partition == partition, Enrolment.apprentice_id == apprentice_id, _enrolled(on))
    return db.session.scalars(rows.order_by(Enrolment.starts_on.desc(), Enrolment.id)).first()


def cohorts_by_day(partition: str, days: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], list[str]]:
    """The cohorts in which each of these apprentices was enrolled on each of these days; read in one go."""
    rows = select(Enrolment).where(Enrolment.partition == partition, Enrolment.void_reason.is_(None), Enrolment.cohort_id.is_not(None))
    by_apprentice: dict[str, list[Enrolment]] = defaultdict(list)
    for row in db.session.scalars(rows):
        by_apprentice[row.apprentice_id or ""].append(row)
    return {
        (apprentice_id, on): [
            row.cohort_id or ""
            for row in by_apprentice.get(apprentice_id, ())
            if (row.starts_on or date.min) <= on <= (row.ended_on or date.max)
        ]
        for apprentice_id, on in days
    }


def _placed_on(partition: str, on: date, apprentice_ids: Collection[str]) -> dict[str, Placement]:
    """The placement of each apprentice that covers a day and is not suspended by a person."""
    paused = select(Suspension.placement_id).where(
        Suspension.partition == partition,
        Suspension.void_reason.is_(None),
        Suspension.since <= on,
        or_(Suspension.until.is_(None), Suspension.until >= on),
    )
    rows = db.session.scalars(
        select(Placement)
        .where(
            Placement.partition == partition,
            Placement.void_reason.is_(None),
            Placement.starts_on <= on,
            or_(Placement.ends_on.is_(None), Placement.ends_on >= on),
            Placement.id.not_in(paused),
        )
        .order_by(Placement.starts_on, Placement.id)
    )
    return {row.apprentice_id: row for row in rows if row.apprentice_id and row.apprentice_id in apprentice_ids}


def at_workplace(
    actor: Actor, partition: str, on: date, apprentice_ids: Collection[str], calendar: Calendar | None = None
) -> dict[str, str]:
    """Name of the employer by apprentice, of those who are placed on a day with an employer that is open."""
    placed = _placed_on(partition, on, apprentice_ids)
    if not placed:
        return {}
    calendar = calendar or calendar_for(actor, partition)
    wanted = {placement.employer_id for placement in placed.values()}
    employers = {row.id: row for row in db.session.scalars(select(Employer).where(Employer.partition == partition)) if row.id in wanted}
    is_open = {key: not calendar.workplace_closed(employer, on) for key, employer in employers.items()}
    return {
        apprentice_id: employers[placement.employer_id or ""].name or ""
        for apprentice_id, placement in placed.items()
        if is_open.get(placement.employer_id or "")
    }


# ---- marks and registers as they are stored


def value_of(row: Mark) -> MarkValue:
    """The value of a mark, plain."""
    return MarkValue(row.status, row.place, row.reason, row.minutes)


def marks(actor: Actor, partition: str, first: date, last: date) -> Sequence[Mark]:
    """All marks of a centre from `first` to `last`, by day and apprentice; those taken back are left out. Raises NotFound."""
    _enter(actor, partition)
    rows = select(Mark).where(Mark.partition == partition, Mark.on.between(first, last), Mark.status.is_not(None))
    return db.session.scalars(rows.order_by(Mark.on, Mark.apprentice_id, Mark.slot)).all()


def registers(actor: Actor, partition: str, first: date, last: date) -> Sequence[Register]:
    """The registers of a centre taken for the days from `first` to `last`, by day and cohort. Raises NotFound."""
    _enter(actor, partition)
    rows = select(Register).where(Register.partition == partition, Register.on.between(first, last), Register.status == rules.TAKEN)
    return db.session.scalars(rows.order_by(Register.on, Register.cohort_id, Register.slot)).all()


def _enter(actor: Actor, partition: str) -> None:
    if not may(actor, "read", partition):
        raise NotFound


def marks_between(partition: str, first: date, last: date) -> dict[tuple[str, date, str], Mark]:
    """Every stored mark of these days by its key, those taken back included; for actions."""
    rows = db.session.scalars(select(Mark).where(Mark.partition == partition, Mark.on.between(first, last)))
    return {(row.apprentice_id, row.on, row.slot): row for row in rows}


def marks_by_apprentice(partition: str, on: date, slot: str, apprentice_ids: Collection[str]) -> dict[str, Mark]:
    """The stored marks of these apprentices, those taken back included."""
    rows = db.session.scalars(select(Mark).where(Mark.partition == partition, Mark.on == on, Mark.slot == slot))
    return {row.apprentice_id: row for row in rows if row.apprentice_id in apprentice_ids}


def missing(actor: Actor, cohort: Cohort, on: date, slot: str) -> list[str]:
    """The apprentices who are expected in a register and not marked."""
    unmarked = _unmarked(actor, cohort, on, slot)
    away = at_workplace(actor, cohort.partition, on, unmarked) if unmarked else {}
    return [each for each in unmarked if each not in away]


def is_complete(actor: Actor, cohort: Cohort, on: date, slot: str) -> bool:
    """Whether everybody who is expected is marked. Asked at each tap, so the calendar is read only when it decides."""
    unmarked = _unmarked(actor, cohort, on, slot)
    placed = _placed_on(cohort.partition, on, unmarked) if unmarked else {}
    return len(placed) == len(unmarked) and not missing(actor, cohort, on, slot)


def _unmarked(actor: Actor, cohort: Cohort, on: date, slot: str) -> list[str]:
    ids = [apprentice.id for apprentice, _ in members(actor, cohort, on)]
    stored = marks_by_apprentice(cohort.partition, on, slot, ids)
    return [each for each in ids if each not in stored or stored[each].status is None]


# ---- the register page


@dataclass(frozen=True)
class RegisterRow:
    """An apprentice in a register.

    seen        token of what is shown: "" while nobody ever marked
    by, at      who marked last, and when (seconds); None while unmarked
    workplace   name of the employer where the apprentice is today, so that nobody is expected at the centre
    """

    id: str
    name: str
    number: str
    status: str | None
    reason: str | None
    seen: str
    by: str | None
    at: int | None
    workplace: str | None
    has_conflict: bool

    @property
    def is_expected(self) -> bool:
        """Whether a mark is waited for."""
        return self.status is None and self.workplace is None


@dataclass(frozen=True)
class RegisterPage:
    """A register with all that its page shows.

    day            what the calendar says and why
    is_offered     whether it can be taken: a day of training, or one confirmed as taught
    taught_reason  why the cohort was taught on a day without training
    previous, next the nearest days of training or taught, None if too far
    may_mark, may_teach  what the actor may do here
    """

    cohort: Cohort
    on: date
    slot: str
    day: Day[Holiday]
    is_offered: bool
    taught_reason: str | None
    rows: tuple[RegisterRow, ...]
    register: Register | None
    taken_by: str | None
    previous: date | None
    next: date | None
    may_mark: bool

    @property
    def tally(self) -> Tally:
        """Counts of the marks; `unmarked` are those expected only."""
        return rules.tally(row.status for row in self.rows if row.status or row.is_expected)

    @property
    def is_taken(self) -> bool:
        """Whether somebody said done, or everybody is marked."""
        return self.register is not None and self.register.status == rules.TAKEN

    def row(self, apprentice_id: str) -> RegisterRow:
        """The row of an apprentice; raises NotFound."""
        found = next((row for row in self.rows if row.id == apprentice_id), None)
        if found is None:
            raise NotFound
        return found


def register_for(actor: Actor, cohort: Cohort | str, on: date, slot: str = "day") -> RegisterPage:
    """The register of a cohort (or its id) for a day and slot; raises NotFound for a cohort the actor may not see."""
    cohort = row_for(Cohort, actor, cohort) if isinstance(cohort, str) else cohort
    _enter(actor, cohort.partition)
    calendar = calendar_for(actor, cohort.partition)
    day, was_taught = calendar.day(cohort, on), calendar.was_taught(cohort.id, on)
    taught = calendar.taught.get((cohort.id, on))
    register = db.session.get(Register, {"partition": cohort.partition, "cohort_id": cohort.id, "on": on, "slot": slot})
    return RegisterPage(
        cohort,
        on,
        slot,
        day,
        is_offered=rules.is_offered(day.kind, was_taught=was_taught),
        taught_reason=taught.reason if taught and was_taught else None,
        rows=tuple(_rows(actor, cohort, on, slot, calendar)),
        register=register,
        taken_by=name_of(register.by) if register and register.status else None,
        previous=max((each for each in _days(calendar, cohort, on - NEAR, on - timedelta(days=1))), default=None),
        next=min((each for each in _days(calendar, cohort, on + timedelta(days=1), on + NEAR)), default=None),
        may_mark=may(actor, "mark", cohort),
    )


def _days(calendar: Calendar, cohort: Cohort, first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which a cohort's register can be taken."""
    first, last = max(first, cohort.starts_on or first), min(last, cohort.ends_on or last)
    taught = [
        on for (cohort_id, on) in calendar.taught if cohort_id == cohort.id and first <= on <= last and calendar.was_taught(cohort_id, on)
    ]
    return sorted({*calendar.training_days(cohort, first, last), *taught}) if first <= last else []


def _rows(actor: Actor, cohort: Cohort, on: date, slot: str, calendar: Calendar) -> list[RegisterRow]:
    people = [apprentice for apprentice, _ in members(actor, cohort, on)]
    ids = {apprentice.id for apprentice in people}
    stored = marks_by_apprentice(cohort.partition, on, slot, ids)
    away = at_workplace(actor, cohort.partition, on, ids, calendar)
    disputed = {id(conflict.row) for conflict in replication.open_conflicts(cohort.partition)}
    names = {by: name_of(by) for by in {row.by for row in stored.values()}}
    return [_row(person, stored.get(person.id), names, away.get(person.id), disputed) for person in people]


def _row(
    person: Apprentice, mark: Mark | None, names: Mapping[str | None, str | None], workplace: str | None, disputed: set[int]
) -> RegisterRow:
    status = mark.status if mark else None
    return RegisterRow(
        person.id,
        person.full_name,
        person.number or "",
        status,
        mark.reason if mark else None,
        (mark and dot_of(mark, "mark")) or "",
        names.get(mark.by) if mark and status else None,
        mark.at if mark and status else None,
        workplace,
        has_conflict=mark is not None and id(mark) in disputed,
    )


def mark_of(cohort: Cohort, apprentice_id: str, on: date, slot: str) -> Mark | None:
    """The stored mark of an apprentice."""
    return db.session.get(Mark, {"partition": cohort.partition, "apprentice_id": apprentice_id, "on": on, "slot": slot})


# ---- due and taken


@dataclass(frozen=True)
class Due:
    """A register that is expected.

    is_taken  whether it was taken, in one slot or another
    """

    cohort: Cohort
    on: date
    is_taken: bool


def due_and_taken(actor: Actor, partition: str, first: date, last: date, calendar: Calendar | None = None) -> list[Due]:
    """The registers due from `first` to `last`, today at the latest, by day and cohort. Raises NotFound.

    A cohort's days are those of training or confirmed as taught, within its own span, on which somebody is enrolled.
    """
    calendar = calendar or calendar_for(actor, partition)
    last = min(last, clock.today())
    taken = {(row.cohort_id, row.on) for row in registers(actor, partition, first, last)}
    spans = _spans(partition)
    due = [
        Due(cohort, on, (cohort.id, on) in taken)
        for cohort in cohorts(actor, partition)
        for on in _days(calendar, cohort, first, last)
        if any(begin <= on <= end for begin, end in spans.get(cohort.id, ()))
    ]
    return sorted(due, key=lambda each: (each.on, each.cohort.name or "", each.cohort.id))


def _spans(partition: str) -> Mapping[str, list[tuple[date, date]]]:
    """The spans of the enrolments in each cohort."""
    rows = select(Enrolment.cohort_id, Enrolment.starts_on, Enrolment.ended_on).where(
        Enrolment.partition == partition, Enrolment.void_reason.is_(None)
    )
    spans: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for cohort_id, starts_on, ended_on in db.session.execute(rows):
        spans[cohort_id or ""].append((starts_on or date.min, ended_on or date.max))
    return spans


def cohorts(actor: Actor, partition: str) -> Sequence[Cohort]:
    """The cohorts of a centre, by name. Raises NotFound."""
    _enter(actor, partition)
    rows = select(Cohort).where(Cohort.partition == partition, Cohort.void_reason.is_(None))
    return db.session.scalars(rows.order_by(Cohort.name, Cohort.id)).all()
