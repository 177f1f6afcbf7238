"""The open conflicts that a person may see, each as a question with its answers in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select

from tracker import replication
from tracker.accounts.models import Staff
from tracker.accounts.queries import name_of as name_of_staff
from tracker.calendar.models import Closure, Notice
from tracker.conflicts import words
from tracker.country import tz
from tracker.db import db, groups_of, Row, SyncedRow
from tracker.employers.models import Employer
from tracker.i18n import _, format_date, language
from tracker.nodes.queries import centre_names, place_name
from tracker.people.models import Apprentice, Cohort
from tracker.placements.models import Placement
from tracker.places.models import Campus
from tracker.policy import Actor, may, OPERATOR

SHOWN: Final = 50
# What a reference leads to. In this order a row is called after what it belongs to.
REFERENCES: Final[Mapping[str, type[Row]]] = {
    "apprentice_id": Apprentice,
    "placement_id": Placement,
    "staff_id": Staff,
    "cohort_id": Cohort,
    "campus_id": Campus,
    "employer_id": Employer,
    "closure_id": Closure,
    "chosen_notice_id": Notice,
}


@dataclass(frozen=True)
class Answer:
    """One of the values, as a person reads it.

    lines  (label, value); the label is empty where the question says it
    at     claimed second
    """

    dot: str
    lines: list[tuple[str, str]]
    who: str
    at: int
    is_shown: bool


@dataclass(frozen=True)
class Question:
    """A conflict in words; the fields after `place` go into the form that settles it."""

    title: str
    place: str
    may_settle: bool
    answers: list[Answer]
    partition: str
    table: str
    key: str
    group: str
    token: str


def questions(actor: Actor, partition: str | None = None) -> list[Question]:
    """The open conflicts of all partitions, or of one, that the actor may read; those he may settle stand first."""
    names = centre_names()
    found = [each for each in replication.open_conflicts(partition) if may(actor, "read", each.row)]
    found.sort(key=lambda each: not may(actor, "resolve", each.row))
    return [_question(actor, each, names) for each in found]


def waiting_for(actor: Actor) -> int:
    """How many conflicts wait for this person, for the navigation."""
    return replication.count_conflicts(actor.home) if actor.home and may(actor, "resolve", actor.home) else 0


def _question(actor: Actor, conflict: replication.Conflict, names: dict[str, str]) -> Question:
    row = conflict.row
    may_settle = may(actor, "resolve", row)
    may_read = may_settle or conflict.group not in words.SENSITIVE
    return Question(
        title=title(row, conflict.group),
        place="" if row.partition == actor.home else place_name(row.partition, names),
        may_settle=may_settle,
        answers=[_answer(row, version, differing(conflict)) for version in conflict.versions] if may_read else [],
        partition=row.partition,
        table=row.__tablename__,
        key=json.dumps(conflict.key),
        group=conflict.group,
        token=conflict.token,
    )


def differing(conflict: replication.Conflict) -> list[str]:
    """The fields in which the values differ: the rest of a group is the same in all and would only be in the way."""
    first, *others = (version.values for version in conflict.versions)
    return [field for field, value in first.items() if any(other.get(field) != value for other in others)] or list(first)


def _answer(row: SyncedRow, version: replication.Version, fields: list[str]) -> Answer:
    table, is_one = row.__tablename__, len(version.values) == 1
    lines = [("" if is_one else label(field), worded(table, field, version.values.get(field))) for field in fields]
    return Answer(version.dot, lines, who(version.by), version.at, version.is_current)


def title(row: SyncedRow, group: str) -> str:
    """What a conflict is about, such as "Phone number of Asha Juma"."""
    table = row.__tablename__
    sentence = words.ABOUT.get((table, group)) or words.ABOUT.get(group) or words.OTHERWISE
    values = {"whom": called(row), "on": format_date(getattr(row, "on", None)), "field": ", ".join(map(label, groups_of(type(row))[group]))}
    return _(sentence, **{name: value for name, value in values.items() if f"%({name})s" in sentence})


def label(field: str) -> str:
    """The label of a field."""
    return _(words.FIELDS[field]) if field in words.FIELDS else field


def who(staff_id: str) -> str:
    """The person who wrote a value."""
    if staff_id in {"", OPERATOR.id}:
        return _("The computer's operator")
    return name_of_staff(staff_id) or _("Somebody not known here")


def called(row: SyncedRow) -> str:
    """What people call a row: its name, else that of what it belongs to."""
    if isinstance(row, Apprentice):
        return row.full_name or row.number or "–"
    if isinstance(row, Closure):
        return worded("closure", "reason", row.reason)
    name = getattr(row, "name", None) or getattr(row, f"name_{language()}", None)
    if name:
        return str(name)
    for field in REFERENCES:
        if other := _referred(field, getattr(row, field, None)):
            return called(other)
    return str(getattr(row, "source", None) or "–")


def _referred(field: str, row_id: object) -> Row | None:
    model = REFERENCES[field]
    return db.session.scalars(select(model).where(model.id == row_id)).first() if row_id else None


def worded(table: str, field: str, value: object) -> str:
    """A value as people read it: a code's label, a date written out, the name behind a reference."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, date):
        return format_date(value)
    if field in REFERENCES:
        other = _referred(field, value)
        return called(other) if other else str(value)
    codes = words.CODES.get((table, field)) or words.CODES.get(field)
    if codes and isinstance(value, str):
        return ", ".join(tz.label(codes, code, language()) for code in value.split(";"))
    return str(value)
