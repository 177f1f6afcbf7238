"""How each kind of row goes into the register: read by its entity's schema, then added, corrected, or left alone.

An empty cell says nothing: it neither clears a value nor is it a fault, unless the column is one that every row needs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from tracker import clock, inputs
from tracker.attendance import actions as attendance
from tracker.attendance.queries import cohorts_by_day
from tracker.attendance.rules import MarkLine
from tracker.calendar.queries import calendar_for
from tracker.calendar.rules import DayKind
from tracker.db import digest
from tracker.employers import actions as employers
from tracker.employers import queries as employers_queries
from tracker.employers import rules as employers_rules
from tracker.employers.schemas import EmployerSchema
from tracker.errors import DomainError, N_, Problem
from tracker.files.rules import Found, Line, Table
from tracker.files.schemas import MarkReader
from tracker.people import actions as people
from tracker.people import queries as people_queries
from tracker.people import rules as people_rules
from tracker.people.schemas import ApprenticeSchema
from tracker.placements import actions as placements
from tracker.placements import queries as placements_queries
from tracker.placements.schemas import PlacementSchema
from tracker.policy import Actor

PROGRAMME: Final = "general-12m"  # of a cohort that an import opens; the registrar chooses another
NO_NUMBER: Final = N_("Enter the number.")
TWICE: Final = N_("%(text)s stands in row %(row)d already.")
NO_TRAINING: Final = N_(
    "Marks on %(on)s, a day without training: %(count)d. They count in no rate until it is confirmed that training took place."
)
NO_COHORT: Final = N_("Marks on %(on)s of apprentices who were in no cohort on that day: %(count)d. They stand in no register.")


@dataclass
class Imported:
    """What an import did, or a dry run would do; counts are of rows of the file."""

    kind: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    warnings: Found = field(default_factory=Found)


# ---- rows that come one by one


@dataclass
class _Writer:
    """Writes the rows of a file: a new key is added, another value corrected, an equal one left alone.

    known  rows in the register by the key that the file names them with
    """

    problems: Found
    done: Imported
    seen: dict[object, int] = field(default_factory=dict)

    def is_twice(self, line: Line, column: str, key: object, text: str) -> bool:
        """Whether the file has had this key, which is a problem."""
        first = self.seen.setdefault(key, line.row)
        if first == line.row:
            return False
        self.problems.add(Problem(line.row, column, TWICE, {"text": text, "row": first}))
        return True

    def take(self, found: Sequence[Problem]) -> bool:
        """Keep problems and warnings; whether there is none that stops the row."""
        stopping = [each for each in found if not each.is_warning]
        self.problems.add(*stopping)
        self.done.warnings.add(*(each for each in found if each.is_warning))
        return not stopping

    def put(self, line: Line, *, add: Callable[[], object] | None, correct: Callable[[], object] | None) -> None:
        """Add or correct a row; neither: it is there already. Nothing is written once a problem is known."""
        try:
            if self.problems:
                return
            if add:
                add()
                self.done.added += 1
            elif correct:
                correct()
                self.done.changed += 1
            else:
                self.done.unchanged += 1
        except DomainError as refusal:
            self.problems.add(Problem(line.row, None, refusal.sentence, refusal.params))


def _as_spelled(table: Table, column: str, numbers: Collection[str]) -> Iterator[Line]:
    """The lines with the numbers as the register spells them: `vtc/26/001` is VTC/26/001, unless two differ by capitals alone."""
    spelled: dict[str, str | None] = {}
    for number in numbers:
        spelled[number.casefold()] = None if number.casefold() in spelled else number
    for line in table.lines:
        number = inputs.plain(line.cells.get(column))
        found = None if number in numbers else spelled.get(number.casefold())
        yield Line(line.row, {**line.cells, column: found}) if found else line


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _differs(row: object, values: Mapping[str, Any]) -> bool:
    return any(digest(getattr(row, name)) != digest(value) for name, value in values.items())


def _apprentices(actor: Actor, partition: str, table: Table, problems: Found, done: Imported) -> None:
    schema, writer = ApprenticeSchema(), _Writer(problems, done)
    known = people_queries.by_number(actor, partition)
    present = people_queries.present_enrolments(list(known.values()))
    cohorts = {name: row.id for name, row in people_queries.cohorts_by_name(actor, partition).items()}
    for line in _as_spelled(table, "number", known):
        number = inputs.plain(line.cells.get("number"))
        if not number:
            problems.add(Problem(line.row, "number", NO_NUMBER))
            continue
        entry = schema.read(line.cells, row=line.row, partial=number in known)
        is_twice, is_good = writer.is_twice(line, "number", number, number), writer.take(entry.problems)
        if is_twice or not is_good:
            continue
        values = _said(entry.values)
        cohort = values.pop("cohort", None)
        if cohort is not None and not problems:
            values["cohort_id"] = _cohort(actor, partition, cohort, cohorts)
        row = known.get(number)
        if row is None:
            writer.put(line, add=lambda values=values: people.register_apprentice(actor, partition, values), correct=None)  # type: ignore[misc]
            continue
        enrolment = {name: value for name, value in values.items() if name in {"occupation", "cohort_id"}}
        rest = {name: value for name, value in values.items() if name not in enrolment}
        now = present.get(row.id)
        is_other = _differs(row, rest) or (bool(enrolment) and (now is None or _differs(now, enrolment)))
        correct = _bound(people.correct_apprentice, actor, row.id, values, None) if is_other else None
        writer.put(line, add=None, correct=correct)


def _bound(act: Callable[..., object], *values: object) -> Callable[[], object]:
    return lambda: act(*values)


def _cohort(actor: Actor, partition: str, name: str, cohorts: dict[str, str]) -> str:
    """The id of a cohort by its name; one that is not there is opened."""
    key = people_rules.folded_cohort(name)
    if key not in cohorts:
        cohorts[key] = people.open_cohort(actor, partition, name, PROGRAMME, None).id
    return cohorts[key]


def _employers(actor: Actor, partition: str, table: Table, problems: Found, done: Imported) -> None:
    schema, writer = EmployerSchema(), _Writer(problems, done)
    known = employers_queries.by_name(actor, partition)
    for line in table.lines:
        entry = schema.read(line.cells, row=line.row)
        is_good = writer.take(entry.problems)
        values = _said(entry.values)
        key = employers_rules.folded(values.get("name", ""))
        if (key and writer.is_twice(line, "name", key, values["name"])) or not is_good:
            continue
        row = known.get(key)
        if row is None:
            writer.put(line, add=_bound(employers.add_employer, actor, partition, values), correct=None)
        else:
            is_other = _differs(row, values)
            writer.put(line, add=None, correct=_bound(employers.correct_employer, actor, row.id, values, None) if is_other else None)


def _placements(actor: Actor, partition: str, table: Table, problems: Found, done: Imported) -> None:
    """A placement is known by its apprentice and its first day: nobody begins at two employers on one day."""
    writer = _Writer(problems, done)
    apprentices = people_queries.by_number(actor, partition)
    schema = PlacementSchema(
        apprentices={number: row.id for number, row in apprentices.items()},
        employers={name: row.id for name, row in employers_queries.by_name(actor, partition).items()},
    )
    known = {(row.apprentice_id, row.starts_on): row for row in placements_queries.placements(actor, partition)}
    for line in _as_spelled(table, "apprentice_number", apprentices):
        entry = schema.read(line.cells, row=line.row)
        if not writer.take(entry.problems):
            continue
        values = _said(entry.values)
        key = (values["apprentice_id"], values["starts_on"])
        if writer.is_twice(line, "apprentice_number", key, line.cells["apprentice_number"]):
            continue
        row = known.get(key)
        if row is None:
            writer.put(line, add=_bound(placements.open_placement, actor, partition, values), correct=None)
        else:
            is_other = _differs(row, values)
            writer.put(line, add=None, correct=_bound(placements.correct_placement, actor, row.id, values, None) if is_other else None)


# ---- marks, which come by the thousand


def _attendance(actor: Actor, partition: str, table: Table, problems: Found, done: Imported) -> None:
    ids = {number: row.id for number, row in people_queries.by_number(actor, partition).items()}
    reader, marks = MarkReader(ids, clock.today()), list[MarkLine]()
    rows: dict[tuple[str, date, str], int] = {}
    for line in _as_spelled(table, "apprentice_number", ids):
        mark, found = reader.read(line)
        problems.add(*found)
        if mark is None:
            continue
        first = rows.setdefault((mark.apprentice_id, mark.on, mark.slot), line.row)
        if first != line.row:
            text = line.cells["apprentice_number"].strip()
            problems.add(Problem(line.row, "apprentice_number", TWICE, {"text": text, "row": first}))
        marks.append(mark)
    if problems or not marks:
        return
    done.warnings.add(*_without_cohort(partition, marks, rows), *_without_training(actor, partition, marks, rows))
    written = attendance.import_marks(actor, partition, marks)
    done.added, done.changed, done.unchanged = written.added, written.corrected, written.unchanged


def _without_cohort(partition: str, marks: Sequence[MarkLine], rows: Mapping[tuple[str, date, str], int]) -> Iterator[Problem]:
    """One warning for each day, at its first row: most often the year of a date is wrong."""
    cohorts = cohorts_by_day(partition, {(mark.apprentice_id, mark.on) for mark in marks if mark.place != "workplace"})
    lost: dict[date, list[int]] = {}
    for mark in marks:
        if cohorts.get((mark.apprentice_id, mark.on)) == []:
            lost.setdefault(mark.on, []).append(rows[mark.apprentice_id, mark.on, mark.slot])
    for on in sorted(lost):
        yield Problem(min(lost[on]), "date", NO_COHORT, {"on": on, "count": len(lost[on])}, is_warning=True)


def _without_training(
    actor: Actor, partition: str, marks: Sequence[MarkLine], rows: Mapping[tuple[str, date, str], int]
) -> Iterator[Problem]:
    """One warning for each day, at its first row: a whole centre's marks on a holiday are one mistake, not two hundred."""
    calendar = calendar_for(actor, partition)
    cohorts = {row.id: row for row in people_queries.cohorts(actor, partition, with_void=True)}
    cohort_of = {each.apprentice_id: each.cohort_id for each in people_queries.enrolments(actor, partition)}
    kinds: dict[tuple[str | None, date], bool] = {}

    def is_odd(cohort_id: str | None, on: date) -> bool:
        if (cohort_id, on) not in kinds:
            cohort = cohorts.get(cohort_id or "")
            day = calendar.day(cohort, on) if cohort else calendar.day_at(calendar.site_of_campus(None), on)
            kinds[cohort_id, on] = day.kind != DayKind.TRAINING and not calendar.was_taught(cohort_id or "", on)
        return kinds[cohort_id, on]

    odd: dict[date, list[int]] = {}
    for mark in marks:
        if mark.place != "workplace" and is_odd(cohort_of.get(mark.apprentice_id), mark.on):
            odd.setdefault(mark.on, []).append(rows[mark.apprentice_id, mark.on, mark.slot])
    for on in sorted(odd):
        yield Problem(min(odd[on]), "date", NO_TRAINING, {"on": on, "count": len(odd[on])}, is_warning=True)


IMPORTERS: Final[Mapping[str, Callable[[Actor, str, Table, Found, Imported], None]]] = {
    "apprentices": _apprentices,
    "employers": _employers,
    "placements": _placements,
    "attendance": _attendance,
}
