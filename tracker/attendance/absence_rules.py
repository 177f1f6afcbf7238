"""What may be written down of leave and of follow-ups. Pure."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from tracker.errors import DomainError, N_

# Longer is a mistyped year: whoever stays away longer has left, or is suspended.
LONGEST_LEAVE: Final = timedelta(days=366)
# Nobody calls twice within a minute with the same result, but a slow computer makes people press twice.
AGAIN_S: Final = 60
MEANS: Final = ("call", "message", "visit")
OUTCOMES: Final = ("reached", "not_reached", "wrong_number", "promised", "left")


class LeaveBackwards(DomainError):
    """Leave that ends before it begins."""

    code, status = "attendance.leave_backwards", 422
    sentence = N_("The last day of the leave cannot be before %(since)s, its first day.")


class LeaveTooLong(DomainError):
    """Leave of more than a year."""

    code, status = "attendance.leave_too_long", 422
    sentence = N_("Leave of more than a year cannot be entered. Check the years.")


class LeaveFarAway(DomainError):
    """Leave of another year: it would stand as a hint in no register that anybody is about to take."""

    code, status = "attendance.leave_far_away", 422
    sentence = N_("This leave begins more than a year from today. Check the years.")


class AheadOfToday(DomainError):
    """A call that nobody can have made yet."""

    code, status = "attendance.follow_up_ahead", 422
    sentence = N_("This day is yet to come. Enter the day on which you tried to reach the apprentice.")


class PromisedTooEarly(DomainError):
    """Somebody said to come on a day before he was asked."""

    code, status = "attendance.promised_too_early", 422
    sentence = N_("The day on which the apprentice will come cannot be before %(on)s, the day of the call.")


class PromisedTooLate(DomainError):
    """A promise for a day that is more than a year away."""

    code, status = "attendance.promised_too_late", 422
    sentence = N_("The day on which the apprentice will come is more than a year away. Check the year.")


class UnknownChoice(DomainError):
    """A means or an outcome that no list has; only synced rows may carry one."""

    code, status = "attendance.unknown_choice", 422
    sentence = N_("Choose one from the list.")


class SayWhy(DomainError):
    """Nothing is withdrawn without a reason."""

    code, status = "attendance.say_why", 422
    sentence = N_("Say why. Nothing is withdrawn without a reason.")


def check_leave(since: date, until: date, today: date) -> None:
    """Both days belong to the leave. Raises LeaveBackwards, LeaveTooLong, LeaveFarAway."""
    if until < since:
        raise LeaveBackwards(since=since)
    if until - since > LONGEST_LEAVE:
        raise LeaveTooLong
    if abs(since - today) > LONGEST_LEAVE:
        raise LeaveFarAway


def check_follow_up(on: date, means: str, outcome: str, today: date, expected_on: date | None = None) -> None:
    """Raises AheadOfToday, UnknownChoice, PromisedTooEarly, PromisedTooLate."""
    _check_among(means, MEANS)
    _check_among(outcome, OUTCOMES)
    if on > today:
        raise AheadOfToday
    if expected_on is not None and expected_on < on:
        raise PromisedTooEarly(on=on)
    if expected_on is not None and expected_on - on > LONGEST_LEAVE:
        raise PromisedTooLate


def _check_among(code: str, known: Collection[str]) -> None:
    if code not in known:
        raise UnknownChoice


def check_reason(reason: str) -> str:
    """The reason without spaces around it; raises SayWhy."""
    if not reason.strip():
        raise SayWhy
    return reason.strip()
