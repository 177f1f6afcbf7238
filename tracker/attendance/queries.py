"""Reading registers and marks: one register with all that its page shows, what is due and taken, and plain lists of rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from tracker import clock, replication
from tracker.accounts.history import whereabouts
from tracker.accounts.queries import name_of
from tracker.attendance import absence_queries, rules
from tracker.attendance.models import ExpectedAbsence, Mark, Register
from tracker.attendance.rules import MarkValue, Tally
from tracker.calendar.ends import Ends
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import Day, pattern_on
from tracker.country.tz import Holiday
from tracker.db import db, dot_of
from tracker.errors import NotFound
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.people.queries import cohort_for, cohorts, members
from tracker.people.rules import is_enrolled
from tracker.placements.queries import away_days, days_off, employer_of, placed_on, state_on
from tracker.placements.rules import StateKind
from tracker.policy import Actor, may

LOOK_BACK = timedelta(days=28)
NEAR = timedelta(days=120)  # how far "previous" and "next training day" look: past a long closure


# ---- who is concerned


def cohort_to_mark(actor: Actor, cohort_id: str) -> Cohort:
    """A cohort whose register the actor may take; raises NotFound, NotAllowed."""
    return cohort_for(actor, cohort_id, may="mark")


def enrolled_on(partition: str, apprentice_id: str, on: date) -> Enrolment | None:
    """The enrolment of an apprentice that covers a day; of several the latest begun."""
    rows = select(Enrolment).where(
        Enrolment.partition == partition, Enrolment.apprentice_id == apprentice_id, Enrolment.void_reason.is_(None)
    )
    return covering(db.session.scalars(rows), on)


def covering(rows: Iterable[Enrolment], on: date) -> Enrolment | None:
    """Of one apprentice's enrolments the one that covers a day; of several the latest begun."""
    found = [row for row in rows if is_enrolled(row.starts_on, row.ended_on, on)]
    return max(found, key=lambda row: (row.starts_on or date.min, row.id), default=None)


def enrolments_by_apprentice(partition: str) -> Mapping[str, list[Enrolment]]:
    """All enrolments of a centre that are not void; read in one go."""
    found: dict[str, list[Enrolment]] = defaultdict(list)
    for row in db.session.scalars(select(Enrolment).where(Enrolment.partition == partition, Enrolment.void_reason.is_(None))):
        found[row.apprentice_id or ""].append(row)
    return found


def cohorts_by_day(partition: str, days: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], list[str]]:
    """The cohorts in which each of these apprentices was enrolled on each of these days; read in one go."""
    by_apprentice = enrolments_by_apprentice(partition)
    return {
        (apprentice_id, on): [
            row.cohort_id for row in by_apprentice.get(apprentice_id, ()) if row.cohort_id and is_enrolled(row.starts_on, row.ended_on, on)
        ]
        for apprentice_id, on in days
    }


def at_workplace(
    actor: Actor, partition: str, on: date, apprentice_ids: Collection[str], calendar: Calendar | None = None
) -> dict[str, str]:
    """Name of the employer by apprentice, of those whom an open placement expects on a day: they are not expected at the centre.

    On a day that the placement's roster leaves free they are.
    """
    placed = {key: row for key, row in placed_on(actor, partition, on).items() if key in apprentice_ids}
    if not placed:
        return {}
    calendar, free = calendar or calendar_for(actor, partition), days_off(partition, on)
    return {
        apprentice_id: (employer.name if (employer := employer_of(placement)) else None) or ""
        for apprentice_id, placement in placed.items()
        if placement.id not in free and state_on(placement, on, calendar).kind == StateKind.OPEN
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


def others_by_apprentice(partition: str, on: date, slot: str) -> dict[str, dict[str, str]]:
    """What is marked for the day in the slots that hold in this one too: by apprentice, status by slot."""
    rows = select(Mark.apprentice_id, Mark.slot, Mark.status).where(
        Mark.partition == partition, Mark.on == on, Mark.slot.in_(rules.other_slots(slot)), Mark.status.is_not(None)
    )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for apprentice_id, other, status in db.session.execute(rows.order_by(Mark.slot)):
        found[apprentice_id][other] = status or ""
    return found


def missing(actor: Actor, cohort: Cohort, on: date, slot: str) -> list[str]:
    """The apprentices who are expected in a register and not marked."""
    unmarked = _unmarked(actor, cohort, on, slot)
    away = at_workplace(actor, cohort.partition, on, unmarked) if unmarked else {}
    return [each for each in unmarked if each not in away]


def is_complete(actor: Actor, cohort: Cohort, on: date, slot: str) -> bool:
    """Whether everybody who is expected is marked. Asked at each tap, so the calendar is read only when it decides."""
    unmarked = _unmarked(actor, cohort, on, slot)
    placed = placed_on(actor, cohort.partition, on) if unmarked else {}
    return all(each in placed for each in unmarked) and not missing(actor, cohort, on, slot)


def is_begun(actor: Actor, cohort: Cohort, on: date, slot: str) -> bool:
    """Whether anybody in a register has a mark, in this slot or in those that hold in it too."""
    ids = [apprentice.id for apprentice, _ in members(actor, cohort, on)]
    stored, others = marks_by_apprentice(cohort.partition, on, slot, ids), others_by_apprentice(cohort.partition, on, slot)
    return any(row.status for row in stored.values()) or any(others.get(each) for each in ids)


def reasons_of_leave(cohort: Cohort, on: date) -> dict[str, str | None]:
    """The reasons of the leave that covers a day, by apprentice."""
    return {key: row.reason for key, row in absence_queries.leave_on(cohort.partition, on).items()}


def excused_before(actor: Actor, cohort: Cohort, on: date, slot: str) -> dict[str, str | None]:
    """Who was excused in this slot on the cohort's last day of training before, with the reasons, by apprentice."""
    days = _days(calendar_for(actor, cohort.partition), cohort, on - NEAR, on - timedelta(days=1))
    return _excused_on(cohort, max(days, default=None), slot)


def _excused_on(cohort: Cohort, on: date | None, slot: str) -> dict[str, str | None]:
    if on is None:
        return {}
    rows = select(Mark.apprentice_id, Mark.reason).where(
        Mark.partition == cohort.partition, Mark.on == on, Mark.slot == slot, Mark.status == "excused"
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


def _unmarked(actor: Actor, cohort: Cohort, on: date, slot: str) -> list[str]:
    ids = [apprentice.id for apprentice, _ in members(actor, cohort, on)]
    stored = marks_by_apprentice(cohort.partition, on, slot, ids)
    unmarked = [each for each in ids if each not in stored or stored[each].status is None]
    others = others_by_apprentice(cohort.partition, on, slot) if unmarked else {}
    return [each for each in unmarked if not rules.is_settled(slot, others.get(each, ()))]


# ---- the register page


@dataclass(frozen=True)
class RegisterRow:
    """An apprentice in a register.

    seen        token of what is shown: "" while nobody ever marked
    by, at      who marked last, and when (seconds); None while unmarked
    workplace   name of the employer where the apprentice is today, so that nobody is expected at the centre
    leave_until last day of leave that was given beforehand and covers this day
    others      what is marked in the slots that hold in this one too: status by slot
    is_settled  whether these say all there is to say
    """

    id: str
    given: str
    middle: str
    family: str
    number: str
    status: str | None
    reason: str | None
    seen: str
    by: str | None
    at: int | None
    workplace: str | None
    has_conflict: bool
    leave_until: date | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    is_settled: bool = False

    @property
    def name(self) -> str:
        """The three names as they are spoken."""
        return " ".join(part for part in (self.given, self.middle, self.family) if part)

    @property
    def is_expected(self) -> bool:
        """Whether a mark is waited for."""
        return self.status is None and self.workplace is None and not self.is_settled


@dataclass(frozen=True)
class RegisterPage:
    """A register with all that its page shows.

    day            what the calendar says and why
    is_offered     whether it can be taken: a day of training, or one confirmed as taught
    taught_reason  why the cohort was taught on a day without training
    mistake        why its marks are called a mistake; None: nobody does
    previous, next the nearest days of training or taught, None if too far
    may_mark       whether the actor may take it
    on_leave       how many on leave are expected and unmarked
    as_before      how many who were excused on the previous day are expected and unmarked
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
    on_leave: int = 0
    as_before: int = 0
    mistake: str | None = None

    @property
    def tally(self) -> Tally:
        """Counts of the marks; `unmarked` are those expected only."""
        return rules.tally(row.status for row in self.rows if row.status or row.is_expected)

    @property
    def is_taken(self) -> bool:
        """Whether somebody said done, or everybody is marked."""
        return self.register is not None and self.register.status == rules.TAKEN

    @property
    def is_odd(self) -> bool:
        """Whether several are marked and none of them attended, and nobody has said yet that it was so."""
        is_empty = self.tally.absent > 1 and not self.tally.rate.numerator and not self.tally.unmarked
        return is_empty and (self.register is None or self.register.note != rules.NOBODY_CAME)

    def row(self, apprentice_id: str) -> RegisterRow:
        """The row of an apprentice; raises NotFound."""
        found = next((row for row in self.rows if row.id == apprentice_id), None)
        if found is None:
            raise NotFound
        return found


def register_for(actor: Actor, cohort: Cohort | str, on: date, slot: str = "day") -> RegisterPage:
    """The register of a cohort (or its id) for a day and slot; raises NotFound for a cohort the actor may not see."""
    cohort = cohort_for(actor, cohort) if isinstance(cohort, str) else cohort
    _enter(actor, cohort.partition)
    calendar = calendar_for(actor, cohort.partition)
    day, was_taught = calendar.day(cohort, on), calendar.was_taught(cohort.id, on)
    taught = calendar.taught.get((cohort.id, on))
    register = db.session.get(Register, {"partition": cohort.partition, "cohort_id": cohort.id, "on": on, "slot": slot})
    rows = tuple(_rows(actor, cohort, on, slot, calendar))
    previous = max((each for each in _days(calendar, cohort, on - NEAR, on - timedelta(days=1))), default=None)
    before = _excused_on(cohort, previous, slot)
    return RegisterPage(
        cohort,
        on,
        slot,
        day,
        is_offered=calendar.counts(cohort, on),
        taught_reason=taught.reason if taught and was_taught else None,
        mistake=taught.reason or "" if taught and calendar.is_mistake(cohort.id, on) else None,
        rows=rows,
        register=register,
        taken_by=name_of(register.by) if register and register.status else None,
        previous=previous,
        next=min((each for each in _days(calendar, cohort, on + timedelta(days=1), on + NEAR)), default=None),
        may_mark=may(actor, "mark", cohort),
        on_leave=sum(row.is_expected and row.leave_until is not None for row in rows),
        as_before=sum(row.is_expected and row.id in before for row in rows),
    )


def _days(calendar: Calendar, cohort: Cohort, first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which a cohort's register can be taken."""
    return calendar.taught_days(cohort, max(first, cohort.starts_on or first), min(last, calendar.ends.of_cohort(cohort) or last))


def _rows(actor: Actor, cohort: Cohort, on: date, slot: str, calendar: Calendar) -> list[RegisterRow]:
    people = [apprentice for apprentice, _ in members(actor, cohort, on)]
    ids = {apprentice.id for apprentice in people}
    stored = marks_by_apprentice(cohort.partition, on, slot, ids)
    away = at_workplace(actor, cohort.partition, on, ids, calendar)
    disputed = {id(conflict.row) for conflict in replication.open_conflicts(cohort.partition)}
    names = {by: name_of(by) for by in {row.by for row in stored.values()}}
    leave = absence_queries.leave_on(cohort.partition, on)
    rows = [_row(person, stored.get(person.id), names, away.get(person.id), disputed, leave.get(person.id)) for person in people]
    others = others_by_apprentice(cohort.partition, on, slot)
    return [replace(row, others=others[row.id], is_settled=rules.is_settled(slot, others[row.id])) for row in rows]


def _row(
    person: Apprentice,
    mark: Mark | None,
    names: Mapping[str | None, str | None],
    workplace: str | None,
    disputed: set[int],
    leave: ExpectedAbsence | None,
) -> RegisterRow:
    status = mark.status if mark else None
    return RegisterRow(
        person.id,
        person.given_name or "",
        person.middle_name or "",
        person.family_name or "",
        person.number or "",
        status,
        mark.reason if mark else None,
        (mark and dot_of(mark, "mark")) or "",
        names.get(mark.by) if mark and status else None,
        mark.at if mark and status else None,
        workplace,
        has_conflict=mark is not None and id(mark) in disputed,
        leave_until=leave.until if leave else None,
    )


def mark_of(cohort: Cohort, apprentice_id: str, on: date, slot: str) -> Mark | None:
    """The stored mark of an apprentice."""
    return db.session.get(Mark, {"partition": cohort.partition, "apprentice_id": apprentice_id, "on": on, "slot": slot})


class PastMark(NamedTuple):
    """What a mark was, or is: by whom, at which second, and where that is safe, in words."""

    value: MarkValue
    who: str
    at: int
    is_current: bool
    where: str


def history_of(mark: Mark) -> list[PastMark]:
    """All that was ever marked in this place, the present value first, then the newest."""
    versions = replication.history(mark)
    names = {by: name_of(by) or by for by in {version.by for version in versions}}
    where = whereabouts(mark.partition, {version.dot for version in versions})
    return [
        PastMark(MarkValue(**each.values), names[each.by], each.at, each.is_current, where[each.dot])  # type: ignore[arg-type]  # one group
        for each in versions
    ]


# ---- due and taken


@dataclass(frozen=True)
class Due:
    """A register that is expected.

    left  the slot that was not taken yet: of a day of which one half is taken the other one; None: all is taken
    """

    cohort: Cohort
    on: date
    left: str | None

    @property
    def is_taken(self) -> bool:
        """Whether all of it is taken."""
        return self.left is None


def due_and_taken(actor: Actor, partition: str, first: date, last: date, calendar: Calendar | None = None) -> list[Due]:
    """The registers due from `first` to `last`, today at the latest, by day and cohort. Raises NotFound.

    A cohort's days are those of training or confirmed as taught, within its own span, on which somebody is enrolled and not
    expected at a workplace.
    """
    calendar = calendar or calendar_for(actor, partition)
    last = min(last, clock.today())
    taken: dict[tuple[str, date], set[str]] = defaultdict(set)
    for row in registers(actor, partition, first, last):
        taken[row.cohort_id, row.on].add(row.slot)
    days = [
        (cohort, on, slot_left(calendar, cohort, on, taken.get((cohort.id, on), ())))
        for cohort in cohorts(actor, partition)
        for on in _days(calendar, cohort, first, last)
    ]
    spans = spans_by_cohort(partition)
    away = away_days(calendar, partition, _everybody(spans), {on for _cohort, on, left in days if left})
    due = [
        Due(cohort, on, left)
        for cohort, on, left in days
        if any(begin <= on <= end and on not in away.get(each, ()) for each, begin, end in spans.get(cohort.id, ()))
    ]
    return sorted(due, key=lambda each: (each.on, each.cohort.name or "", each.cohort.id))


def slot_left(calendar: Calendar, cohort: Cohort, on: date, taken: Collection[str]) -> str | None:
    """The slot of a cohort's day whose register waits (`rules.slot_left`), by the hours that the week's pattern gives."""
    if not taken or "day" in taken:
        return rules.slot_left(taken)  # as most often: no pattern is looked up
    pattern = pattern_on(on, calendar.weekly(cohort.campus_id))
    minutes = {"am": pattern.am_minutes, "pm": pattern.pm_minutes} if pattern else {}
    return rules.slot_left(taken, [half for half in rules.HALVES if minutes.get(half) != 0] or rules.HALVES)


def begun_on(partition: str) -> dict[str, date]:
    """The day of the first register that was ever taken, by cohort."""
    rows = select(Register.cohort_id, func.min(Register.on)).where(Register.partition == partition, Register.status == rules.TAKEN)
    return {row[0]: row[1] for row in db.session.execute(rows.group_by(Register.cohort_id))}


@dataclass(frozen=True)
class CohortToday:
    """A cohort on a day.

    day       what the calendar says and why
    is_due    whether its register is expected
    register  None while not taken
    tally     its marks, whether the register is taken or not; `unmarked` are those expected only
    at_work   how many are expected at a workplace and not marked
    half_left the half whose register waits where only the other one's is taken
    """

    cohort: Cohort
    day: Day[Holiday]
    is_due: bool
    is_mine: bool
    register: Register | None
    taken_by: str | None
    tally: Tally
    at_work: int
    half_left: str | None


@dataclass(frozen=True)
class Overdue:
    """A cohort with registers of the days before that were not taken.

    registers  day and slot of those since its first register, the latest first
    before     how many days there were before its first register, all where none was ever taken
    """

    cohort: Cohort
    registers: tuple[tuple[date, str], ...]
    before: int
    has_begun: bool


@dataclass(frozen=True)
class DayOverview:
    """The registers of a centre on a day, the actor's own cohorts first."""

    on: date
    cohorts: tuple[CohortToday, ...]
    overdue: tuple[Overdue, ...]


def day_overview(actor: Actor, partition: str, on: date) -> DayOverview:
    """The cohorts on a day with their registers, and the registers of the four weeks before that were not taken. Raises NotFound."""
    calendar = calendar_for(actor, partition)
    due = due_and_taken(actor, partition, on - LOOK_BACK, on, calendar)
    due_now = {each.cohort.id for each in due if each.on == on}
    taken: dict[str, list[Register]] = defaultdict(list)
    for row in registers(actor, partition, on, on):
        taken[row.cohort_id].append(row)
    stored = {row.apprentice_id: row.status for row in marks(actor, partition, on, on)}
    running = _running(actor, partition, on, calendar.ends)
    away = {key for key, days in away_days(calendar, partition, _everybody(spans_by_cohort(partition)), [on]).items() if days}
    at_work = away - {key for key, status in stored.items() if status}
    found = [_today(actor, cohort, on, calendar, due_now, taken[cohort.id], stored, at_work) for cohort in running]
    return DayOverview(on, tuple(sorted(found, key=lambda each: not each.is_mine)), _overdue(actor, partition, due, on))


def _overdue(actor: Actor, partition: str, due: Sequence[Due], on: date) -> tuple[Overdue, ...]:
    left: dict[str, list[tuple[date, str]]] = defaultdict(list)
    cohort_by_id = {each.cohort.id: each.cohort for each in due if may(actor, "mark", each.cohort)}
    for each in reversed(due):
        if each.on < on and each.left and each.cohort.id in cohort_by_id:
            left[each.cohort.id].append((each.on, each.left))
    begun = begun_on(partition) if left else {}
    found = []
    for key in sorted(left, key=lambda key: (cohort_by_id[key].name or "", key)):
        since = tuple(each for each in left[key] if key in begun and each[0] >= begun[key])
        found.append(Overdue(cohort_by_id[key], since, len(left[key]) - len(since), has_begun=key in begun))
    return tuple(found)


def _running(actor: Actor, partition: str, on: date, ends: Ends) -> list[Cohort]:
    return [cohort for cohort in cohorts(actor, partition) if (cohort.starts_on or date.min) <= on <= (ends.of_cohort(cohort) or date.max)]


def _today(
    actor: Actor,
    cohort: Cohort,
    on: date,
    calendar: Calendar,
    due: Collection[str],
    taken: Sequence[Register],
    stored: Mapping[str, str | None],
    at_work: set[str],
) -> CohortToday:
    register = taken[-1] if taken else None
    left = slot_left(calendar, cohort, on, {row.slot for row in taken})
    ids = [apprentice.id for apprentice, _ in members(actor, cohort, on)]
    return CohortToday(
        cohort,
        calendar.day(cohort, on),
        cohort.id in due,
        may(actor, "mark", cohort),
        register,
        name_of(register.by) if register else None,
        rules.tally(stored.get(each) for each in ids if each not in at_work),
        len(at_work.intersection(ids)),
        left if taken else None,
    )


def spans_by_cohort(partition: str) -> Mapping[str, list[tuple[str, date, date]]]:
    """The spans of the enrolments in each cohort, each with its apprentice."""
    rows = select(Enrolment.cohort_id, Enrolment.apprentice_id, Enrolment.starts_on, Enrolment.ended_on).where(
        Enrolment.partition == partition, Enrolment.void_reason.is_(None)
    )
    spans: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
    for cohort_id, apprentice_id, starts_on, ended_on in db.session.execute(rows):
        spans[cohort_id or ""].append((apprentice_id or "", starts_on or date.min, ended_on or date.max))
    return spans


def _everybody(spans: Mapping[str, list[tuple[str, date, date]]]) -> set[str]:
    # Of all cohorts in one go: placements, rosters and closures are read once a page, not once a cohort.
    return {apprentice_id for rows in spans.values() for apprentice_id, _begin, _end in rows}
