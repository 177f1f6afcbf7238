"""Host employers that a person sees."""

from collections.abc import Sequence

from sqlalchemy import select, true

from tracker.db import db, row_for
from tracker.employers.models import Employer
from tracker.employers.rules import folded, matches
from tracker.errors import NotFound
from tracker.places import queries as places
from tracker.policy import Actor, may


def employers(actor: Actor, partition: str | None = None, *, text: str = "", with_void: bool = False) -> list[Employer]:
    """The employers of a centre (None: of all that the actor sees), by name; raises NotFound for a centre that he does not see.

    text  words that begin a word of name, district or contact
    """
    if partition is not None and not may(actor, "read", partition):
        raise NotFound
    rows: Sequence[Employer] = db.session.scalars(select(Employer).where(Employer.partition == partition if partition else true())).all()
    found = [
        row
        for row in rows
        if (with_void or not row.void_reason)
        and (partition or may(actor, "read", row))
        and matches(text, row.name, row.district, row.contact)
    ]
    return sorted(found, key=lambda each: (folded(each.name or ""), each.id))


def employer_for(actor: Actor, employer_id: str, may: str = "read") -> Employer:
    """The access door of an employer; raises NotFound, NotAllowed."""
    return row_for(Employer, actor, employer_id, may)


def by_name(actor: Actor, partition: str) -> dict[str, Employer]:
    """The employers of a centre by `rules.folded(name)`; of two with one name, the same one on every machine."""
    rows = sorted(employers(actor, partition), key=lambda each: each.id, reverse=True)
    return {folded(row.name or ""): row for row in rows}


def centre_names(actor: Actor) -> dict[str, str]:
    """The names of the centres that the actor sees, by partition."""
    return {each.partition: each.name or each.partition for each in places.centres(actor)}


def scope(actor: Actor, asked: str | None) -> str | None:
    """The centre whose employers are shown: the own one, else the one asked for, else None for all that the actor sees."""
    return places.home_partition(actor) or asked or None
