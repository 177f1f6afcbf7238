"""The closure board: what is closed today and by which notice, what may open and has not, who is back, and what it cost."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from tracker import clock
from tracker.calendar.models import Notice
from tracker.calendar.queries import Calendar, ClosureStory
from tracker.i18n import _
from tracker.indicators import queries as facts_queries
from tracker.indicators.calendars import campuses_of, Country
from tracker.indicators.rules import CohortKey, Facts, INDICATORS, Split
from tracker.indicators.spans import group_of
from tracker.overview import closure_rules as rules
from tracker.overview.closure_rules import Back, Point
from tracker.overview.queries import closed_places, labels
from tracker.overview.rules import Period

LOST: Final = "person_days_lost"
# What stands in the line of each centre is left out; so is what only a centre should see of few people, as disability.
LOST_BY: Final = (Split.PHASE, Split.SEX, Split.OCCUPATION, Split.REGION)


@dataclass(frozen=True)
class Shut:
    """A closure in force today.

    since    the first closed day of the place closed longest
    notice   the one that counts
    centres  partitions of the centres it reaches, or whose workplaces it does
    places   what it closes there, in words
    """

    story: ClosureStory
    since: date
    notice: Notice | None
    centres: frozenset[str]
    places: Sequence[str]


@dataclass(frozen=True)
class Waiting:
    """A place that may open, and has not. `days` since it may."""

    story: ClosureStory
    centre: str
    place: str
    permitted: date
    days: int


@dataclass(frozen=True)
class Line:
    """A centre on the board.

    closed     how many of its campuses are closed, of how many; a centre without campuses is one
    since      the first day of what closes it today
    reopened   the first day on which one of its cohorts was taught again after the latest closed time that is over
    expected   enrolled on the day before that time; seen: of these, present or late since; left: of the others, those no longer enrolled
    suspended  placements suspended today
    heard      day of the newest entry; None = nothing yet, and then nobody knows whether it has opened again
    """

    centre: str
    name: str
    closed: int
    campuses: int
    since: date | None
    reopened: date | None
    expected: int
    seen: int
    left: int
    suspended: int
    lost: int
    person_days: int
    heard: date | None

    @property
    def missing(self) -> int:
        """Who is still enrolled and has not been seen."""
        return self.expected - self.seen - self.left


@dataclass(frozen=True)
class Board:
    """Everything on the board.

    curve      by week since the first reopening, of all; `curve_by_sex` by code. Empty: nothing has reopened
    lost       person-days by what they are told apart, then by words of the group, the order of the overview
    """

    shut: Sequence[Shut]
    waiting: Sequence[Waiting]
    lines: Sequence[Line]
    curve: Sequence[Point]
    curve_by_sex: Mapping[str, Sequence[Point]]
    lost: Mapping[Split, Sequence[tuple[str, int]]]


def board(where: Country, names: Mapping[str, str], period: Period) -> Board:
    """The board of these centres today; what was lost is that of the period. The caller has checked that the actor may read them."""
    today = clock.today()
    facts = facts_queries.read(where, period.first, period.last, today, with_marks=False, with_returns=False)
    known = {centre: names[centre] for centre, day in (facts.heard or {}).items() if day}
    places = list(_places(where, known, today))
    roll = _roll(where, {each.key for each in facts.enrolments} | where.cohorts.keys(), today)
    found = [back for backs in roll.values() for back, _is_left in backs]
    untils = rules.weeks(found, today)
    return Board(
        shut=_shut(places),
        waiting=_waiting(places, today),
        lines=_lines(where, names, facts, roll, today),
        curve=rules.points(found, untils),
        curve_by_sex={code: rules.points(backs, untils) for code, backs in rules.by_sex(found).items()},
        lost=_lost(facts, names),
    )


# ---- closed today


class _Place(NamedTuple):
    """Something of a centre that a closure keeps shut today."""

    centre: str
    story: ClosureStory
    since: date
    words: str
    permitted: date | None


def _places(where: Country, names: Mapping[str, str], today: date) -> Iterator[_Place]:
    for centre, name in names.items():
        calendar = where.calendars[centre]
        for closure, since, words, site in closed_places(where, calendar, name, today):
            if story := calendar.story(closure):
                yield _Place(centre, story, since, words, rules.permitted_since(site, closure, since, calendar.resumptions, today))


def _shut(places: Sequence[_Place]) -> list[Shut]:
    by_closure: dict[str, list[_Place]] = defaultdict(list)
    for each in places:
        by_closure[each.story.row.id].append(each)
    found = [
        Shut(
            rows[0].story,
            min(each.since for each in rows),
            rows[0].story.counting,
            frozenset(each.centre for each in rows),
            [each.words for each in rows],
        )
        for rows in by_closure.values()
    ]
    return sorted(found, key=lambda each: (each.since, each.story.row.id))


def _waiting(places: Sequence[_Place], today: date) -> list[Waiting]:
    """What may open, the longest first."""
    found = [
        Waiting(each.story, each.centre, each.words, each.permitted, (today - each.permitted).days) for each in places if each.permitted
    ]
    return sorted(found, key=lambda each: (each.permitted, each.place))


# ---- by centre


def _lines(
    where: Country, names: Mapping[str, str], facts: Facts, roll: Mapping[str, Sequence[tuple[Back, bool]]], today: date
) -> list[Line]:
    suspended = INDICATORS["suspended"].compute(facts, Split.CENTRE)
    person_days = INDICATORS[LOST].compute(facts, Split.CENTRE)
    lost = INDICATORS["days_lost"].compute(facts, Split.CENTRE)
    found = []
    for centre, name in names.items():
        calendar, backs = where.calendars[centre], roll.get(centre, ())
        campuses = campuses_of(calendar)
        begins = [_closed_since(calendar, campus, today) for campus in campuses]
        heard = (facts.heard or {}).get(centre)
        found.append(
            Line(
                centre,
                name,
                closed=sum(begin is not None for begin in begins) if heard else 0,
                campuses=len(campuses),
                since=min((begin for begin in begins if begin), default=None) if heard else None,
                reopened=min((back.reopened for back, _is_left in backs), default=None),
                expected=sum(back.size for back, _is_left in backs),
                seen=sum(back.size for back, _is_left in backs if back.seen_on),
                left=sum(back.size for back, is_left in backs if is_left and not back.seen_on),
                suspended=suspended[centre].numerator if centre in suspended else 0,
                lost=lost[centre].numerator if centre in lost else 0,
                person_days=person_days[centre].numerator if centre in person_days else 0,
                heard=heard,
            )
        )
    return found


def _closed_since(calendar: Calendar, campus: str | None, today: date) -> date | None:
    intervals = calendar.intervals(calendar.site_of_campus(campus))
    return min((first for first, last, _closure in intervals if first <= today and (last is None or today <= last)), default=None)


def _roll(where: Country, keys: Collection[CohortKey], today: date) -> dict[str, list[tuple[Back, bool]]]:
    """By centre: who was enrolled before the latest closed time of his cohort that is over, by the day first seen; and whether he left."""
    found: dict[str, list[tuple[Back, bool]]] = defaultdict(list)
    for each in facts_queries.roll_call(where, keys, today):
        sex = group_of(each.centre, each.kind).sex
        found[each.centre].append((Back(sex, each.reopened, each.seen_on, each.size), not each.is_enrolled))
    return found


# ---- what it cost


def _lost(facts: Facts, names: Mapping[str, str]) -> dict[Split, list[tuple[str, int]]]:
    indicator, found = INDICATORS[LOST], {}
    for split in LOST_BY:
        figures, known = indicator.compute(facts, split), labels(split, names)
        worded = {**known, **{code: code for code in figures if code and code not in known}, "": _("Not recorded")}
        rows = [(label, figures[code].numerator) for code, label in worded.items() if code in figures and figures[code].numerator]
        if rows and (split != Split.REGION or len(rows) > 1):
            found[split] = rows
    return found
