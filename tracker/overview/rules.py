"""The period that somebody asks about, and which figures may leave the office. Pure; the caller knows what day it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from tracker.errors import N_

JULY: Final = 7
FEWEST: Final = 5  # of fewer people no figure leaves the office


class PeriodKind(StrEnum):
    """The periods one may choose."""

    MONTH = "month"
    TERM = "term"
    YEAR = "year"
    FISCAL = "fiscal"
    CUSTOM = "custom"


PERIOD_NAMES: Final = {
    PeriodKind.YEAR: N_("This calendar year"),
    PeriodKind.FISCAL: N_("This government fiscal year (from 1 July)"),
    PeriodKind.TERM: N_("This term (since the reopening)"),
    PeriodKind.MONTH: N_("This month"),
    PeriodKind.CUSTOM: N_("From one day to another"),
}
DEFAULT: Final = PeriodKind.YEAR


@dataclass(frozen=True)
class Period:
    """A stretch of days, both ends included; never later than today, for nothing has happened there."""

    kind: str
    first: date
    last: date


def period(kind: str, today: date, *, reopened: date | None = None, first: date | None = None, last: date | None = None) -> Period:
    """The period of a kind.

    reopened     when training last began again; the year's first day if that is not known
    first, last  of a custom period; one that is missing is the year's first day or today
    """
    new_year = today.replace(month=1, day=1)
    begin = {
        PeriodKind.MONTH: today.replace(day=1),
        PeriodKind.TERM: reopened or new_year,
        PeriodKind.YEAR: new_year,
        PeriodKind.FISCAL: date(today.year if today.month >= JULY else today.year - 1, JULY, 1),
        PeriodKind.CUSTOM: first or new_year,
    }
    known = PeriodKind(kind)
    end = min(last or today, today) if known == PeriodKind.CUSTOM else today
    return Period(known, begin[known], end)


def is_long(first: date, last: date) -> bool:
    """Whether a period is longer than anybody reports on; it would only keep the machine busy."""
    return last - first > timedelta(days=366 * 10)


def hidden(people: Mapping[str, int]) -> set[str]:
    """The codes of a split whose figures stay in the office: those of one to four people.

    If that is only one, the smallest of the others goes with it: else anybody could work it out from the sum.
    people  by code, how many stand behind each figure; nobody behind a figure gives nobody away
    """
    found = {code for code, count in people.items() if 0 < count < FEWEST}
    others = {code: count for code, count in people.items() if count >= FEWEST}
    if len(found) == 1 and others:
        found.add(min(others, key=lambda code: (others[code], code)))
    return found
