"""Entering what stands on paper: a cohort's week, whole or not at all."""

from collections.abc import Collection, Mapping
from datetime import date

from tracker.attendance import actions
from tracker.attendance.paper import Box, Entered
from tracker.attendance.rules import Entry
from tracker.db import write
from tracker.policy import Actor

PAPER = "paper"


def save_week(actor: Actor, cohort_id: str, entered: Mapping[Box, Entered], rest: Mapping[tuple[date, str], Collection[str]]) -> None:
    """Save the boxes of a sheet; a register that is complete then counts as taken, from paper.

    rest  day and slot -> ids of those on the sheet: whoever of them is still unmarked and expected was present
    Raises NotFound, NotAllowed, UnknownStatus, NotYet.
    """
    with write(actor):
        for on, slot in sorted({(box.on, box.slot) for box in entered} | rest.keys()):
            entries = {
                box.apprentice_id: Entry(each.value.status, each.seen) for box, each in entered.items() if (box.on, box.slot) == (on, slot)
            }
            if entries:
                actions.save_marks(actor, cohort_id, on, slot, entries, method=PAPER)
            if (on, slot) in rest:
                actions.mark_remaining_present(actor, cohort_id, on, slot, only=rest[on, slot], method=PAPER)
