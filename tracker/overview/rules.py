"""The period that somebody asks about, and which figures may leave the office. Pure; the caller knows what day it is."""

from collections import defaultdict
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


Cell = tuple[str, str]
"""A figure of a table: (centre, code of a split); the centre "" is all of them."""


def kept_back(people: Mapping[Cell, int]) -> set[Cell]:
    """The figures that stay in the office: those of one to four people, and what else would give these away.

    Where in a line of the table, of which the sum is known, only one figure is kept back, the smallest of the others goes with it.
    people  how many stand behind each figure; nobody behind a figure gives nobody away
    """
    found = {cell for cell, count in people.items() if 0 < count < FEWEST}
    lines: dict[Cell, list[Cell]] = defaultdict(list)
    for centre, code in sorted(cell for cell, count in people.items() if count > 0):
        lines["codes of", centre].append((centre, code))
        if centre:
            lines["centres of", code].append((centre, code))
    while True:
        more = set()
        for line in lines.values():
            others = [cell for cell in line if cell not in found]
            if len(others) == len(line) - 1 and others:
                more.add(min(others, key=lambda cell: (people[cell], cell)))
        if not more:
            return found
        found |= more


def hidden(people: Mapping[str, int]) -> set[str]:
    """The codes of one split whose figures are kept back."""
    return {code for _centre, code in kept_back({("", code): count for code, count in people.items()})}
