"""Saving the taps of phones: each once, each in a transaction of its own, each stamped with its own time."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.orm import Session

from tracker import clock, replication
from tracker.attendance import actions, queries, taps
from tracker.attendance.models import Mark, SavedTap
from tracker.attendance.rules import Act, Entry
from tracker.attendance.taps import Tap
from tracker.db import dot_of, write
from tracker.policy import Actor

# Longer than a tap can wait: its age ends at thirty days.
KEPT_FOR = timedelta(days=40)


class Saved(NamedTuple):
    """What became of a tap.

    state  saved, already (it came before), conflict (saved beside what somebody else marked meanwhile)
    act    what can be undone, also of one that came before; None where nothing changed
    """

    state: str
    act: Act | None = None


def save_tap(actor: Actor, tap: Tap) -> Saved:
    """Save a tap of the actor's own, at the second at which it was made.

    Raises NotYourTap, NotFound, NotAllowed, UnknownStatus, NotYet.
    """
    if tap.by != actor.id:
        raise taps.NotYourTap
    with write(actor, at=taps.tapped_at(clock.now_s(), tap.age_s)) as session:
        before = session.get(SavedTap, tap.id)
        if before is not None:
            return Saved("already", Act.read(before.act))
        saved, made = (_save_rest if tap.rest else _save_one)(session, actor, tap)
        session.execute(delete(SavedTap).where(SavedTap.kept_on < clock.today() - KEPT_FOR))
        session.add(SavedTap(id=tap.id, act=str(made or ""), kept_on=clock.today()))
        return saved


def _save_rest(_session: Session, actor: Actor, tap: Tap) -> tuple[Saved, Act | None]:
    act = actions.mark_remaining_present(actor, tap.cohort_id, tap.on, tap.slot, only=tap.rest)
    return Saved("saved", act), act


def _save_one(session: Session, actor: Actor, tap: Tap) -> tuple[Saved, Act | None]:
    cohort = queries.cohort_to_mark(actor, tap.cohort_id)
    row = queries.mark_of(cohort, tap.apprentice_id, tap.on, tap.slot)
    stood = dot_of(row, "mark") if row else None
    seen = _seen(session, tap, stood)
    act = actions.save_marks(actor, tap.cohort_id, tap.on, tap.slot, {tap.apprentice_id: Entry(tap.status, seen)})
    row = row or queries.mark_of(cohort, tap.apprentice_id, tap.on, tap.slot)
    own = _own_head(row, actor, session.info["at"]) if row and seen != (stood or "") else None
    stands = own or (dot_of(row, "mark") if row else None)
    return Saved("conflict" if own else "saved", act), Act.of([stands])


def _seen(session: Session, tap: Tap, stood: str | None) -> str:
    """What was before the person's eyes: the page's token, or what the own tap before it has made since."""
    before = session.get(SavedTap, tap.after) if tap.after else None
    act = Act.read(before.act) if before else None
    if act is None:
        return tap.seen
    if act.made(stood):
        return stood or ""
    return f"{act.minter}-{act.first}" if act.first == act.last else tap.seen


def _own_head(row: Mark, actor: Actor, at: int) -> str | None:
    """The dot under which a tap stands beside what it had not seen; None where nothing is in dispute."""
    versions = [version for conflict in replication.conflicts_of(row) for version in conflict.versions]
    return next((version.dot for version in versions if version.by == actor.id and version.at == at), None)
