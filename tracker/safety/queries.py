"""Who holds a valid health and safety session, the sessions of a centre, and how its reopening checklist stands."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select

from tracker.db import db
from tracker.errors import NotFound
from tracker.people.queries import CHUNK
from tracker.policy import Actor, may
from tracker.safety.models import SafetyPresence, SafetySession
from tracker.safety.rules import Held

# ---- who is covered


def valid_on(actor: Actor, partition: str, topic: str, on: date) -> set[str]:
    """Ids of the apprentices of a centre who hold a valid session on a topic on a day. Raises NotFound for an unseen centre."""
    _check_sees(actor, partition)
    return {apprentice_id for _centre, apprentice_id in holders([partition], topic, on)}


def holders(centres: Collection[str], topic: str, on: date) -> set[tuple[str, str]]:
    """(centre, apprentice) of all who hold a valid session on a topic on a day. The caller has checked what may be read."""
    row = SafetySession
    held = db.session.execute(
        select(row.partition, row.id, row.on, row.valid_days).where(
            row.partition.in_(centres), row.topic == topic, row.on <= on, row.void_reason.is_(None)
        )
    )
    valid: dict[str, list[str]] = defaultdict(list)
    for centre, session_id, day, valid_days in held:
        if Held(day, valid_days).is_valid(on):
            valid[centre].append(session_id)
    return {(centre, key) for centre, ids in valid.items() for key in _present(centre, ids)}


def _present(centre: str, session_ids: Sequence[str]) -> set[str]:
    row = SafetyPresence
    found: set[str] = set()
    for start in range(0, len(session_ids), CHUNK):
        part = session_ids[start : start + CHUNK]
        found |= set(
            db.session.scalars(select(row.apprentice_id).where(row.partition == centre, row.session_id.in_(part), row.was_there.is_(True)))
        )
    return found


def _check_sees(actor: Actor, partition: str) -> None:
    if not may(actor, "read", partition):
        raise NotFound
