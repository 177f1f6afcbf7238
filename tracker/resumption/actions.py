"""What people do once it is open again: note that nobody answered, place the displaced elsewhere, send them back."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from tracker import clock
from tracker.attendance import absence_actions
from tracker.attendance.models import FollowUp
from tracker.calendar.ends import ends_in, PLACEMENT
from tracker.calendar.queries import calendar_for
from tracker.catchup import actions as catchup
from tracker.db import write
from tracker.employers.queries import employer_for
from tracker.i18n import _
from tracker.placements import actions as placements
from tracker.placements.models import Placement
from tracker.placements.queries import placement_for
from tracker.placements.rules import UnknownEmployer
from tracker.policy import Actor
from tracker.resumption import queries, rules

_DAY = timedelta(days=1)


def nobody_answered(actor: Actor, apprentice_id: str) -> FollowUp:
    """Write down that somebody called today and nobody answered. Raises NotFound, NotAllowed."""
    return absence_actions.record_follow_up(actor, apprentice_id, clock.today(), "call", "not_reached")


def place_elsewhere(actor: Actor, placement_ids: Sequence[str], employer_id: str, values: Mapping[str, object]) -> list[Placement]:
    """Give apprentices whose employers are closed a stand-in placement at another one, all or none; their own placements stay.

    values  starts_on, and what else of a placement is the same for all; without ends_on each lasts as long as his own
    Raises NotFound, NotAllowed, NobodyChosen, NotHalted, UnknownEmployer, HostClosed, and as `open_placement`.
    """
    if not placement_ids:
        raise rules.NobodyChosen
    with write(actor):
        rows = [placement_for(actor, each, "edit-placements") for each in dict.fromkeys(placement_ids)]
        partition, on = rows[0].partition, values.get("starts_on")
        host = employer_for(actor, employer_id)
        if host.partition != partition or any(row.partition != partition for row in rows):
            raise UnknownEmployer
        calendar = calendar_for(actor, partition)
        if isinstance(on, date) and calendar.workplace_closed(host, on):
            raise rules.HostClosed(employer=host.name or "?", on=on)
        waiting = {each.placement.id: each for each in queries.displaced(actor, partition)}
        return [_place(actor, row, waiting.get(row.id), {**values, "employer_id": employer_id}) for row in rows]


def _place(actor: Actor, row: Placement, each: queries.Displaced | None, values: Mapping[str, object]) -> Placement:
    on = values.get("starts_on")
    if each is None or not each.needs_place:
        raise rules.NotHalted(name=each.apprentice.full_name if each else "?")
    if each.stand_in and isinstance(on, date):  # its host has closed in its turn
        _end(actor, each.stand_in, on)
    values = {**values, "ends_on": values.get("ends_on") or ends_in(row.partition).of_placement(row)}
    return placements.open_placement(actor, row.partition, {**values, "apprentice_id": row.apprentice_id, "replaces_id": row.id})


def send_back(actor: Actor, placement_id: str, on: date) -> Placement:
    """Let an apprentice go back to his own employer, which is open again: the stand-in placement ends on the day before `on`.

    One that would not have begun by then is withdrawn.
    Raises NotFound, NotAllowed, HostClosed, NothingToEnd.
    """
    with write(actor):
        row = placement_for(actor, placement_id, "edit-placements")
        each = next((each for each in queries.displaced(actor, row.partition, row.apprentice_id) if each.placement is row), None)
        if each is None or each.stand_in is None:
            raise rules.NothingToEnd
        if calendar_for(actor, row.partition).workplace_closed(each.employer, on):
            raise rules.HostClosed(employer=each.employer.name or "?", on=on)
        _end(actor, each.stand_in, on)
        return row


def _end(actor: Actor, stand_in: Placement, on: date) -> None:
    """Let a stand-in placement end on the day before."""
    if stand_in.starts_on and stand_in.starts_on >= on:
        placements.void_placement(actor, stand_in.id, _("Not needed any more before it began"))
        return
    if extension := ends_in(stand_in.partition).extension(PLACEMENT, stand_in):
        catchup.withdraw_extension(actor, extension.id, _("The placement that it stood in for goes on"))
    placements.end_placement(actor, stand_in.id, on - _DAY)
