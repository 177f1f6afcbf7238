"""What may be announced where: the checks of closures, notices and resumptions, each with its named error. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from tracker.calendar.rules import ScopeKind, Sites
from tracker.errors import DomainError, N_
from tracker.scans.rules import Broken, NotAPicture, TooLarge, TooManyPixels

# A centre speaks for itself, a region for itself and its centres, the nation for everyone.
SCOPES_BY_KIND: Final[Mapping[str, tuple[ScopeKind, ...]]] = {
    "nation": (ScopeKind.NATION, ScopeKind.JURISDICTION, ScopeKind.REGION, ScopeKind.CENTRE),
    "region": (ScopeKind.REGION, ScopeKind.CENTRE),
    "centre": (ScopeKind.CENTRE, ScopeKind.CAMPUS, ScopeKind.EMPLOYER, ScopeKind.COHORT),
}
EARLIEST: Final = date(1990, 1, 1)
FURTHEST_AHEAD: Final = timedelta(days=2 * 365)
LONGEST_BREAK: Final = timedelta(days=183)
UNFIT_PHOTO: Final = (NotAPicture, Broken, TooManyPixels, TooLarge)
NO_DATE: Final = N_("Enter a date.")
NO_PLACE: Final = N_("Choose a place.")
NO_MEANWHILE: Final = N_("Choose from the list what goes on meanwhile.")
NO_REASON: Final = N_("Say why.")


class ScopeOutside(DomainError):
    """A partition's facts count only in its own territory."""

    code, status = "calendar.scope_outside", 422
    sentence = N_("This place is not yours to close or to open. Choose one of the places that are offered.")


class UnknownSites(DomainError):
    """Neither centres nor workplaces nor both, or none that the scope could have."""

    code, status = "calendar.unknown_sites", 422
    sentence = N_("Choose whether this is about training centres, workplaces or both. An employer has workplaces only.")


class NoOwnWorkplaces(DomainError):
    """Host employers belong to the centre: of a campus or a cohort nobody could say which ones close."""

    code, status = "calendar.no_own_workplaces", 422
    sentence = N_("A campus or a cohort has no workplaces of its own. Choose training centres here, and the workplaces by employer.")


class FarDate(DomainError):
    """Most likely a wrong year."""

    code, status = "calendar.far_date", 422
    sentence = N_("%(on)s is too far away. Check the year.")


class EndsBeforeItBegins(DomainError):
    """The expected end lies before the beginning."""

    code, status = "calendar.ends_before_it_begins", 422
    sentence = N_("The expected end cannot be before %(since)s, the first closed day.")


class BreakBackwards(DomainError):
    """The last day of a break lies before its first."""

    code, status = "calendar.break_backwards", 422
    sentence = N_("The last day of the break cannot be before %(since)s, its first.")


class BreakTooLong(DomainError):
    """Most likely a wrong year."""

    code, status = "calendar.break_too_long", 422
    sentence = N_("A break from %(since)s to %(until)s would be longer than half a year. Check the years.")


class ReopensBeforeClosing(DomainError):
    """An opening before the notice that counts would open nothing."""

    code, status = "calendar.reopens_before_closing", 422
    sentence = N_("It was closed from %(since)s. The date must not be earlier.")


class UnknownShare(DomainError):
    """No share of the apprentices."""

    code, status = "calendar.unknown_share", 422
    sentence = N_("Choose how many of the apprentices may come on one day.")


class NobodyReopens(DomainError):
    """A reopening by cohorts that names none."""

    code, status = "calendar.nobody_reopens", 422
    sentence = N_("Enter the first open day of at least one cohort.")


class NothingClosed(DomainError):
    """There is no closure that a resumption could answer."""

    code, status = "calendar.nothing_closed", 422
    sentence = N_("Nothing there is closed on %(on)s, so there is nothing to open.")


class OpensNothing(DomainError):
    """A resumption of a closure that is about another place or other sites."""

    code, status = "calendar.opens_nothing", 422
    sentence = N_("This closure did not close what you chose, so nothing would open. Choose the place and the sites that it closed.")


class NoNoticeCounts(DomainError):
    """All notices of a closure are withdrawn, or it was withdrawn itself."""

    code, status = "calendar.no_notice", 409
    sentence = N_("This closure is withdrawn or has no notice that counts.")


class WithdrawnNotice(DomainError):
    """A withdrawn notice cannot count."""

    code, status = "calendar.withdrawn_notice", 409
    sentence = N_("This notice is withdrawn and cannot count.")


class NoReason(DomainError):
    """Nothing is withdrawn without saying why."""

    code, status = "calendar.no_reason", 422
    sentence = NO_REASON


class NoWeekdays(DomainError):
    """A week without a training day."""

    code, status = "calendar.no_weekdays", 422
    sentence = N_("Choose at least one training day.")


class AlreadyTraining(DomainError):
    """A training day needs no confirmation."""

    code, status = "calendar.already_training", 409
    sentence = N_("%(on)s is a training day anyway.")


class UnknownJurisdiction(DomainError):
    """Holidays are kept on the Mainland, in Zanzibar, or in both."""

    code, status = "calendar.unknown_jurisdiction", 422
    sentence = N_("Choose Mainland or Zanzibar.")


class NoName(DomainError):
    """A new holiday has to be called something."""

    code, status = "calendar.no_name", 422
    sentence = N_("Enter the name of the holiday.")


def check_scope(partition: str, scope_kind: str, scope_code: str | None, codes: Mapping[str, frozenset[str]]) -> None:
    """Raise ScopeOutside unless the partition may speak for this scope.

    codes  by kind of scope, the codes that lie in the partition's territory
    """
    if scope_kind not in SCOPES_BY_KIND[partition.partition("/")[0]]:
        raise ScopeOutside
    if scope_kind == ScopeKind.NATION:
        if scope_code is not None:
            raise ScopeOutside
    elif scope_code not in codes.get(scope_kind, frozenset()):
        raise ScopeOutside


def check_sites(scope_kind: str, sites: str) -> None:
    """Raise UnknownSites or NoOwnWorkplaces unless the scope can have such sites."""
    if sites not in tuple(Sites) or (scope_kind == ScopeKind.EMPLOYER and sites == Sites.CENTRES):
        raise UnknownSites
    if scope_kind in (ScopeKind.CAMPUS, ScopeKind.COHORT) and sites != Sites.CENTRES:
        raise NoOwnWorkplaces


def check_dates(since: date, expected_until: date | None, today: date) -> None:
    """Raise FarDate for what is most likely a wrong year, EndsBeforeItBegins for an end before the beginning."""
    check_near(since, today)
    if expected_until is not None and expected_until < since:
        raise EndsBeforeItBegins(since=since)


def check_break(since: date, until: date, today: date) -> None:
    """Raise FarDate, BreakBackwards or BreakTooLong for days that can be no break between terms."""
    check_near(since, today)
    if until < since:
        raise BreakBackwards(since=since)
    if until - since > LONGEST_BREAK:
        raise BreakTooLong(since=since, until=until)


def check_near(on: date, today: date) -> None:
    """Raise FarDate for what is most likely a wrong year."""
    if not EARLIEST <= on <= today + FURTHEST_AHEAD:
        raise FarDate(on=on)


def check_share(share_percent: int | None) -> None:
    """Raise UnknownShare unless it is a part of the whole; None stands for all."""
    if share_percent is not None and not 1 <= share_percent <= 99:
        raise UnknownShare


def check_resumes(begun: date, since: date) -> None:
    """Raise ReopensBeforeClosing for an opening that would come before its closure."""
    if since < begun:
        raise ReopensBeforeClosing(since=begun)


def check_reason(reason: str) -> str:
    """The reason without its outer spaces; raises NoReason when nothing is left."""
    if not reason.strip():
        raise NoReason
    return reason.strip()


def check_weekdays(weekdays: str) -> str:
    """The training days (1 = Monday .. 7 = Sunday) in order, each once; raises NoWeekdays."""
    chosen = "".join(day for day in "1234567" if day in weekdays)
    if not chosen:
        raise NoWeekdays
    return chosen
