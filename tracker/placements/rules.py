"""When a placement stands, what suspends it, and what decent work asks of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from tracker.calendar.rules import ClosureFact
from tracker.errors import DomainError, N_, Problem
from tracker.hours import DAY_MINUTES, NoHours

ADULT_AGE: Final = 18
LEAST_AGE: Final = 14
FEWEST_DEPARTMENTS: Final = 3
WEEKDAYS: Final = "1234567"  # 1 = Monday
NO_DATE: Final = N_("Enter a date.")

# Why a person suspends a placement; closures suspend by themselves.
REASONS: Final = {
    "employer": N_("The employer asked for it"),
    "illness": N_("Illness or injury"),
    "family": N_("Family matter"),
    "exam": N_("Examinations at the centre"),
    "unsafe": N_("Harassment or unsafe work"),
    "contract": N_("Contract or allowance not in order"),
    "other": N_("Other reason"),
}
STAND_IN: Final = "stand-in"  # why a placement pauses by itself while another one stands in for it


class StateKind(StrEnum):
    """What a placement is on a day."""

    NOT_STARTED = "not-started"
    OPEN = "open"
    SUSPENDED = "suspended"
    ENDED = "ended"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension that a person decided, both days included; `until` is None while it lasts."""

    since: date
    until: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """What a placement is on a day, and why.

    closures  in force at the employer, by begin; what suspends it, if anything here
    pause     the suspension that a person decided, if one is in force
    """

    kind: StateKind
    closures: tuple[ClosureFact, ...] = ()
    pause: Pause | None = None

    @property
    def is_open(self) -> bool:
        """Whether the apprentice is expected at the workplace."""
        return self.kind == StateKind.OPEN


@dataclass(frozen=True, slots=True)
class Terms:
    """What decent work asks about.

    others_on_start  how many other apprentices are placed with the employer on the first day
    departments      how many the employer has named; None: it has named none
    """

    starts_on: date | None
    birth_date: date | None = None
    supervisor: str | None = None
    contract_signed_on: date | None = None
    capacity: int | None = None
    others_on_start: int = 0
    departments: int | None = None


class UnknownApprentice(DomainError):
    """No such apprentice in this centre."""

    code, status = "placement.unknown_apprentice", 422
    sentence = N_("Choose an apprentice of this centre.")


class UnknownEmployer(DomainError):
    """No such employer in this centre."""

    code, status = "placement.unknown_employer", 422
    sentence = N_("Choose an employer of this centre.")


class NoStart(DomainError):
    """A placement without a first day."""

    code, status = "placement.no_start", 422
    sentence = N_("Enter the first day at the employer.")


class EndsBeforeStart(DomainError):
    """The last day lies before the first."""

    code, status = "placement.ends_before_start", 422
    sentence = N_("The last day cannot be before %(starts_on)s, the first day.")


class AlreadyPlaced(DomainError):
    """Nobody works at two employers at once."""

    code, status = "placement.already_placed", 409
    sentence = N_("The apprentice is already placed at %(employer)s from %(starts_on)s. End that placement first.")


class AlreadySuspended(DomainError):
    """The placement has a suspension still in force."""

    code, status = "placement.already_suspended", 409
    sentence = N_("This placement has been suspended since %(since)s.")


class SuspendsOutside(DomainError):
    """A suspension before the placement starts or after it ends."""

    code, status = "placement.suspends_outside", 422
    sentence = N_("The date lies outside the placement.")


class NotSuspended(DomainError):
    """There is no suspension to end."""

    code, status = "placement.not_suspended", 409
    sentence = N_("Nobody has suspended this placement on that day. A closure ends when the employer reopens.")


class RosterOutside(DomainError):
    """A roster that begins when the placement does not stand."""

    code, status = "placement.roster_outside", 422
    sentence = N_("The date lies outside the placement.")


class NoWorkdays(DomainError):
    """A roster without a day."""

    code, status = "placement.no_workdays", 422
    sentence = N_("Choose at least one day of the week.")


class NoReason(DomainError):
    """Nothing is withdrawn without saying why."""

    code, status = "placement.no_reason", 422
    sentence = N_("Say why.")


def state_on(
    on: date,
    starts_on: date | None,
    ends_on: date | None,
    pauses: Iterable[Pause] = (),
    closures: Iterable[ClosureFact] = (),
    *,
    is_void: bool = False,
) -> State:
    """What a placement is on a day; a closure of the employer or a pause suspends it."""
    if is_void:
        return State(StateKind.VOID)
    if starts_on is None or on < starts_on:
        return State(StateKind.NOT_STARTED)
    if ends_on is not None and on > ends_on:
        return State(StateKind.ENDED)
    in_force = tuple(closures)
    pause = min((each for each in pauses if covers(each, on)), key=lambda each: (each.since, each.reason), default=None)
    return State(StateKind.SUSPENDED if in_force or pause else StateKind.OPEN, in_force, pause)


def covers(pause: Pause, on: date) -> bool:
    """Whether a pause is in force on a day."""
    return pause.since <= on and (pause.until is None or on <= pause.until)


def overlap(first: tuple[date, date | None], second: tuple[date, date | None]) -> bool:
    """Whether two spans share a day; None as an end: it lasts."""
    return first[0] <= (second[1] or date.max) and second[0] <= (first[1] or date.max)


def check_span(starts_on: date | None, ends_on: date | None) -> date:
    """The first day; raises NoStart, EndsBeforeStart."""
    if starts_on is None:
        raise NoStart
    if ends_on is not None and ends_on < starts_on:
        raise EndsBeforeStart(starts_on=starts_on)
    return starts_on


def check_can_suspend(starts_on: date | None, ends_on: date | None, pauses: Iterable[Pause], since: date, until: date | None) -> None:
    """Raise SuspendsOutside or AlreadySuspended."""
    if starts_on is None or since < starts_on or since > (ends_on or date.max) or (until is not None and until < since):
        raise SuspendsOutside
    for pause in pauses:
        # A pause that was lifted on its own first day lasts no day, and stands in nobody's way.
        if pause.until is not None and pause.until < pause.since:
            continue
        if overlap((since, until), (pause.since, pause.until)):
            raise AlreadySuspended(since=pause.since)


# ---- rosters


@dataclass(frozen=True, slots=True)
class Hours:
    """A roster that stands: the days of a week and the minutes a day, from a date on.

    weekdays  0 = Monday, as in `date.weekday()`
    """

    since: date
    weekdays: frozenset[int]
    minutes: int


def rostered(rosters: Iterable[Hours], on: date) -> int | None:
    """Minutes that a placement works on a day: 0 on a day off, None where no roster says anything.

    rosters  the latest begun counts; of several of one day the one that comes last
    """
    in_force = [each for each in rosters if each.since <= on]
    if not in_force:
        return None
    latest = max(each.since for each in in_force)
    found = [each for each in in_force if each.since == latest][-1]
    return found.minutes if on.weekday() in found.weekdays else 0


def check_roster(starts_on: date | None, ends_on: date | None, since: date, weekdays: str, minutes: int | None) -> None:
    """Raise RosterOutside, NoWorkdays or NoHours."""
    if starts_on is None or not starts_on <= since <= (ends_on or date.max):
        raise RosterOutside
    if not weekdays or not set(weekdays) <= set(WEEKDAYS):
        raise NoWorkdays
    if minutes is None or not 0 < minutes <= DAY_MINUTES:
        raise NoHours


def check_reason(reason: str) -> str:
    """The reason without its outer spaces; raises NoReason when nothing is left."""
    if not reason.strip():
        raise NoReason
    return reason.strip()


# ---- decent work: warn and keep, never silently accept


def age_on(birth_date: date, on: date) -> int:
    """Completed years."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def warnings(terms: Terms) -> list[Problem]:
    """What decent work finds missing; nothing of it stops a placement, and all of it stays on its page."""
    return [problem for problem in (_age(terms), _contract(terms), _supervisor(terms), _capacity(terms), _departments(terms)) if problem]


def _warn(column: str, sentence: str, **params: object) -> Problem:
    return Problem(None, column, sentence, params, is_warning=True)


def _age(terms: Terms) -> Problem | None:
    if terms.starts_on is None:
        return None
    if terms.birth_date is None:
        return _warn("birth_date", N_("The birth date is not known, so nobody can tell whether the apprentice is of age on the first day."))
    age = age_on(terms.birth_date, terms.starts_on)
    if age < LEAST_AGE:
        return _warn("birth_date", N_("The apprentice is %(age)d years old on the first day. Below 14 no work is allowed."), age=age)
    if age < ADULT_AGE:
        return _warn(
            "birth_date",
            N_(
                "The apprentice is %(age)d years old on the first day. Below 18, work in hotels, bars and kitchens counts as hazardous:"
                " the guardian's consent and a hazard check are needed, and no night shifts."
            ),
            age=age,
        )
    return None


def _contract(terms: Terms) -> Problem | None:
    if terms.contract_signed_on is None:
        return _warn("contract_signed_on", N_("No signed contract is recorded."))
    if terms.starts_on is not None and terms.contract_signed_on > terms.starts_on:
        return _warn(
            "contract_signed_on",
            N_("The contract was signed on %(signed_on)s, after the first day."),
            signed_on=terms.contract_signed_on,
        )
    return None


def _supervisor(terms: Terms) -> Problem | None:
    return None if terms.supervisor else _warn("supervisor", N_("No workplace supervisor is named."))


def _capacity(terms: Terms) -> Problem | None:
    if terms.capacity is None or terms.others_on_start < terms.capacity:
        return None
    return _warn(
        "employer_id",
        N_("With this apprentice the employer has %(placed)d on the first day; its capacity is %(capacity)d."),
        placed=terms.others_on_start + 1,
        capacity=terms.capacity,
    )


def _departments(terms: Terms) -> Problem | None:
    if terms.departments is None or terms.departments >= FEWEST_DEPARTMENTS:
        return None
    return _warn(
        "department",
        N_("The employer has fewer than %(fewest)d departments for a rotation: %(departments)d."),
        fewest=FEWEST_DEPARTMENTS,
        departments=terms.departments,
    )
