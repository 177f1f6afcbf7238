"""Exports: the import's columns and the centre's name, in one order on every machine, whatever its database sorts by."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from sqlalchemy import select

from tracker.attendance.models import Mark
from tracker.db import db
from tracker.employers import queries as employers
from tracker.errors import NotFound
from tracker.files.models import Upload
from tracker.files.rules import CENTRE, COLUMNS, DIFFICULTIES_TABLE
from tracker.people import queries as people
from tracker.people.models import Apprentice
from tracker.people.rules import DIFFICULTIES
from tracker.placements import queries as placements
from tracker.places import queries as places
from tracker.places.models import Listing
from tracker.policy import Actor, check, may

Row = Mapping[str, object]


def columns(table: str) -> tuple[str, ...]:
    """The columns of an exported table."""
    return (*(("number", *DIFFICULTIES) if table == DIFFICULTIES_TABLE else COLUMNS[table]), CENTRE)


def rows(actor: Actor, table: str) -> Iterator[Row]:
    """The rows of all centres that the actor sees: by centre, then by key; of difficulties, of his own centre only. Raises NotAllowed."""
    check(actor, "export")
    read = {
        "apprentices": _apprentices,
        "employers": _employers,
        "placements": _placements,
        "attendance": _attendance,
        DIFFICULTIES_TABLE: _difficulties,
    }[table]
    for name, partition in _centres(actor):
        for row in read(actor, partition):
            yield {**{column: _plain(value) for column, value in row.items()}, CENTRE: name}


def _centres(actor: Actor) -> list[tuple[str, str]]:
    """(name, partition) by name: what the profile says, else the nation's directory, else the partition itself."""
    home = places.home_partition(actor)
    names = {home: home} if home else {}
    names |= {row.centre: row.name or row.centre for row in db.session.scalars(select(Listing)) if may(actor, "read", row.centre)}
    names |= {row.partition: row.name or row.partition for row in places.centres(actor)}
    return sorted((name, partition) for partition, name in names.items())


def names_of_centre(actor: Actor, partition: str) -> set[str]:
    """The names by which a file may call a centre, in small letters."""
    centre = places.centre_in(actor, partition)
    names = [partition, centre.name if centre else None, centre.short_name if centre else None]
    return {" ".join(name.split()).casefold() for name in names if name}


def upload_of(actor: Actor, token: str) -> Upload:
    """The file that waits for the actor's yes; raises NotFound for another one's or an older one."""
    row = db.session.get(Upload, actor.id)
    if row is None or row.token != token:
        raise NotFound
    return row


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _by(names: Iterable[str], rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(str(_plain(row[name]) or "") for name in names))


def _apprentices(actor: Actor, partition: str) -> list[Row]:
    people_here = _everybody(partition)
    present = people.present_enrolments(people_here)
    cohorts = {row.id: row.name for row in people.cohorts(actor, partition, with_void=True)}
    names = COLUMNS["apprentices"]
    found: list[Row] = []
    for each in people_here:
        enrolment = present.get(each.id)
        now = {
            "occupation": enrolment.occupation if enrolment else None,
            "cohort": cohorts.get(enrolment.cohort_id or "") if enrolment else None,
        }
        found.append({name: now[name] if name in now else getattr(each, name) for name in names})
    return _by(("number", "given_name", "family_name", "birth_date"), found)


def _difficulties(actor: Actor, partition: str) -> list[Row]:
    """Who answered the six questions what. Above the centre sums are enough, so nothing leaves its own computers by this way."""
    if partition != places.home_partition(actor) or not may(actor, "edit-people", partition):
        return []
    asked = [each for each in _everybody(partition) if any(getattr(each, name) for name in DIFFICULTIES)]
    return _by(("number",), ({name: getattr(each, name) for name in ("number", *DIFFICULTIES)} for each in asked))


def _everybody(partition: str) -> list[Apprentice]:
    return list(
        db.session.scalars(
            select(Apprentice).where(Apprentice.partition == partition, Apprentice.void_reason.is_(None)).order_by(Apprentice.id)
        )
    )


def _employers(actor: Actor, partition: str) -> list[Row]:
    names = COLUMNS["employers"]
    return _by(("name", "district"), ({name: getattr(each, name) for name in names} for each in employers.employers(actor, partition)))


def _placements(actor: Actor, partition: str) -> list[Row]:
    numbers = _numbers(partition)
    names = {row.id: row.name for row in employers.employers(actor, partition, with_void=True)}
    found = (
        {
            "apprentice_number": numbers.get(each.apprentice_id or ""),
            "employer": names.get(each.employer_id or ""),
            "start": each.starts_on,
            "end": each.ends_on,
            "supervisor": each.supervisor,
            "contract_signed": each.contract_signed_on,
        }
        for each in placements.placements(actor, partition)
    )
    return _by(("apprentice_number", "start", "employer"), found)


def _numbers(partition: str) -> dict[str, str | None]:
    found = db.session.execute(select(Apprentice.id, Apprentice.number).where(Apprentice.partition == partition))
    return {row.id: row.number for row in found}


def _attendance(_actor: Actor, partition: str) -> list[Row]:
    """As columns, not as objects: a centre's year is 75,000 of them."""
    numbers = _numbers(partition)
    marks = db.session.execute(
        select(Mark.apprentice_id, Mark.on, Mark.status, Mark.slot, Mark.place, Mark.reason, Mark.minutes).where(
            Mark.partition == partition, Mark.status.is_not(None)
        )
    )
    names = COLUMNS["attendance"]
    lines = sorted(
        (numbers.get(apprentice_id) or "", on.isoformat(), status, slot, place, reason, minutes)
        for apprentice_id, on, status, slot, place, reason, minutes in marks
    )
    return [dict(zip(names, line, strict=True)) for line in lines]
