"""Reading what stands around absences: leave given beforehand, and who was called with what result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select

from tracker.accounts.queries import name_of
from tracker.attendance.models import ExpectedAbsence, FollowUp
from tracker.clock import today
from tracker.db import db, row_for
from tracker.errors import NotAllowed
from tracker.people.models import Apprentice
from tracker.people.queries import apprentice_for, enrolments_of
from tracker.people.rules import is_enrolled
from tracker.policy import Actor, may

SHOWN: Final = 3  # attempts on the apprentice's page

# ---- doors


def may_attend(actor: Actor, apprentice: Apprentice) -> bool:
    """Whether the actor may write down leave and calls: an instructor of those whom he teaches, a registrar of everybody."""
    here = [each for each in enrolments_of(apprentice) if is_enrolled(None, each.ended_on, today())]
    return any(may(actor, "mark", thing) for thing in [*here, apprentice])


def apprentice_to_attend(actor: Actor, apprentice_id: str) -> Apprentice:
    """An apprentice of whom the actor may write down leave and calls. Raises NotFound, NotAllowed."""
    apprentice = apprentice_for(actor, apprentice_id)
    if not may_attend(actor, apprentice):
        raise NotAllowed(verb="mark")
    return apprentice


def leave_to_change(actor: Actor, leave_id: str) -> ExpectedAbsence:
    """Leave that the actor may withdraw. Raises NotFound, NotAllowed."""
    leave = row_for(ExpectedAbsence, actor, leave_id)
    apprentice_to_attend(actor, leave.apprentice_id or "")
    return leave


def follow_up_to_change(actor: Actor, follow_up_id: str) -> FollowUp:
    """A follow-up that the actor may withdraw. Raises NotFound, NotAllowed."""
    follow_up = row_for(FollowUp, actor, follow_up_id)
    apprentice_to_attend(actor, follow_up.apprentice_id or "")
    return follow_up


# ---- leave


def leave_on(partition: str, on: date) -> dict[str, ExpectedAbsence]:
    """The leave that covers a day, by apprentice; of several the one that lasts longest."""
    rows = db.session.scalars(
        select(ExpectedAbsence)
        .where(
            ExpectedAbsence.partition == partition,
            ExpectedAbsence.void_reason.is_(None),
            ExpectedAbsence.since <= on,
            ExpectedAbsence.until >= on,
        )
        .order_by(ExpectedAbsence.until, ExpectedAbsence.id)
    )
    return {row.apprentice_id: row for row in rows if row.apprentice_id}


@dataclass(frozen=True)
class Noted:
    """A leave or a follow-up with who wrote it down; withdrawn ones included."""

    row: ExpectedAbsence | FollowUp
    who: str


def leave_of(apprentice: Apprentice) -> list[Noted]:
    """All leave of an apprentice, the latest first, withdrawn ones included."""
    rows = db.session.scalars(
        select(ExpectedAbsence).where(ExpectedAbsence.partition == apprentice.partition, ExpectedAbsence.apprentice_id == apprentice.id)
    )
    found = sorted(rows, key=lambda row: (row.since or date.max, row.id), reverse=True)
    return [Noted(row, name_of(row.by) or "?") for row in found]


def same_leave(apprentice: Apprentice, since: date, until: date, reason: str) -> ExpectedAbsence | None:
    """The leave of an apprentice that stands and says just this."""
    alike = {"partition": apprentice.partition, "apprentice_id": apprentice.id, "since": since, "until": until, "reason": reason}
    rows = select(ExpectedAbsence).filter_by(**alike, void_reason=None)
    return db.session.scalars(rows.order_by(ExpectedAbsence.id)).first()


# ---- follow-ups


def follow_ups_of(apprentice: Apprentice) -> list[Noted]:
    """All attempts to reach an apprentice, the latest first, withdrawn ones included."""
    rows = db.session.scalars(select(FollowUp).where(FollowUp.partition == apprentice.partition, FollowUp.apprentice_id == apprentice.id))
    found = sorted(rows, key=lambda row: (row.on or date.min, row.at or 0, row.id), reverse=True)
    return [Noted(row, name_of(row.by) or "?") for row in found]


def just_recorded(apprentice: Apprentice, about: Mapping[str, object], by: str, since_s: int) -> FollowUp | None:
    """The attempt of which a person wrote down just this, at the second `since_s` or later."""
    rows = select(FollowUp).filter_by(partition=apprentice.partition, apprentice_id=apprentice.id, void_reason=None, **about)
    return next((row for row in db.session.scalars(rows.order_by(FollowUp.id)) if row.by == by and (row.at or 0) >= since_s), None)


def last_follow_ups(partition: str) -> dict[str, FollowUp]:
    """The latest attempt that stands, by apprentice."""
    rows = db.session.scalars(select(FollowUp).where(FollowUp.partition == partition, FollowUp.void_reason.is_(None)))
    return {row.apprentice_id or "": row for row in sorted(rows, key=lambda row: (row.on or date.min, row.at or 0, row.id))}


def panel(actor: Actor, apprentice_id: str) -> tuple[list[Noted], list[Noted]]:
    """Leave that is not over and the latest attempts, for the apprentice's page, withdrawn ones included. Raises NotFound."""
    apprentice = apprentice_for(actor, apprentice_id)
    ahead = [each for each in leave_of(apprentice) if isinstance(each.row, ExpectedAbsence) and (each.row.until or date.max) >= today()]
    return ahead, follow_ups_of(apprentice)[:SHOWN]
