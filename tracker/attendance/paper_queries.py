"""A cohort's week as a sheet of paper shows it, and which week a code names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from tracker import clock, replication
from tracker.attendance import paper, queries, rules
from tracker.attendance.models import Mark, Register
from tracker.attendance.paper import Box, column_name
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import Day
from tracker.country.tz import Holiday
from tracker.db import db, dot_of
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.people.queries import cohort_for, cohorts, members
from tracker.people.rules import is_enrolled
from tracker.places.queries import centres, home_partition
from tracker.policy import Actor, may

WORKDAYS = 5  # Monday to Friday stand on every sheet


@dataclass(frozen=True)
class Column:
    """A day of a sheet, or half of one.

    day        what the calendar says, and why
    is_due     a register can be taken: a day of training, or one confirmed as taught
    is_ahead   the day is yet to come
    is_taken   its register is taken
    """

    on: date
    slot: str
    day: Day[Holiday]
    is_due: bool
    is_ahead: bool
    is_taken: bool

    @property
    def name(self) -> str:
        """What a form calls it."""
        return column_name(self.on, self.slot)

    @property
    def is_open(self) -> bool:
        """Whether marks may be entered."""
        return self.is_due and not self.is_ahead


@dataclass(frozen=True)
class Cell:
    """A box, or why there is none.

    seen       token of what is shown: "" while nobody ever marked
    others     statuses of this day under another slot: of its halves, or of the whole
    workplace  the employer where the apprentice is on this day, so that nobody is expected
    """

    column: Column
    box: Box
    is_enrolled: bool
    status: str | None
    seen: str
    others: tuple[str, ...]
    workplace: str | None
    has_conflict: bool

    @property
    def statuses(self) -> tuple[str, ...]:
        """All that is marked on this day, the box's own first."""
        return (*([self.status] if self.status else []), *self.others)

    @property
    def is_open(self) -> bool:
        """Whether a mark may be entered; somebody at a workplace may have come nevertheless."""
        return self.is_enrolled and self.column.is_open


@dataclass(frozen=True)
class Line:
    """An apprentice on a sheet."""

    id: str
    name: str
    number: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Week:
    """A cohort's week.

    columns  in order; a day has one, or two where it is halved
    """

    cohort: Cohort
    centre: str
    monday: date
    has_halves: bool
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    may_mark: bool

    @property
    def days(self) -> list[Column]:
        """The first column of each day."""
        return [column for column in self.columns if column.slot != "pm"]

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return self.monday + timedelta(days=6)

    @property
    def boxes(self) -> dict[Box, Cell]:
        """The boxes that may be filled."""
        return {cell.box: cell for line in self.lines for cell in line.cells if cell.is_open} if self.may_mark else {}

    @property
    def code(self) -> str:
        """What is printed on the sheet."""
        return paper.code_of(self.cohort.id, self.monday, has_halves=self.has_halves)


def week_for(actor: Actor, cohort_id: str, on: date, *, has_halves: bool | None = None) -> Week:
    """The week of a cohort in which a day lies; raises NotFound.

    has_halves  a box for each half of a day; None: as the cohort did lately
    """
    cohort = cohort_for(actor, cohort_id)
    monday = paper.monday_of(on)
    sunday = monday + timedelta(days=6)
    calendar = calendar_for(actor, cohort.partition)
    registers = _registers(cohort, monday - queries.LOOK_BACK, sunday)
    if has_halves is None:
        has_halves = _by_halves(registers)
    enrolled = members(actor, cohort, monday, sunday)
    marks = queries.marks_between(cohort.partition, monday, sunday)
    ids = {apprentice.id for apprentice, _ in enrolled}
    marked = {on for (apprentice_id, on, _slot), row in marks.items() if apprentice_id in ids and row.status}
    days = [monday + timedelta(days=n) for n in range(7)]
    shown = [day for day in days if day.weekday() < WORKDAYS or day in marked or _is_workday(calendar, cohort, day)]
    slots = rules.HALVES if has_halves else ("day",)
    columns = tuple(_column(calendar, cohort, day, slot, registers) for day in shown for slot in slots)
    disputed = {id(conflict.row) for conflict in replication.open_conflicts(cohort.partition)}
    away = {day: queries.at_workplace(actor, cohort.partition, day, ids, calendar) for day in shown}
    lines = tuple(_line(*pair, columns, marks, away, disputed) for pair in enrolled)
    centre = (calendar.centre.name if calendar.centre else None) or ""
    return Week(cohort, centre, monday, has_halves, columns, lines, may(actor, "mark", cohort))


def _by_halves(registers: Collection[tuple[date, str]]) -> bool:
    """Whether most days were taken by halves: one afternoon that was taken by itself makes nobody print halves for weeks."""
    whole = {on for on, slot in registers if slot == "day"}
    return len({on for on, _slot in registers} - whole) > len(whole)


def _is_workday(calendar: Calendar, cohort: Cohort, on: date) -> bool:
    return not calendar.day(cohort, on).is_rest or calendar.was_taught(cohort.id, on)


def _registers(cohort: Cohort, first: date, last: date) -> set[tuple[date, str]]:
    """Day and slot of the registers that were taken."""
    rows = select(Register.on, Register.slot).where(
        Register.partition == cohort.partition,
        Register.cohort_id == cohort.id,
        Register.on.between(first, last),
        Register.status == rules.TAKEN,
    )
    return {(on, slot) for on, slot in db.session.execute(rows)}


def _column(calendar: Calendar, cohort: Cohort, on: date, slot: str, registers: Collection[tuple[date, str]]) -> Column:
    day = calendar.day(cohort, on)
    is_due = calendar.counts(cohort, on)
    return Column(on, slot, day, is_due, on > clock.today(), (on, slot) in registers)


def _line(
    apprentice: Apprentice,
    enrolment: Enrolment,
    columns: tuple[Column, ...],
    marks: Mapping[tuple[str, date, str], Mark],
    away: Mapping[date, Mapping[str, str]],
    disputed: Collection[int],
) -> Line:
    cells = []
    for column in columns:
        mark = marks.get((apprentice.id, column.on, column.slot))
        others = [marks.get((apprentice.id, column.on, slot)) for slot in rules.SLOTS if slot != column.slot]
        cells.append(
            Cell(
                column,
                Box(apprentice.id, column.on, column.slot),
                is_enrolled(enrolment.starts_on, enrolment.ended_on, column.on),
                mark.status if mark else None,
                (mark and dot_of(mark, "mark")) or "",
                # In a column of halves the other half has a column of its own.
                tuple(each.status for each in others if each and each.status and "day" in (column.slot, each.slot)),
                away[column.on].get(apprentice.id),
                has_conflict=mark is not None and id(mark) in disputed,
            )
        )
    return Line(apprentice.id, apprentice.full_name, apprentice.number or "", tuple(cells))


def named_by(actor: Actor, text: str) -> tuple[Cohort, paper.Named]:
    """The cohort and the week that a typed code names, of his own centre, else of all that he sees.

    Raises Mistyped, UnknownSheet, SharedCode.
    """
    named = paper.read_code(text, clock.today())
    own = home_partition(actor)
    partitions = [own] if own else [centre.partition for centre in centres(actor)]
    found = [cohort for partition in partitions for cohort in cohorts(actor, partition) if paper.number_of(cohort.id) == named.number]
    code = text.strip().upper()[:20]
    if not found:
        raise paper.UnknownSheet(code=code)
    if len(found) > 1:
        raise paper.SharedCode(code=code)
    return found[0], named
