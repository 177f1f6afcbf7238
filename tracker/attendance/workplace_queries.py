"""A week at the workplaces: who is placed where, on which days with how many hours, and what is marked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tracker import clock, replication
from tracker.attendance import paper, queries, workplace
from tracker.attendance.models import Mark
from tracker.attendance.paper import Box
from tracker.attendance.rules import MarkValue
from tracker.attendance.workplace import Hours, WORKPLACE
from tracker.db import dot_of
from tracker.placements.queries import Stretch, stretches
from tracker.placements.rules import State
from tracker.policy import Actor, may

MOST_ROWS = 60  # of all employers on one page; with more of them one employer is shown at a time


@dataclass(frozen=True)
class Cell:
    """A day of a placement.

    rostered  minutes that the roster asks for: 0 on a day off, None where no roster says anything
    is_ahead  the day is yet to come
    value     what is marked for the whole day, wherever that was; None while nothing is
    seen      token of what is shown: "" while nobody ever marked
    is_open   whether something may be entered
    """

    box: Box
    state: State
    rostered: int | None
    is_ahead: bool
    value: MarkValue | None
    seen: str
    is_open: bool
    has_conflict: bool

    @property
    def is_elsewhere(self) -> bool:
        """Whether the mark is not of the workplace."""
        return self.value is not None and self.value.place != WORKPLACE


@dataclass(frozen=True)
class Line:
    """A placement in a week."""

    placement_id: str
    name: str
    number: str
    cells: tuple[Cell, ...]

    @property
    def hours(self) -> Hours:
        """What the roster asks for until today, and what was worked of it."""
        past = (cell for cell in self.cells if cell.state.is_open and not cell.is_ahead)
        return workplace.hours_of((cell.rostered, None if cell.is_elsewhere else cell.value) for cell in past)

    @property
    def reasons(self) -> list[State]:
        """The states of its days that have no box because it is suspended, each once."""
        return list(dict.fromkeys(cell.state for cell in self.cells if cell.state.closures or cell.state.pause))


@dataclass(frozen=True)
class Host:
    """An employer with the placements of a week."""

    id: str
    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class WorkWeek:
    """A week at the workplaces of a centre.

    hosts   those shown: all, or the chosen one
    names   id -> (name, number of placements) of all employers
    chosen  id of the employer that alone is shown
    """

    partition: str
    monday: date
    hosts: tuple[Host, ...]
    names: Mapping[str, tuple[str, int]]
    chosen: str | None

    @property
    def days(self) -> list[date]:
        """Monday to Sunday: hotels know no weekend."""
        return [self.monday + timedelta(days=n) for n in range(7)]

    @property
    def boxes(self) -> dict[Box, Cell]:
        """The boxes that may be filled."""
        return {cell.box: cell for host in self.hosts for line in host.lines for cell in line.cells if cell.is_open}


def workplace_week(actor: Actor, partition: str, on: date, employer_id: str | None = None) -> WorkWeek:
    """The week in which a day lies, of the apprentices that the actor may mark, or of all if those are none. Raises NotFound."""
    monday = paper.monday_of(on)
    hosts = _hosts(actor, partition, monday)
    names = {host.id: (host.name, len(host.lines)) for host in hosts}
    is_long = sum(len(host.lines) for host in hosts) > MOST_ROWS
    chosen = employer_id if employer_id in names else hosts[0].id if is_long else None
    return WorkWeek(partition, monday, tuple(host for host in hosts if chosen in (None, host.id)), names, chosen)


def hours_by_apprentice(actor: Actor, partition: str, on: date) -> dict[str, Hours]:
    """What the rosters ask for until today and what was worked of it, in the week in which a day lies; of several placements the sum.

    Raises NotFound.
    """
    found: dict[str, Hours] = {}
    for host in _hosts(actor, partition, paper.monday_of(on)):
        for line in host.lines:
            key = line.cells[0].box.apprentice_id
            found[key] = Hours(*map(sum, zip(found.get(key, Hours()), line.hours, strict=True)))
    return found


def _hosts(actor: Actor, partition: str, monday: date) -> list[Host]:
    """All employers of a week, by name."""
    sunday = monday + timedelta(days=6)
    found = stretches(actor, partition, monday, sunday)
    markable = _markable(actor, partition, found)
    people = {apprentice_id for apprentice_id, _on in markable}
    found = [each for each in found if each.row.apprentice_id in people] or found
    marks = queries.marks_between(partition, monday, sunday)
    disputed = {id(conflict.row) for conflict in replication.open_conflicts(partition)}
    by_host: dict[str, list[Stretch]] = {}
    for each in found:
        by_host.setdefault(each.row.employer_id or "", []).append(each)
    taken: set[Box] = set()
    return [
        Host(
            key,
            (rows[0].employer.name if rows[0].employer else None) or "?",
            tuple(_line(each, marks, markable, disputed, taken) for each in rows),
        )
        for key, rows in by_host.items()
    ]


def _markable(actor: Actor, partition: str, found: Collection[Stretch]) -> set[tuple[str, date]]:
    """The apprentices that the actor may mark, each with the days: who moves in mid-week has two instructors."""
    enrolments = queries.enrolments_by_apprentice(partition)
    return {
        (each.apprentice.id, on)
        for each in found
        if each.apprentice
        for on in each.states
        if may(actor, "mark", queries.covering(enrolments.get(each.apprentice.id, ()), on) or each.apprentice)
    }


def _line(
    each: Stretch,
    marks: Mapping[tuple[str, date, str], Mark],
    markable: Collection[tuple[str, date]],
    disputed: Collection[int],
    taken: set[Box],
) -> Line:
    """taken: boxes of earlier lines. Two laptops may have placed one apprentice twice; a day has one box all the same."""
    cells = []
    for on, state in each.states.items():
        box = Box(each.row.apprentice_id or "", on, "day")
        mark = marks.get(box)
        is_ahead = on > clock.today()
        is_open = state.is_open and not is_ahead and (box.apprentice_id, on) in markable and box not in taken
        if is_open:
            taken.add(box)
        value = queries.value_of(mark) if mark and mark.status else None
        seen = (mark and dot_of(mark, "mark")) or ""
        cells.append(Cell(box, state, each.rostered[on], is_ahead, value, seen, is_open, mark is not None and id(mark) in disputed))
    apprentice = each.apprentice
    return Line(each.row.id, apprentice.full_name if apprentice else "?", (apprentice.number if apprentice else None) or "", tuple(cells))
