"""What the closure board works out: leave to open that nobody has used yet, and the curve of return. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from tracker.calendar.rules import covers, lies_in, ResumptionFact, ResumptionKind, Site

MOST_WEEKS: Final = 26
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


def permitted_since(site: Site, closure: str, begun: date, resumptions: Iterable[ResumptionFact], on: date) -> date | None:
    """The first day on which a site might have reopened after a closure; None if nobody permitted it until `on`.

    begun  first day of the closure: what was permitted before it belongs to another story
    """
    days = (
        each.since
        for each in resumptions
        if each.closure == closure
        and each.kind == ResumptionKind.PERMITTED
        and not each.withdrawn
        and begun <= each.since <= on
        and lies_in(site, each.partition)
        and covers(each.scope, each.sites, site)
    )
    return min(days, default=None)


class Back(NamedTuple):
    """So many apprentices of one sex whose place reopened on one day and who were first seen again on another; None: not yet."""

    sex: str
    reopened: date
    seen_on: date | None
    size: int


class Point(NamedTuple):
    """How many had been seen again by the end of a day, of those expected by then."""

    until: date
    expected: int
    seen: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None before anybody was expected."""
        return self.seen / self.expected if self.expected else None


def weeks(found: Sequence[Back], today: date) -> list[date]:
    """The last day of each week since the first reopening, the last one today or before; at most MOST_WEEKS. Nobody expected: none."""
    first = min((each.reopened for each in found), default=None)
    if first is None or first > today:
        return []
    count = min((today - first).days // 7 + 1, MOST_WEEKS)
    return [min(first + (n + 1) * _WEEK - _DAY, today) for n in range(count)]


def points(found: Iterable[Back], untils: Sequence[date]) -> list[Point]:
    """The curve over these days, oldest first. Who was not expected yet is in neither number."""
    groups = [each for each in found if each.size]
    return [
        Point(
            until,
            sum(each.size for each in groups if each.reopened <= until),
            sum(each.size for each in groups if each.seen_on is not None and each.seen_on <= until),
        )
        for until in untils
    ]


def by_sex(found: Iterable[Back]) -> dict[str, list[Back]]:
    """The same apart by code of the sex."""
    groups: dict[str, list[Back]] = defaultdict(list)
    for each in found:
        groups[each.sex].append(each)
    return {code: groups[code] for code in sorted(groups)}
