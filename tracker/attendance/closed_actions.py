"""What people decide about marks on days without training: nothing is thrown away, and all can be taken back."""

from collections.abc import Collection
from datetime import date

from tracker.attendance import closed_queries
from tracker.calendar import actions as calendar
from tracker.db import write
from tracker.policy import Actor


def decide(actor: Actor, partition: str, days: Collection[tuple[str, date]] | None, reason: str, *, decision: str | None) -> int:
    """Decide what the marks of days without training are, and return of how many days. All those that wait: `days` is None.

    days      cohort id and day; what does not wait for a decision (any more) is left as it is
    decision  None: taught anyway, so they count; calendar.queries.MISTAKE: entered by mistake, so they never do
    Raises NotFound, NotAllowed, NoReason.
    """
    with write(actor):
        waiting = [(each.cohort.id, each.on) for each in closed_queries.undecided(actor, partition)]
        return len(calendar.decide_days(actor, [key for key in waiting if days is None or key in days], reason, decision=decision))


def decide_again(actor: Actor, cohort_id: str, on: date, reason: str) -> None:
    """Take a decision back: the day waits for one again. Raises NotFound, NotAllowed, NoReason."""
    calendar.withdraw_taught_day(actor, cohort_id, on, reason)
