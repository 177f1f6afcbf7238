"""Centres and campuses: which of them a person sees, and the one where he works."""

from sqlalchemy import select

from tracker import replication
from tracker.db import db, row_for
from tracker.errors import NotFound
from tracker.places.models import Campus, Centre
from tracker.policy import Actor, kind_of, may, works_in


def home_partition(actor: Actor) -> str | None:
    """The centre partition where the actor works; for the operator the machine's own. None above a centre."""
    partition = actor.home or (replication.home() if actor.partitions is None else "")
    return partition if partition and kind_of(partition) == "centre" else None


def home_centre(actor: Actor) -> Centre | None:
    """The profile of the centre where the actor works; its name is for everyone who does, the administrator too."""
    partition = home_partition(actor)
    return _in(partition) if partition and works_in(actor, partition) else None


def centre_in(actor: Actor, partition: str) -> Centre | None:
    """The profile of the centre of a partition; None if there is none yet, or none that the actor sees."""
    return _in(partition) if may(actor, "read", partition) else None


def _in(partition: str) -> Centre | None:
    # Two laptops may each have written a profile before they met: the same one counts on both.
    return db.session.scalars(select(Centre).where(Centre.partition == partition).order_by(Centre.id)).first()


def centres(actor: Actor) -> list[Centre]:
    """All centres that the actor sees, by name, one per partition."""
    by_partition: dict[str, Centre] = {}
    for centre in db.session.scalars(select(Centre).order_by(Centre.id)):
        if may(actor, "read", centre):
            by_partition.setdefault(centre.partition, centre)
    return sorted(by_partition.values(), key=lambda each: ((each.name or "").casefold(), each.id))


def centre_for(actor: Actor, centre_id: str, may: str = "read") -> Centre:
    """The access door of a centre; raises NotFound, NotAllowed."""
    return row_for(Centre, actor, centre_id, may)


def campuses(actor: Actor, partition: str, *, with_void: bool = False) -> list[Campus]:
    """The campuses of a centre by name; raises NotFound for a partition that the actor does not see."""
    if not may(actor, "read", partition):
        raise NotFound
    rows = db.session.scalars(select(Campus).where(Campus.partition == partition))
    return sorted((row for row in rows if with_void or not row.void_reason), key=lambda each: ((each.name or "").casefold(), each.id))


def campus_for(actor: Actor, campus_id: str, may: str = "read") -> Campus:
    """The access door of a campus; raises NotFound, NotAllowed."""
    return row_for(Campus, actor, campus_id, may)
