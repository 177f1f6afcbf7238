"""Cohorts, apprentices and enrolments that a person sees, and how apprentices are found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, true

from tracker import replication
from tracker.accounts import queries as accounts
from tracker.accounts.models import Staff, Teaching
from tracker.db import db, row_for
from tracker.errors import NotFound
from tracker.people import rules
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.places import queries as places
from tracker.places.models import Campus
from tracker.policy import Actor, may

PAGE_ROWS = 50
CHUNK = 500  # ids in one statement: SQLite takes a limited number of parameters


def _check_sees(actor: Actor, partition: str) -> None:
    if not may(actor, "read", partition):
        raise NotFound


# ---- cohorts


def cohorts(actor: Actor, partition: str, *, with_void: bool = False) -> list[Cohort]:
    """The cohorts of a centre, the latest first; raises NotFound for a centre that the actor does not see."""
    _check_sees(actor, partition)
    rows = db.session.scalars(select(Cohort).where(Cohort.partition == partition))
    found = [row for row in rows if with_void or not row.void_reason]
    found.sort(key=lambda each: ((each.name or "").casefold(), each.id))
    return sorted(found, key=lambda each: each.starts_on or date.min, reverse=True)


def cohort_for(actor: Actor, cohort_id: str, may: str = "read") -> Cohort:
    """The access door of a cohort; raises NotFound, NotAllowed."""
    return row_for(Cohort, actor, cohort_id, may)


def cohorts_by_name(actor: Actor, partition: str) -> dict[str, Cohort]:
    """The cohorts of a centre by `rules.folded_cohort(name)`; of two with one name, the same one on every machine."""
    rows = sorted(cohorts(actor, partition), key=lambda each: each.id, reverse=True)
    return {rules.folded_cohort(row.name or ""): row for row in rows}


# ---- apprentices


def apprentice_for(actor: Actor, apprentice_id: str, may: str = "read") -> Apprentice:
    """The access door of an apprentice; raises NotFound, NotAllowed."""
    return row_for(Apprentice, actor, apprentice_id, may)


def by_number(actor: Actor, partition: str) -> dict[str, Apprentice]:
    """The apprentices of a centre by number; of two with one number, the same one on every machine."""
    _check_sees(actor, partition)
    rows = db.session.scalars(
        select(Apprentice)
        .where(Apprentice.partition == partition, Apprentice.number.is_not(None), Apprentice.void_reason.is_(None))
        .order_by(Apprentice.id.desc())
    )
    return {row.number: row for row in rows if row.number}


def holder_of(partition: str, number: str, *, but: str | None = None) -> Apprentice | None:
    """Who has this number already, apart from the row `but`."""
    with db.session.no_autoflush:  # an import asks this for each row and has looked for doubles in its own file
        rows = db.session.scalars(
            select(Apprentice).where(Apprentice.partition == partition, Apprentice.number == number, Apprentice.void_reason.is_(None))
        ).all()
    return next((row for row in rows if row.id != but), None)


def last_number(actor: Actor, partition: str) -> str | None:
    """The number that was given last, so that the next one can be chosen."""
    _check_sees(actor, partition)
    return db.session.scalar(
        select(Apprentice.number)
        .where(Apprentice.partition == partition, Apprentice.number.is_not(None))
        .order_by(Apprentice.eff.desc(), Apprentice.number.desc())
        .limit(1)
    )


@dataclass(frozen=True)
class _Line:
    """What a search looks at; whole rows are read for those found only."""

    id: str
    partition: str
    name: str
    number: str | None
    phones: tuple[str | None, str | None]
    birth_date: date | None
    is_void: bool


def _lines(actor: Actor, partition: str | None) -> list[_Line]:
    row = Apprentice
    found = db.session.execute(
        select(
            row.id,
            row.partition,
            row.given_name,
            row.middle_name,
            row.family_name,
            row.number,
            row.phone,
            row.guardian_phone,
            row.birth_date,
            row.void_reason,
        ).where(row.partition == partition if partition else true())
    )
    seen: dict[str, bool] = {}
    lines = []
    for each in found:
        if seen.setdefault(each.partition, may(actor, "read", each.partition)):
            name = " ".join(part for part in each[2:5] if part)
            lines.append(
                _Line(each.id, each.partition, name, each.number, (each.phone, each.guardian_phone), each.birth_date, bool(each[9]))
            )
    return lines


def _matching(actor: Actor, text: str, partition: str | None, cohort: str | None, *, void: bool = False) -> list[str]:
    """Ids of the apprentices that fit, the best first, then by name."""
    if partition is not None:
        _check_sees(actor, partition)
    query = rules.Query(text)
    inside = None if cohort is None else _ids_in(cohort)
    ranked = [
        (rank, line.name.casefold(), line.id)
        for line in _lines(actor, partition)
        if line.is_void == void
        and (inside is None or line.id in inside)
        and (rank := query.rank(line.name, line.number, line.phones)) is not None
    ]
    return [each[-1] for each in sorted(ranked)]


def _ids_in(cohort_id: str) -> set[str | None]:
    return set(
        db.session.scalars(
            select(Enrolment.apprentice_id).where(
                # The index leads with the partition: at central this must not look at every centre's enrolments.
                Enrolment.partition.in_(select(Cohort.partition).where(Cohort.id == cohort_id)),
                Enrolment.cohort_id == cohort_id,
                Enrolment.void_reason.is_(None),
                Enrolment.status == rules.ACTIVE,
            )
        )
    )


def _rows(ids: Sequence[str]) -> list[Apprentice]:
    by_id: dict[str, Apprentice] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        by_id.update({row.id: row for row in db.session.scalars(select(Apprentice).where(Apprentice.id.in_(part)))})
    return [by_id[each] for each in ids if each in by_id]


def search(actor: Actor, text: str, partition: str | None = None, cohort: str | None = None) -> list[Apprentice]:
    """The apprentices whose name (whatever its spelling), number or phone fits, the best first; an empty text fits all.

    partition  of one centre; None = all that the actor sees
    cohort     id: only those enrolled in it and not ended
    """
    return _rows(_matching(actor, text, partition, cohort))


@dataclass(frozen=True)
class Found:
    """One page of a list. pages: at least 1."""

    rows: list[Apprentice]
    total: int
    page: int
    pages: int


def find(actor: Actor, text: str, partition: str | None, cohort: str | None, *, page: int = 1, void: bool = False) -> Found:
    """A page of what `search` finds, or of the voided ones; a page beyond the last is the last."""
    ids = _matching(actor, text, partition, cohort, void=void)
    pages = max(1, -(-len(ids) // PAGE_ROWS))
    page = min(max(page, 1), pages)
    return Found(_rows(ids[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]), len(ids), page, pages)


def possible_duplicates(
    actor: Actor, partition: str, name: str, *, birth_date: date | None, phone: str | None, but: str | None = None
) -> list[Apprentice]:
    """Apprentices of the centre who may be the same person: the same name, however spelt, with the same birth date or phone."""
    _check_sees(actor, partition)
    if birth_date is None and not phone:
        return []
    folded = rules.folded(name)
    return _rows(
        [
            line.id
            for line in _lines(actor, partition)
            if line.id != but
            and not line.is_void
            and ((birth_date is not None and line.birth_date == birth_date) or (phone and line.phones[0] == phone))
            and rules.folded(line.name) == folded
        ]
    )


# ---- enrolments


def enrolments(actor: Actor, partition: str) -> list[Enrolment]:
    """The enrolments of a centre that are not void, by id; raises NotFound for a centre that the actor does not see."""
    _check_sees(actor, partition)
    return list(
        db.session.scalars(
            select(Enrolment).where(Enrolment.partition == partition, Enrolment.void_reason.is_(None)).order_by(Enrolment.id)
        )
    )


def enrolment_for(actor: Actor, enrolment_id: str, may: str = "read") -> Enrolment:
    """The access door of an enrolment; raises NotFound, NotAllowed."""
    return row_for(Enrolment, actor, enrolment_id, may)


def enrolments_of(apprentice: Apprentice) -> list[Enrolment]:
    """The enrolments of an apprentice that are not void, the present one first, then the latest."""
    rows = db.session.scalars(
        select(Enrolment)
        .where(Enrolment.partition == apprentice.partition, Enrolment.apprentice_id == apprentice.id, Enrolment.void_reason.is_(None))
        .order_by(Enrolment.id)
    )
    return sorted(rows, key=_latest_first, reverse=True)


def _latest_first(each: Enrolment) -> tuple[bool, date, date]:
    return each.status == rules.ACTIVE, each.ended_on or date.max, each.starts_on or date.min


def present_enrolments(apprentices: Sequence[Apprentice]) -> Mapping[str, Enrolment]:
    """For each apprentice of a list the present enrolment, else the latest."""
    ids, partitions = [each.id for each in apprentices], {each.partition for each in apprentices}
    by_apprentice: dict[str, Enrolment] = {}
    for start in range(0, len(ids), CHUNK):
        rows = db.session.scalars(
            select(Enrolment).where(
                Enrolment.partition.in_(partitions),
                Enrolment.apprentice_id.in_(ids[start : start + CHUNK]),
                Enrolment.void_reason.is_(None),
            )
        )
        for row in sorted(rows, key=lambda each: (_latest_first(each), each.id)):
            by_apprentice[row.apprentice_id or ""] = row
    return by_apprentice


def members(actor: Actor, cohort: Cohort, on: date, until: date | None = None) -> list[tuple[Apprentice, Enrolment]]:
    """Who is enrolled in the cohort on the day, or on any up to `until`, each once, by name."""
    pairs = _enrolled(actor, cohort)
    return _each_once(pair for pair in pairs if rules.is_enrolled_between(pair[1].starts_on, pair[1].ended_on, on, until or on))


def all_members(actor: Actor, cohort: Cohort) -> list[tuple[Apprentice, Enrolment]]:
    """Who was ever enrolled in the cohort, each with the present or latest enrolment in it, by name."""
    return _each_once(_enrolled(actor, cohort))


def _enrolled(actor: Actor, cohort: Cohort) -> list[tuple[Apprentice, Enrolment]]:
    """All enrolments in the cohort: who left and came back has several."""
    _check_sees(actor, cohort.partition)
    pairs = db.session.execute(
        select(Apprentice, Enrolment)
        .join(Apprentice, (Apprentice.partition == Enrolment.partition) & (Apprentice.id == Enrolment.apprentice_id))
        .where(
            Enrolment.partition == cohort.partition,
            Enrolment.cohort_id == cohort.id,
            Enrolment.void_reason.is_(None),
            Apprentice.void_reason.is_(None),
        )
    ).all()
    return [(apprentice, enrolment) for apprentice, enrolment in pairs]


def _each_once(pairs: Iterable[tuple[Apprentice, Enrolment]]) -> list[tuple[Apprentice, Enrolment]]:
    by_apprentice: dict[str, tuple[Apprentice, Enrolment]] = {}
    for apprentice, enrolment in sorted(pairs, key=lambda pair: (_latest_first(pair[1]), pair[1].id)):
        by_apprentice[apprentice.id] = (apprentice, enrolment)
    return sorted(by_apprentice.values(), key=lambda pair: (pair[0].full_name.casefold(), pair[0].id))


def scope(actor: Actor, asked: str | None) -> str | None:
    """The centre whose lists are shown: the own one, else the one asked for; raises NotFound for one that the actor does not see."""
    if (own := places.home_partition(actor)) is not None:
        return own
    if asked:
        _check_sees(actor, asked)
    return asked or None


def is_above(actor: Actor) -> bool:
    """Whether the actor looks at several centres."""
    return places.home_partition(actor) is None


def centre_names(actor: Actor) -> dict[str, str]:
    """The names of the centres that the actor sees, by partition."""
    return {each.partition: each.name or each.partition for each in places.centres(actor)}


campuses = places.campuses
Named = Cohort | Campus | Staff


# ---- what pages show beside


def instructors_of(cohort: Cohort) -> list[Staff]:
    """Who teaches the cohort now, by name."""
    rows = db.session.scalars(
        select(Staff)
        .join(Teaching, (Teaching.partition == Staff.partition) & (Teaching.staff_id == Staff.id))
        .where(Teaching.partition == cohort.partition, Teaching.cohort_id == cohort.id, Teaching.ended_on.is_(None))
    )
    return sorted(rows, key=lambda each: ((each.name or "").casefold(), each.id))


def instructors(actor: Actor, partition: str) -> list[Staff]:
    """The instructors who work at the centre, by name."""
    return [each for each in accounts.staff_in(actor, partition) if each.role == "instructor" and each.active]


def sizes(actor: Actor, partition: str) -> dict[str, int]:
    """How many enrolments in each cohort have not ended."""
    _check_sees(actor, partition)
    found = db.session.execute(
        select(Enrolment.cohort_id, func.count())
        .where(Enrolment.partition == partition, Enrolment.void_reason.is_(None), Enrolment.status == rules.ACTIVE)
        .group_by(Enrolment.cohort_id)
    )
    return {cohort_id: count for cohort_id, count in found if cohort_id}


def cohort_names(partition: str | None) -> dict[str, str]:
    """The names of cohorts by id; of one centre, or of all that are held here."""
    found = db.session.execute(select(Cohort.id, Cohort.name).where(Cohort.partition == partition if partition else true()))
    return {cohort_id: name or cohort_id for cohort_id, name in found}


def in_conflict(partition: str | None) -> set[str]:
    """Ids of the apprentices with an open conflict."""
    return {each.row.id for each in replication.open_conflicts(partition) if isinstance(each.row, Apprentice)}
