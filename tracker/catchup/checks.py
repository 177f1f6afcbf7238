"""What may be written down of catching up: the checks, each with its named error. Pure."""

from datetime import date
from typing import Final

from tracker.catchup.rules import Kind, KINDS, Way
from tracker.errors import DomainError, N_

MOST_MINUTES: Final = 12 * 60  # of a Saturday, or added to a day: what is beyond was mistyped
LONGEST_PACK: Final = 1000 * 60
NO_DATE: Final = N_("Enter a date.")
NEAR: Final = 5 * 366  # days; a plan reaches over years, a mistyped year over centuries


class NoWay(DomainError):
    """A choice without a way in it."""

    code, status = "catchup.no_way", 422
    sentence = N_("Choose at least one way of catching up.")


class NoMinutes(DomainError):
    """Longer days need to be told how much longer."""

    code, status = "catchup.no_minutes", 422
    sentence = N_("Say how much longer each day is: 2 or 1:30, at most 12 hours.")


class EndsBeforeItBegins(DomainError):
    """The last day lies before the first."""

    code, status = "catchup.ends_before_it_begins", 422
    sentence = N_("The last day cannot be before %(since)s, the first day.")


class FarDate(DomainError):
    """Most likely a wrong year."""

    code, status = "catchup.far_date", 422
    sentence = N_("%(on)s is too far away. Check the year.")


class NoReason(DomainError):
    """Nothing is withdrawn without saying why."""

    code, status = "catchup.no_reason", 422
    sentence = N_("Say why.")


class AlreadyWithdrawn(DomainError):
    """It does not stand any more."""

    code, status = "catchup.already_withdrawn", 409
    sentence = N_("This was withdrawn before.")


class NoEnd(DomainError):
    """What has no planned end cannot end later."""

    code, status = "catchup.no_end", 422
    sentence = N_("No last day is known of %(name)s. Enter it first: there is nothing to move.")


class NotLater(DomainError):
    """A new end has to be after the first day."""

    code, status = "catchup.not_later", 422
    sentence = N_("The new end of %(name)s has to be after %(ends_on)s, the original end.")


class PlacedNext(DomainError):
    """Nobody works at two employers at once."""

    code, status = "catchup.placed_next", 409
    sentence = N_("%(name)s begins another placement on %(starts_on)s. Move that one first, or end this one before it.")


class NothingToMove(DomainError):
    """No new end was given."""

    code, status = "catchup.nothing_to_move", 422
    sentence = N_("Enter at least one new end.")


class NoTitle(DomainError):
    """A pack without a name."""

    code, status = "catchup.no_title", 422
    sentence = N_("Give the pack a name, so that everybody knows which one is meant.")


class NoPackHours(DomainError):
    """A pack worth nothing would pay no debt."""

    code, status = "catchup.no_pack_hours", 422
    sentence = N_("Say how many hours of training the pack is worth.")


class NotOfCohort(DomainError):
    """Packs are given to a cohort."""

    code, status = "catchup.not_of_cohort", 422
    sentence = N_("This apprentice does not belong to the cohort that was given the pack.")


def check_way(way: Way, today: date) -> Way:
    """The way; raises NoWay for an unknown kind, NoMinutes, EndsBeforeItBegins, FarDate."""
    if way.kind not in KINDS:
        raise NoWay
    if way.kind == Kind.LONGER_DAYS and not way.minutes:
        raise NoMinutes
    if way.minutes is not None and not 0 < way.minutes <= MOST_MINUTES:
        raise NoMinutes
    for on in (way.since, way.until):
        if on is not None:
            check_near(on, today)
    if way.until is not None and way.until < way.since:
        raise EndsBeforeItBegins(since=way.since)
    return way


def check_near(on: date, today: date) -> None:
    """Raise FarDate for what is most likely a wrong year."""
    if abs((on - today).days) > NEAR:
        raise FarDate(on=on)


def check_reason(reason: str) -> str:
    """The reason without its outer spaces; raises NoReason when nothing is left."""
    if not reason.strip():
        raise NoReason
    return reason.strip()


def check_pack(title: str, minutes: int | None) -> str:
    """The name of a pack; raises NoTitle, NoPackHours."""
    if not title.strip():
        raise NoTitle
    if minutes is None or not 0 < minutes <= LONGEST_PACK:
        raise NoPackHours
    return title.strip()


def check_end(original: date | None, ends_on: date, today: date, name: str) -> None:
    """Raise NoEnd, NotLater or FarDate unless this end may be moved there."""
    if original is None:
        raise NoEnd(name=name)
    if ends_on <= original:
        raise NotLater(name=name, ends_on=original)
    check_near(ends_on, today)


def check_free(ends_on: date, next_begin: date | None, name: str) -> None:
    """Raise PlacedNext where a placement would reach into the next one, which begins on `next_begin`."""
    if next_begin is not None and next_begin <= ends_on:
        raise PlacedNext(name=name, starts_on=next_begin)
