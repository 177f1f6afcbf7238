"""Writing down leave and follow-ups, withdrawing them, and excusing several in one act: those on leave, or as on the day before."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from tracker import clock
from tracker.attendance import absence_queries, absence_rules, actions, queries, rules
from tracker.attendance.models import ExpectedAbsence, FollowUp
from tracker.attendance.rules import Act, Entry, MarkValue
from tracker.db import void, write
from tracker.policy import Actor

NO_ENTRIES: Final[Mapping[str, Entry]] = {}


def enter_leave(actor: Actor, apprentice_id: str, since: date, until: date, reason: str) -> ExpectedAbsence:
    """Write down leave from `since` to `until`, both included. It marks nobody; a person excuses in the register.

    The same leave once more, as a second press on the button sends it, is that which stands already.

    reason  a code of `excuse_reasons`, or words
    Raises NotFound, NotAllowed, LeaveBackwards, LeaveTooLong, LeaveFarAway.
    """
    absence_rules.check_leave(since, until, clock.today())
    with write(actor) as session:
        apprentice = absence_queries.apprentice_to_attend(actor, apprentice_id)
        if again := absence_queries.same_leave(apprentice, since, until, reason):
            return again
        leave = ExpectedAbsence(partition=apprentice.partition, apprentice_id=apprentice.id, since=since, until=until, reason=reason)
        session.add(leave)
        return leave


def withdraw_leave(actor: Actor, leave_id: str, reason: str) -> ExpectedAbsence:
    """Say that leave was not given after all; marks made by it stay. Raises NotFound, NotAllowed, SayWhy."""
    with write(actor):
        leave = absence_queries.leave_to_change(actor, leave_id)
        void(leave, absence_rules.check_reason(reason))
        return leave


def record_follow_up(
    actor: Actor, apprentice_id: str, on: date, means: str, outcome: str, note: str | None = None, expected_on: date | None = None
) -> FollowUp:
    """Write down an attempt to reach an apprentice or his guardian, and what came of it; a second press on the button writes nothing.

    means, outcome  codes of `follow_up_means` and `follow_up_outcomes`
    expected_on     the day on which the apprentice said to come
    Raises NotFound, NotAllowed, AheadOfToday, UnknownChoice, PromisedTooEarly, PromisedTooLate.
    """
    absence_rules.check_follow_up(on, means, outcome, clock.today(), expected_on)
    with write(actor) as session:
        apprentice = absence_queries.apprentice_to_attend(actor, apprentice_id)
        about = {"on": on, "means": means, "outcome": outcome, "expected_on": expected_on, "note": note}
        if again := absence_queries.just_recorded(apprentice, about, actor.id, clock.now_s() - absence_rules.AGAIN_S):
            return again
        found = FollowUp(partition=apprentice.partition, apprentice_id=apprentice.id, **about)
        session.add(found)
        return found


def withdraw_follow_up(actor: Actor, follow_up_id: str, reason: str) -> FollowUp:
    """Say that an attempt was not made, or was of somebody else. Raises NotFound, NotAllowed, SayWhy."""
    with write(actor):
        follow_up = absence_queries.follow_up_to_change(actor, follow_up_id)
        void(follow_up, absence_rules.check_reason(reason))
        return follow_up


# ---- excusing together


class Excuse(StrEnum):
    """Whom one act excuses: those on leave, or those who were excused on the cohort's training day before."""

    LEAVE = "leave"
    AS_BEFORE = "as-before"


def excuse(actor: Actor, cohort_id: str, on: date, slot: str, whom: Excuse, entries: Mapping[str, Entry] = NO_ENTRIES) -> Act | None:
    """Save what a page sends, then excuse those who are expected and still unmarked, with the reasons of leave or day before.

    Gives the act to undo, all in one. Raises NotFound, NotAllowed, UnknownStatus, NotYet.
    """
    rules.check_mark(rules.UNMARKED, slot)
    with write(actor) as session:
        saved = actions.save_marks(actor, cohort_id, on, slot, entries)
        cohort = queries.cohort_to_mark(actor, cohort_id)
        is_leave = whom is Excuse.LEAVE
        reasons = queries.reasons_of_leave(cohort, on) if is_leave else queries.excused_before(actor, cohort, on, slot)
        values = {each: MarkValue("excused", reason=reasons[each]) for each in queries.missing(actor, cohort, on, slot) if each in reasons}
        return Act.joined([saved, actions.put_all(session, actor, cohort, on, slot, values)])
