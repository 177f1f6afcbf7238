"""Words and signs of the month sheet and of the lists: what a cell shows, days and hours, and where somebody stands."""

import re
from datetime import date
from typing import Final

from tracker.attendance.models import ExpectedAbsence, FollowUp
from tracker.attendance.reckoning import percent, Reckoning, Verdict
from tracker.attendance.rules import HALVES
from tracker.attendance.sheet_queries import SheetCell, SheetDay
from tracker.attendance.words import choices, reason_of, slots, why_not_due
from tracker.calendar.rules import Rate
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, format_day, language, ngettext

NOT_TAKEN: Final = "?"
UNMARKED: Final = "·"
TAUGHT: Final = "✓"
TONES: Final = {Verdict.REACHED: "good", Verdict.CAN_STILL: "warning", Verdict.CAN_NO_LONGER: "error", Verdict.NO_DATA: ""}
VERDICTS: Final = {
    Verdict.NO_DATA: N_("No data yet"),
    Verdict.REACHED: N_("Reaches the threshold so far"),
    Verdict.CAN_STILL: N_("Below, can still reach it"),
    Verdict.CAN_NO_LONGER: N_("Can no longer reach it"),
}


def letters() -> dict[str, str]:
    """The letter of each status."""
    return {choice.status: choice.letter for choice in choices()}


def sign_of(cell: SheetCell, day: SheetDay, letter_of: dict[str, str]) -> str:
    """What a cell shows: one letter, two for halves that differ, in brackets where it does not count here."""
    if not cell.is_here:
        return ""
    if cell.am or cell.pm:
        am, pm = (
            letter_of.get(status or "", NOT_TAKEN if half == day.left else UNMARKED) for half, status in (("am", cell.am), ("pm", cell.pm))
        )
        shown = am if cell.am == cell.pm else am + pm
        return shown if cell.counts else f"({shown})"
    if not day.is_due or day.is_ahead:
        return ""
    return UNMARKED if day.is_taken else NOT_TAKEN


def about_day(day: SheetDay) -> str:
    """A day in full with all that its column shows by signs."""
    facts = [format_day(day.on), why_not_due(day.day)]
    if day.was_taught:
        facts.append(_("taught anyway"))
    if day.is_missing and day.left in HALVES:
        facts.append(_("the register was not taken: %(half)s", half=slots()[day.left]))
    elif day.is_missing:
        facts.append(_("the register was not taken"))
    return ", ".join(fact for fact in facts if fact)


def days(halves: int) -> str:
    """Half days as days: `3`, `3½`, `½`."""
    whole, half = divmod(halves, 2)
    return f"{whole or ''}½" if half else str(whole)


def hours(minutes: int) -> str:
    """`52:30`."""
    return f"{minutes // 60}:{minutes % 60:02}"


def share(rate: Rate) -> str:
    """`75 %`; a dash where there is no data, which is not nought."""
    found = percent(rate)
    return "–" if found is None else f"{found} %"


def verdict(found: Reckoning) -> str:
    """Where somebody stands."""
    return _(VERDICTS[found.verdict])


def to_spare(found: Reckoning) -> str:
    """How many days he may still miss; empty where that is not known or nothing is to come."""
    if found.may_miss is None or not found.to_come or found.verdict == Verdict.CAN_NO_LONGER:
        return ""
    if found.may_miss == 0:
        return _("may miss no more days")
    return ngettext("may miss %(n)d more day", "may miss %(n)d more days", found.may_miss)


def in_a_row(found: Reckoning) -> str:
    """Since when somebody has been absent."""
    return ngettext(
        "absent on %(n)d day of training, since %(since)s",
        "absent on %(n)d days of training in a row, since %(since)s",
        len(found.absent_on),
        since=found.absent_on[0],
    )


def short(on: date) -> str:
    """`12/3`."""
    return f"{on.day}/{on.month}"


def leave(row: ExpectedAbsence) -> str:
    """The days of leave and their reason."""
    dates = _("%(first)s to %(last)s", first=row.since or "?", last=row.until or "?")
    return f"{dates}: {reason_of(row.reason)}" if row.reason else dates


def follow_up(row: FollowUp) -> str:
    """An attempt: how, what came of it, and the day that was promised."""
    means = tz.label("follow_up_means", row.means, language()) if row.means else "?"
    outcome = tz.label("follow_up_outcomes", row.outcome, language()) if row.outcome else "?"
    attempt = f"{means}: {outcome}"
    return _("%(attempt)s, will come on %(day)s", attempt=attempt, day=row.expected_on) if row.expected_on else attempt


def dialled(phone: str) -> str:
    """The first number of a text as a telephone takes it; empty where there is none."""
    found = re.search(r"\+?[0-9][0-9 ().-]{4,}", phone)
    return re.sub(r"[^0-9+]", "", found[0]) if found else ""
