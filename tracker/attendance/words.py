"""Words of the register: the five choices with their letters, why no register is due, and short times."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from tracker.attendance.rules import STATUSES
from tracker.calendar.rules import ClosureFact, counting_notice, Day, DayKind
from tracker.clock import EAST_AFRICA
from tracker.country import tz
from tracker.country.tz import Holiday
from tracker.i18n import _, language, LANGUAGES, pgettext, speaking


class Choice(NamedTuple):
    """One of the five choices of a row.

    letter  what a narrow screen shows, and what stands on paper
    keys    all keys that mark it, small: its number and the letters of every language
    """

    status: str
    letter: str
    word: str
    keys: str


def choices() -> list[Choice]:
    """The five choices in the order of the screen."""
    words = [
        pgettext("mark", "Present"),
        pgettext("mark", "Late"),
        pgettext("mark", "Absent"),
        pgettext("mark", "Excused"),
        pgettext("mark", "Remote"),
    ]
    return [
        Choice(status, letter, word, f"{number}{''.join(key for key, meant in letters_everywhere().items() if meant == status)}")
        for number, (status, letter, word) in enumerate(zip(STATUSES, _letters(), words, strict=True), 1)
    ]


def _letters() -> list[str]:
    return [
        pgettext("mark letter", "P"),
        pgettext("mark letter", "L"),
        pgettext("mark letter", "A"),
        pgettext("mark letter", "E"),
        pgettext("mark letter", "R"),
    ]


@cache
def letters_everywhere() -> Mapping[str, str]:
    """The status of each small letter of all languages. No letter may mean two things: paper does not say whose letters it bears."""
    found: dict[str, str] = {}
    for code in LANGUAGES:
        with speaking(code):
            found |= {letter.lower(): status for letter, status in zip(_letters(), STATUSES, strict=True)}
    return found


def word_of(status: str | None) -> str:
    """The word for a status; one that is not known here is shown as it is."""
    if status is None:
        return _("Not marked")
    return next((choice.word for choice in choices() if choice.status == status), status)


def reason_of(reason: str | None) -> str:
    """The reason of a mark in words: a code of the pack, or what somebody wrote."""
    return tz.label("excuse_reasons", reason, language()) if reason else ""


def slots() -> dict[str, str]:
    """The whole day and its halves, in the order of the screen."""
    return {"day": _("Whole day"), "am": _("Morning"), "pm": _("Afternoon")}


def others(marked: Mapping[str, str]) -> str:
    """What is marked in other slots of the day: `Whole day: Absent`."""
    return ", ".join(f"{slots().get(slot, slot)}: {word_of(status)}" for slot, status in marked.items())


def why_not_due(day: Day[Holiday]) -> str:
    """Why no register is due on a day; empty on a day of training."""
    if day.kind == DayKind.CLOSED:
        return _closed(day.closures[0])
    if day.kind == DayKind.HOLIDAY and day.holiday:
        return _("Public holiday: %(name)s", name=day.holiday.label(language()))
    if day.kind == DayKind.BREAK and day.term_break:
        return _("Break between terms: %(name)s", name=day.term_break.name) if day.term_break.name else _("Break between terms")
    return _("No training on this day of the week") if day.kind == DayKind.REST else ""


def _closed(closure: ClosureFact) -> str:
    reason, notice = tz.label("closure_reasons", closure.reason, language()), counting_notice(closure)
    if notice is None:
        return _("Closed: %(reason)s", reason=reason)
    return _("Closed since %(since)s: %(reason)s", since=notice.since, reason=reason)


def short_time(at: int | None, on: date) -> str:
    """`08:05`, and before it `2/3` where that was not on the day itself."""
    if at is None:
        return ""
    local = datetime.fromtimestamp(at, EAST_AFRICA)
    return f"{local:%H:%M}" if local.date() == on else f"{local.day}/{local.month} {local:%H:%M}"
