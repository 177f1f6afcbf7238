"""What people do to make up lost time: announce ways, end or withdraw them, move ends, give packs and take them back."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from tracker import clock
from tracker.attendance import sheet_queries
from tracker.calendar.ends import ends_in
from tracker.calendar.models import CatchUp, Extension
from tracker.catchup import checks, queries, rules
from tracker.catchup.models import RemotePack, RemotePackReturn
from tracker.catchup.rules import Way
from tracker.db import add_once, said_already, void, write
from tracker.placements import queries as placements
from tracker.policy import Actor

# ---- ways of catching up


def announce(actor: Actor, cohort_id: str, ways: Sequence[Way], *, authority: str = "", reference: str = "") -> list[CatchUp]:
    """Announce one or several ways of catching up for a cohort, in one step.

    Raises NotFound, NotAllowed, NoWay, NoMinutes, EndsBeforeItBegins, FarDate.
    """
    with write(actor):
        cohort = queries.cohort_for(actor, cohort_id, "close")
        if not ways:
            raise checks.NoWay
        rows = []
        for way in ways:
            checks.check_way(way, clock.today())
            minutes = None if way.kind == rules.Kind.NO_BREAK else way.minutes
            rows.append(
                CatchUp(
                    partition=cohort.partition,
                    cohort_id=cohort.id,
                    kind=str(way.kind),
                    since=way.since,
                    until=way.until,
                    minutes=minutes,
                    authority=authority.strip() or None,
                    reference=reference.strip() or None,
                )
            )
        return [add_once(row) for row in rows]


def end_way(actor: Actor, catch_up_id: str, last_day: date, reason: str) -> CatchUp:
    """Let a way end on `last_day`, its last day, before its time: what was done until then counts.

    A last day before the first withdraws it. Raises NotFound, NotAllowed, NoReason, AlreadyWithdrawn, FarDate.
    """
    with write(actor):
        row = queries.catch_up_for(actor, catch_up_id, "close")
        reason = checks.check_reason(reason)
        if row.void_reason is not None:
            raise checks.AlreadyWithdrawn
        checks.check_near(last_day, clock.today())
        if row.since is not None and last_day < row.since:
            return withdraw_way(actor, catch_up_id, reason)
        row.until, row.end_reason = last_day, reason
        return row


def withdraw_way(actor: Actor, catch_up_id: str, reason: str) -> CatchUp:
    """Say that a way was never carried out: nothing of it counts, and it stays to be read. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        row = queries.catch_up_for(actor, catch_up_id, "close")
        void(row, checks.check_reason(reason))
        return row


def restore_way(actor: Actor, catch_up_id: str) -> CatchUp:
    """Take a withdrawal back. Raises NotFound, NotAllowed."""
    with write(actor):
        row = queries.catch_up_for(actor, catch_up_id, "close")
        void(row, None)
        return row


# ---- new planned ends


def move_ends(
    actor: Actor,
    cohort_id: str,
    cohort_end: date | None,
    placement_ends: Mapping[str, date],
    announced_on: date,
    *,
    closure_id: str | None = None,
    note: str = "",
) -> list[Extension]:
    """Announce new planned ends of a cohort and of placements of its apprentices, in one step; the original ends stay.

    cohort_end      None: the cohort's stays
    placement_ends  by id of the placement
    closure_id      the closure that they answer, if one
    Raises NotFound, NotAllowed, NothingToMove, NoEnd, NotLater, PlacedNext, FarDate.
    """
    with write(actor) as session:
        cohort = queries.cohort_for(actor, cohort_id, "edit-placements")
        if cohort_end is None and not placement_ends:
            raise checks.NothingToMove
        today = clock.today()
        checks.check_near(announced_on, today)
        about = {"announced_on": announced_on, "closure_id": closure_id or None, "note": note.strip() or None}
        rows = []
        if cohort_end is not None:
            checks.check_end(sheet_queries.original_end(cohort), cohort_end, today, cohort.name or "?")
            rows.append(Extension(partition=cohort.partition, cohort_id=cohort.id, ends_on=cohort_end, **about))
        for placement_id, ends_on in placement_ends.items():
            placement = placements.placement_for(actor, placement_id, "edit-placements")
            apprentice = placements.apprentice_of(placement)
            name = apprentice.full_name if apprentice else "?"
            checks.check_end(placement.ends_on, ends_on, today, name)
            checks.check_free(ends_on, queries.next_begin(placement), name)
            rows.append(Extension(partition=placement.partition, placement_id=placement.id, ends_on=ends_on, **about))
        # Only one that holds is said twice: whoever goes back to an earlier end says it anew.
        held = ends_in(cohort.partition).by_subject.values()
        again = {row: known for row in rows for known in said_already(row) if known in held}
        session.add_all(row for row in rows if row not in again)
        return [again.get(row, row) for row in rows]


def withdraw_extension(actor: Actor, extension_id: str, reason: str) -> Extension:
    """Say that an end was not moved after all: the one before holds again. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        row = queries.extension_for(actor, extension_id, "edit-placements")
        void(row, checks.check_reason(reason))
        return row


def restore_extension(actor: Actor, extension_id: str) -> Extension:
    """Take a withdrawal back. Raises NotFound, NotAllowed."""
    with write(actor):
        row = queries.extension_for(actor, extension_id, "edit-placements")
        void(row, None)
        return row


# ---- remote packs


def give_pack(actor: Actor, cohort_id: str, title: str, minutes: int | None, given_on: date) -> RemotePack:
    """Write down that a cohort was given a pack of work to take home.

    minutes  of training that it is worth once it is brought back
    Raises NotFound, NotAllowed, NoTitle, NoPackHours, FarDate.
    """
    with write(actor):
        cohort = queries.cohort_for(actor, cohort_id, "mark")
        title = checks.check_pack(title, minutes)
        checks.check_near(given_on, clock.today())
        pack = RemotePack(partition=cohort.partition, cohort_id=cohort.id, title=title, given_on=given_on, minutes=minutes)
        return add_once(pack)


def withdraw_pack(actor: Actor, pack_id: str, reason: str) -> RemotePack:
    """Say that a pack was never given; it pays no debt any more. Raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        pack = queries.pack_to_mark(actor, pack_id)
        void(pack, checks.check_reason(reason))
        return pack


def restore_pack(actor: Actor, pack_id: str) -> RemotePack:
    """Take a withdrawal back. Raises NotFound, NotAllowed."""
    with write(actor):
        pack = queries.pack_to_mark(actor, pack_id)
        void(pack, None)
        return pack


def mark_returned(actor: Actor, pack_id: str, apprentice_id: str, returned_on: date | None) -> RemotePackReturn:
    """Write down that an apprentice brought a pack back; None takes it back. Raises NotFound, NotAllowed, NotOfCohort, AlreadyWithdrawn."""
    with write(actor) as session:
        pack = queries.pack_to_mark(actor, pack_id)
        if apprentice_id not in queries.holders(actor, pack):
            raise checks.NotOfCohort
        return _return(session, pack, apprentice_id, returned_on)


def mark_all_returned(actor: Actor, pack_id: str, returned_on: date) -> int:
    """Write down that everybody who is enrolled now and had not brought a pack back has done so; gives how many that were.

    Raises NotFound, NotAllowed, AlreadyWithdrawn.
    """
    with write(actor) as session:
        pack = queries.pack_to_mark(actor, pack_id)
        missing = queries.not_returned(actor, pack)
        for apprentice_id in missing:
            _return(session, pack, apprentice_id, returned_on)
        return len(missing)


def _return(session: Session, pack: RemotePack, apprentice_id: str, returned_on: date | None) -> RemotePackReturn:
    if pack.void_reason is not None:
        raise checks.AlreadyWithdrawn
    row = session.get(RemotePackReturn, {"partition": pack.partition, "pack_id": pack.id, "apprentice_id": apprentice_id})
    if row is None:
        row = RemotePackReturn(partition=pack.partition, pack_id=pack.id, apprentice_id=apprentice_id, returned_on=returned_on)
        session.add(row)
    elif row.returned_on is None or returned_on is None:
        row.returned_on = returned_on
    return row
