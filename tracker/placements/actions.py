"""What people do with placements: open, correct, end, suspend, resume, set the roster, withdraw."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select

from tracker.calendar.ends import ends_in
from tracker.db import apply_form, db, void, write
from tracker.employers.models import Employer
from tracker.people.models import Apprentice
from tracker.placements import queries, rules
from tracker.placements.models import Placement, Roster, Suspension
from tracker.policy import Actor, check

FIELDS = (
    "apprentice_id",
    "employer_id",
    "starts_on",
    "ends_on",
    "supervisor",
    "department",
    "contract_signed_on",
    "contract_registered_on",
    "allowance_tzs",
    "insurer",
    "replaces_id",
)


def open_placement(actor: Actor, partition: str, values: Mapping[str, object]) -> Placement:
    """Place an apprentice at an employer.

    values  fields of the placement; apprentice_id, employer_id and starts_on are needed
    Raises NotAllowed, UnknownApprentice, UnknownEmployer, NoStart, EndsBeforeStart, AlreadyPlaced.
    """
    with write(actor) as session:
        check(actor, "edit-placements", partition)
        placement = Placement(partition=partition, **{name: values[name] for name in FIELDS if name in values})
        _check(placement)
        session.add(placement)
        return placement


def correct_placement(actor: Actor, placement_id: str, values: Mapping[str, object], seen: str | None) -> Placement:
    """Change what was changed on the form. Raises NotFound, NotAllowed, and as `open_placement`."""
    with write(actor):
        placement = queries.placement_for(actor, placement_id, "edit-placements")
        apply_form(placement, {name: values[name] for name in FIELDS if name in values}, seen)
        with db.session.no_autoflush:
            _check(placement)
        return placement


def _check(placement: Placement) -> None:
    partition = placement.partition
    if not placement.apprentice_id or db.session.get(Apprentice, {"partition": partition, "id": placement.apprentice_id}) is None:
        raise rules.UnknownApprentice
    if not placement.employer_id or db.session.get(Employer, {"partition": partition, "id": placement.employer_id}) is None:
        raise rules.UnknownEmployer
    starts_on, ends = rules.check_span(placement.starts_on, placement.ends_on), ends_in(partition)
    others = db.session.scalars(
        select(Placement).where(
            Placement.partition == partition, Placement.apprentice_id == placement.apprentice_id, Placement.void_reason.is_(None)
        )
    )
    for other in others:
        if other.id == placement.id or other.starts_on is None:
            continue
        # A placement pauses while another one stands in for it, so that these two never expect him on one day.
        if other.id == placement.replaces_id or (other.replaces_id and other.replaces_id == placement.id):
            continue
        if rules.overlap((starts_on, ends.of_placement(placement)), (other.starts_on, ends.of_placement(other))):
            employer = queries.employer_of(other)
            raise rules.AlreadyPlaced(employer=(employer.name if employer else None) or "?", starts_on=other.starts_on)


def end_placement(actor: Actor, placement_id: str, on: date) -> Placement:
    """End a placement; `on` is the last day. Raises NotFound, NotAllowed, EndsBeforeStart, AlreadyPlaced."""
    return correct_placement(actor, placement_id, {"ends_on": on}, None)


def void_placement(actor: Actor, placement_id: str, reason: str) -> Placement:
    """Say that a placement never was; raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        placement = queries.placement_for(actor, placement_id, "edit-placements")
        void(placement, rules.check_reason(reason))
        return placement


def restore_placement(actor: Actor, placement_id: str) -> Placement:
    """Take the withdrawal of a placement back; raises NotFound, NotAllowed, AlreadyPlaced."""
    with write(actor):
        placement = queries.placement_for(actor, placement_id, "edit-placements")
        _check(placement)
        void(placement, None)
        return placement


def suspend_placement(actor: Actor, placement_id: str, since: date, reason: str, until: date | None = None) -> Suspension:
    """Suspend a placement from `since` to `until`, both included; None: until somebody resumes it.

    reason  a code of `rules.REASONS`
    Raises NotFound, NotAllowed, AlreadySuspended, SuspendsOutside.
    """
    with write(actor) as session:
        placement = queries.placement_for(actor, placement_id, "edit-placements")
        paused = queries.pauses(queries.suspensions(placement))
        rules.check_can_suspend(placement.starts_on, ends_in(placement.partition).of_placement(placement), paused, since, until)
        suspension = Suspension(partition=placement.partition, placement_id=placement.id, since=since, until=until, reason=reason)
        session.add(suspension)
        return suspension


def resume_placement(actor: Actor, placement_id: str, on: date) -> Suspension:
    """End the suspension in force; `on` is the first day back. Raises NotFound, NotAllowed, NotSuspended."""
    with write(actor):
        placement = queries.placement_for(actor, placement_id, "edit-placements")
        rows = queries.suspensions(placement)
        in_force = [row for row in rows if any(rules.covers(pause, on) for pause in queries.pauses([row]))]
        if not in_force:
            raise rules.NotSuspended
        for row in in_force:
            row.until = on - timedelta(days=1)
        return in_force[0]


def withdraw_suspension(actor: Actor, suspension_id: str, reason: str) -> Suspension:
    """Say that a suspension never was; raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        suspension = queries.suspension_for(actor, suspension_id, "edit-placements")
        void(suspension, rules.check_reason(reason))
        return suspension


def set_roster(actor: Actor, placement_id: str, since: date, weekdays: str, minutes: int | None) -> Roster:
    """Say on which days and how long a placement works from a date on; days before keep the roster that was set for them.

    weekdays  "1" = Monday .. "7" = Sunday
    Raises NotFound, NotAllowed, RosterOutside, NoWorkdays, NoHours.
    """
    with write(actor) as session:
        placement = queries.placement_for(actor, placement_id, "edit-placements")
        rules.check_roster(placement.starts_on, ends_in(placement.partition).of_placement(placement), since, weekdays, minutes)
        row = next((each for each in queries.rosters(placement) if each.since == since and each.void_reason is None), None)
        if row is None:
            row = Roster(partition=placement.partition, placement_id=placement.id, since=since)
            session.add(row)
        row.weekdays, row.minutes = "".join(sorted(set(weekdays))), minutes
        return row


def withdraw_roster(actor: Actor, roster_id: str, reason: str) -> Roster:
    """Say that a roster never was; raises NotFound, NotAllowed, NoReason."""
    with write(actor):
        roster = queries.roster_for(actor, roster_id, "edit-placements")
        void(roster, rules.check_reason(reason))
        return roster
