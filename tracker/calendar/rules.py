"""The closure calculus: from facts about closures to closed days, days lost and rates. Pure; no clock, no tables.

    facts (closures with notices, resumptions)      --closed_intervals-->  intervals of one site
    facts (breaks between terms, catching up)       --terms_of-->  terms of one site
    intervals + terms + weekly patterns + holidays  --training_days, days_lost, day_calendar-->  days
    days + spans of enrolment                       --person_days_lost, projected_end-->  figures
    the days of a cohort before and after a fact    --compare-->  what changed

A *site* is one place of training of one cohort. Ask once per site and period, and reuse the answer for its apprentices.
The order in which facts are passed never matters, and a withdrawn fact might as well not exist. Design, section 4.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

Holiday = TypeVar("Holiday")

MONDAY_TO_FRIDAY = frozenset(range(5))
SATURDAY = 5
_DAY = timedelta(days=1)
_HORIZON = timedelta(days=3 * 365)


class ScopeKind(StrEnum):
    """What a closure or resumption is about."""

    NATION = "nation"
    JURISDICTION = "jurisdiction"
    REGION = "region"
    CENTRE = "centre"
    CAMPUS = "campus"
    EMPLOYER = "employer"
    COHORT = "cohort"


class Sites(StrEnum):
    """Which places of training in that scope."""

    CENTRES = "centres"
    WORKPLACES = "workplaces"
    BOTH = "both"


class SiteKind(StrEnum):
    """Where one trains."""

    CENTRE = "centre"
    WORKPLACE = "workplace"


class ResumptionKind(StrEnum):
    """Permission alone opens nothing."""

    PERMITTED = "permitted"
    REOPENED = "reopened"


class CatchUpKind(StrEnum):
    """The ways of making up lost time that change which days are days of training; others change their length, or the end."""

    SATURDAYS = "saturdays"
    NO_BREAK = "no_break"


class DayKind(StrEnum):
    """What a day is, the strongest word first: a Sunday in a closure is a closed day."""

    CLOSED = "closed"
    HOLIDAY = "holiday"
    BREAK = "break"
    REST = "rest"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a fact is about: `kind` is a ScopeKind (one from a newer version covers nothing), `code` None for the nation."""

    kind: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeFact:
    """What somebody announced. `expected_until` is a hope, and reopens nothing."""

    id: str
    source: str
    authority: str
    since: date
    expected_until: date | None = None
    reference: str = ""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ClosureFact:
    """A closure. Without a notice that counts it closes nothing.

    partition       `nation`, `region/TZ-01` or `centre/<id>`
    sites           one of Sites
    reason          code of the list `closure_reasons`
    chosen_notice   id, or None: then the earliest counts
    """

    id: str
    partition: str
    scope: Scope
    sites: str
    reason: str
    notices: tuple[NoticeFact, ...]
    chosen_notice: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ResumptionFact:
    """Leave to open, or the opening itself, of a part or the whole of one closure. `kind` is a ResumptionKind.

    share_percent  how many of the apprentices may come on one day; None: all
    """

    id: str
    partition: str
    closure: str
    scope: Scope
    sites: str
    kind: str
    since: date
    withdrawn: bool = False
    share_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place of training.

    kind            one of SiteKind
    centre          id of the centre; its partition is `centre/<id>`
    employer        only for a workplace
    region          ISO code: an employer's own, where its district is known, else its centre's
    jurisdiction    of that region
    """

    kind: str
    centre: str
    campus: str | None
    cohort: str | None
    employer: str | None
    region: str
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class WeeklyPattern:
    """The days of training in a week (Monday is 0) since a date, until the next pattern begins.

    am_minutes, pm_minutes  length of the two halves of a day; None where nobody said it
    """

    since: date
    weekdays: frozenset[int]
    am_minutes: int | None = None
    pm_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class BreakFact:
    """Days between terms without training, of a cohort, else of a campus, else of the whole centre; both days included."""

    id: str
    since: date
    until: date
    name: str = ""
    campus: str | None = None
    cohort: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class CatchUpFact:
    """An order for a cohort to make up lost time from `since` to `until`, both included; `until` None: until it is withdrawn.

    kind  a CatchUpKind; another makes no day a day of training
    """

    id: str
    cohort: str
    kind: str
    since: date
    until: date | None = None
    withdrawn: bool = False


class ClosedInterval(NamedTuple):
    """Closed from `first` to `last`, both included; `last` is None while nobody has reopened."""

    first: date
    last: date | None
    closure: str


class Span(NamedTuple):
    """An apprentice's time at a site, both days included; `last` is None while it lasts."""

    first: date
    last: date | None


class TermBreak(NamedTuple):
    """A break at one site, both days included."""

    first: date
    last: date
    name: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How the year of one site departs from its weekly pattern.

    breaks     without training
    taught     spans in which breaks are no breaks, to make up lost time
    saturdays  spans in which Saturdays are days of training, to make up lost time; in a break they are not
    """

    breaks: tuple[TermBreak, ...] = ()
    taught: tuple[Span, ...] = ()
    saturdays: tuple[Span, ...] = ()

    def break_on(self, day: date) -> TermBreak | None:
        """The break in which a day lies, the earliest of several."""
        if _lies_in(day, self.taught):
            return None
        return next((each for each in self.breaks if each.first <= day <= each.last), None)

    def has_saturday(self, day: date) -> bool:
        """Whether a day is a Saturday that was ordered."""
        return day.weekday() == SATURDAY and _lies_in(day, self.saturdays)

    @property
    def as_planned(self) -> "Terms":
        """As if nothing had to be made up."""
        return Terms(self.breaks)


NO_TERMS = Terms()


class Rate(NamedTuple):
    """A share that keeps its two numbers."""

    numerator: int
    denominator: int

    @property
    def share(self) -> float | None:
        """From 0 to 1, or None: 0/0 is *no data*, not nought."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Day(Generic[Holiday]):
    """A day of the calendar with everything that bears on it, not only what decided.

    closures    in force, by begin, then id
    holiday     what the mapping of holidays holds for this day
    is_rest     the weekly pattern has no training on this weekday, and nobody ordered it to make up for lost time
    term_break  the break between terms in which it lies
    """

    on: date
    kind: DayKind
    closures: tuple[ClosureFact, ...]
    holiday: Holiday | None
    is_rest: bool
    term_break: TermBreak | None = None


# Closed or open


def counting_notice(closure: ClosureFact) -> NoticeFact | None:
    """The one notice that counts: the chosen one, else the earliest (then the lowest id); None if none is left."""
    standing = [notice for notice in closure.notices if not notice.withdrawn]
    chosen = [notice for notice in standing if notice.id == closure.chosen_notice]
    return min(chosen or standing, key=lambda notice: (notice.since, notice.id), default=None)


def covers(scope: Scope, sites: str, site: Site) -> bool:
    """Whether a scope and its sites include this site."""
    if sites not in (Sites.BOTH, f"{site.kind}s"):
        return False
    if scope.kind == ScopeKind.NATION:
        return True
    code_by_kind: dict[str, str | None] = {
        ScopeKind.JURISDICTION: site.jurisdiction,
        ScopeKind.REGION: site.region,
        ScopeKind.CENTRE: site.centre,
        ScopeKind.CAMPUS: site.campus,
        ScopeKind.EMPLOYER: site.employer,
        ScopeKind.COHORT: site.cohort,
    }
    # A scope without a code must not meet a site without a campus: None is not a place.
    return scope.code is not None and code_by_kind.get(scope.kind) == scope.code


def lies_in(site: Site, partition: str) -> bool:
    """Whether a site belongs to a partition's territory: outside it the partition's facts do not count."""
    return partition in ("nation", f"region/{site.region}", f"centre/{site.centre}")


def closes(closure: ClosureFact, site: Site) -> bool:
    """Whether a closure is about this site at all, whenever."""
    return lies_in(site, closure.partition) and covers(closure.scope, closure.sites, site)


def closed_intervals(site: Site, closures: Iterable[ClosureFact], resumptions: Iterable[ResumptionFact]) -> list[ClosedInterval]:
    """When a site is closed: at most one interval per closure, by first day, then closure. They may overlap."""
    openings = _openings(site, resumptions)
    intervals = (_interval(site, closure, openings.get(closure.id, ())) for closure in closures)
    return sorted((found for found in intervals if found), key=lambda found: (found.first, found.closure))


def closures_on(site: Site, day: date, closures: Collection[ClosureFact], resumptions: Iterable[ResumptionFact]) -> list[ClosureFact]:
    """The closures in force at a site on a day, by begin, then id. "Resume" answers each of them."""
    return _in_force(day, closed_intervals(site, closures, resumptions), {closure.id: closure for closure in closures})


def is_closed(site: Site, day: date, closures: Collection[ClosureFact], resumptions: Iterable[ResumptionFact]) -> bool:
    """Whether any closure is in force at a site on a day."""
    return bool(closures_on(site, day, closures, resumptions))


def share_on(site: Site, day: date, closures: Iterable[ClosureFact], resumptions: Iterable[ResumptionFact]) -> int | None:
    """How many percent of the apprentices may come to a site on one day; None: all.

    Of the openings of one closure the latest says it, of two on one day the smaller share; of several closures the smallest counts.
    A day on which it is closed is not asked for.
    """
    opened: dict[str, list[ResumptionFact]] = defaultdict(list)
    for resumption in resumptions:
        if resumption.since <= day and _opens(resumption, site):
            opened[resumption.closure].append(resumption)
    shares = [100]
    for closure in closures if any(each.share_percent for found in opened.values() for each in found) else ():
        begun = _begin(closure)
        found = [each for each in opened.get(closure.id, ()) if each.since >= begun]
        if found and not closure.withdrawn and closes(closure, site):
            latest = max(each.since for each in found)
            shares += [each.share_percent or 100 for each in found if each.since == latest]
    return least if (least := min(shares)) < 100 else None


def doubtful_closures(
    site: Site, day: date, closures: Collection[ClosureFact], resumptions: Collection[ResumptionFact]
) -> list[ClosureFact]:
    """Closures in force on a day though the site has since reopened after another one: somebody should be asked.

    So it is when a ministry's closure of March arrives by stick in July, and the college has been open since June.
    """
    gone = {closure.id for closure in closures if closure.withdrawn}
    reopened = [each for each in resumptions if each.since <= day and each.closure not in gone and _opens(each, site)]
    # Its own opening since then would have ended a closure in force, so what is found here belongs to another one.
    return [
        closure
        for closure in closures_on(site, day, closures, resumptions)
        if any(_begin(closure) <= resumption.since for resumption in reopened)
    ]


def _openings(site: Site, resumptions: Iterable[ResumptionFact]) -> Mapping[str, list[date]]:
    by_closure: dict[str, list[date]] = defaultdict(list)
    for resumption in resumptions:
        if _opens(resumption, site):
            by_closure[resumption.closure].append(resumption.since)
    return by_closure


def _opens(resumption: ResumptionFact, site: Site) -> bool:
    return (
        not resumption.withdrawn
        and resumption.kind == ResumptionKind.REOPENED
        and lies_in(site, resumption.partition)
        and covers(resumption.scope, resumption.sites, site)
    )


def _interval(site: Site, closure: ClosureFact, openings: Iterable[date]) -> ClosedInterval | None:
    if closure.withdrawn or not closes(closure, site):
        return None
    first = _begin(closure)
    # An opening dated before the notice that counts belongs to another story, and opens nothing here.
    opened = min((opening for opening in openings if opening >= first), default=None)
    if first in (opened, date.max):
        return None
    return ClosedInterval(first, opened - _DAY if opened else None, closure.id)


def _begin(closure: ClosureFact) -> date:
    notice = counting_notice(closure)
    # Without a notice a closure never begins.
    return notice.since if notice else date.max


def _in_force(day: date, intervals: Iterable[ClosedInterval], closure_by_id: Mapping[str, ClosureFact]) -> list[ClosureFact]:
    return [closure_by_id[closure] for first, last, closure in intervals if first <= day and (last is None or day <= last)]


# Terms


def terms_of(site: Site, breaks: Iterable[BreakFact], catch_ups: Iterable[CatchUpFact]) -> Terms:
    """The breaks and the orders to make up lost time that concern a site. A workplace has neither: its roster says when it works."""
    if site.kind != SiteKind.CENTRE:
        return NO_TERMS
    ours = {TermBreak(fact.since, fact.until, fact.name) for fact in breaks if not fact.withdrawn and _is_break_of(site, fact)}
    orders = [fact for fact in catch_ups if not fact.withdrawn and fact.cohort == site.cohort]
    return Terms(tuple(sorted(ours)), _spans(orders, CatchUpKind.NO_BREAK), _spans(orders, CatchUpKind.SATURDAYS))


def _is_break_of(site: Site, fact: BreakFact) -> bool:
    if fact.cohort is not None:
        return fact.cohort == site.cohort
    return fact.campus in (None, site.campus)


def _spans(orders: Iterable[CatchUpFact], kind: str) -> tuple[Span, ...]:
    found = {Span(fact.since, fact.until) for fact in orders if fact.kind == kind}
    return tuple(sorted(found, key=lambda span: (span.first, span.last or date.max)))


def _lies_in(day: date, spans: Iterable[Span]) -> bool:
    return any(first <= day and (last is None or day <= last) for first, last in spans)


# Days


def pattern_on(day: date, patterns: Iterable[WeeklyPattern]) -> WeeklyPattern | None:
    """The weekly pattern in force on a day; None before the first."""
    begun = [pattern for pattern in patterns if pattern.since <= day]
    # Two patterns of one date come from two laptops: any rule will do that all laptops share.
    return max(begun, key=lambda one: (one.since, sorted(one.weekdays), one.am_minutes or 0, one.pm_minutes or 0), default=None)


def weekdays_on(day: date, patterns: Iterable[WeeklyPattern]) -> frozenset[int]:
    """The weekdays of training in force on a day; Monday to Friday before the first pattern."""
    latest = pattern_on(day, patterns)
    return MONDAY_TO_FRIDAY if latest is None else latest.weekdays


def day_kind(
    on: date,
    patterns: Iterable[WeeklyPattern],
    holidays: Mapping[date, Holiday],
    closures_in_force: Sequence[ClosureFact] = (),
    terms: Terms = NO_TERMS,
) -> Day[Holiday]:
    """What a day is and why. Pass `closures_on(...)` of the day; for many days ask `day_calendar`."""
    is_rest = on.weekday() not in weekdays_on(on, patterns) and not terms.has_saturday(on)
    term_break = terms.break_on(on)
    if closures_in_force:
        kind = DayKind.CLOSED
    elif on in holidays:
        kind = DayKind.HOLIDAY
    elif term_break:
        kind = DayKind.BREAK
    else:
        kind = DayKind.REST if is_rest else DayKind.TRAINING
    return Day(on, kind, tuple(closures_in_force), holidays.get(on), is_rest, term_break)


def day_calendar(
    first: date,
    last: date,
    site: Site,
    closures: Collection[ClosureFact],
    resumptions: Iterable[ResumptionFact],
    *,
    patterns: Collection[WeeklyPattern] = (),
    holidays: Mapping[date, Holiday],
    terms: Terms = NO_TERMS,
) -> list[Day[Holiday]]:
    """One entry per calendar day from `first` to `last`, oldest first, no gaps."""
    intervals = closed_intervals(site, closures, resumptions)
    closure_by_id = {closure.id: closure for closure in closures}
    return [day_kind(day, patterns, holidays, _in_force(day, intervals, closure_by_id), terms) for day in _days(first, last)]


def training_days(
    first: date,
    last: date,
    patterns: Collection[WeeklyPattern],
    holidays: Collection[date],
    intervals: Iterable[ClosedInterval] = (),
    terms: Terms = NO_TERMS,
) -> list[date]:
    """The days from `first` to `last` on which training is due, oldest first: neither rest, break, holiday nor closed.

    Without `intervals` it is what had been planned.
    """
    closed = closed_days(first, last, intervals)
    return [day for day in _working_days(first, last, patterns, terms) if day not in holidays and day not in closed]


def closed_days(first: date, last: date, intervals: Iterable[ClosedInterval]) -> set[date]:
    """The calendar days from `first` to `last` inside at least one interval; an open one runs to `last`."""
    return {day for begin, end, _ in intervals for day in _days(max(first, begin), last if end is None else min(last, end))}


def lost_days(
    first: date,
    last: date,
    intervals: Iterable[ClosedInterval],
    patterns: Collection[WeeklyPattern] = (),
    holidays: Collection[date] = (),
    terms: Terms = NO_TERMS,
) -> list[date]:
    """The training days from `first` to `last` that closures took, each once, oldest first.

    A day ordered to make up for others is not lost again when it is closed in its turn: what it stood for is still owed.
    """
    closed = closed_days(first, last, intervals)
    return [day for day in training_days(first, last, patterns, holidays, terms=terms.as_planned) if day in closed]


def days_lost(
    first: date,
    last: date,
    intervals: Iterable[ClosedInterval],
    patterns: Collection[WeeklyPattern] = (),
    holidays: Collection[date] = (),
    terms: Terms = NO_TERMS,
) -> int:
    """How many training days from `first` to `last` closures took; Monday to Friday unless patterns say otherwise."""
    return len(lost_days(first, last, intervals, patterns, holidays, terms))


def person_days_lost(spans: Iterable[Span | tuple[date, date | None]], lost: Sequence[date]) -> int:
    """The sum of lost days over apprentices, each counted while at the site.

    spans   one or more per apprentice; the spans of one apprentice must not overlap
    lost    what `lost_days` gives for the site and the period: sorted, each day once
    """
    return sum(
        (len(lost) if last is None else bisect_right(lost, last)) - bisect_left(lost, first)
        for first, last in spans
        if last is None or first <= last
    )


def projected_end(
    planned_end: date,
    days_owed: int,
    patterns: Collection[WeeklyPattern],
    holidays: Collection[date],
    intervals: Iterable[ClosedInterval] = (),
    terms: Terms = NO_TERMS,
) -> date | None:
    """The day on which the days owed have been made up, when training simply goes on after the planned end.

    None if that is not to be seen within three years: nobody has reopened, or the pattern has no day of training.
    """
    if days_owed <= 0:
        return planned_end
    days = training_days(planned_end + _DAY, planned_end + _HORIZON, patterns, holidays, intervals, terms)
    return days[days_owed - 1] if days_owed <= len(days) else None


def _working_days(first: date, last: date, patterns: Collection[WeeklyPattern], terms: Terms) -> Iterator[date]:
    # Cut the period where a pattern begins, so that the pattern is looked up once per stretch, not once per day.
    begins = sorted({first, *(pattern.since for pattern in patterns if first < pattern.since <= last)})
    for begin, following in pairwise([*begins, last + _DAY]):
        weekdays = weekdays_on(begin, patterns)
        yield from (
            day
            for day in _days(begin, following - _DAY)
            if (day.weekday() in weekdays or terms.has_saturday(day)) and terms.break_on(day) is None
        )


def _days(first: date, last: date) -> Iterator[date]:
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


# Before and after


def had_begun(closures: Iterable[ClosureFact], closure_id: str, since: date | None) -> list[ClosureFact]:
    """The same closures, had one of them begun on another day; `since` None: had it not been."""
    notices = (NoticeFact("", "", "", since),) if since else ()
    return [replace(each, notices=notices, withdrawn=False) if each.id == closure_id else each for each in closures]


def had_not(resumptions: Iterable[ResumptionFact], ids: Collection[str]) -> list[ResumptionFact]:
    """The same resumptions, had those of `ids` not been recorded; those of them that are withdrawn, had they not been withdrawn."""
    return [replace(each, withdrawn=not each.withdrawn) if each.id in ids else each for each in resumptions]


@dataclass(frozen=True, slots=True)
class CohortDays:
    """What a calendar makes of the time of one cohort.

    due   the days on which a register can be taken
    lost  the days of training that closures took
    end   the planned end moved by what was lost; None where no end is planned, or none can be seen while it is closed
    """

    due: frozenset[date]
    lost: frozenset[date]
    end: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a fact changed for one cohort. The days are the oldest first.

    before, after   what the calendar made of its time, and makes of it now
    no_longer_due   days whose register somebody was expected in, and nobody is any longer
    due_again       days whose register was not due, and is
    no_longer_count days with marks that counted as far as the calendar went, and no longer do
    count_again     days with marks that did not, and do
    """

    before: CohortDays
    after: CohortDays
    no_longer_due: tuple[date, ...]
    due_again: tuple[date, ...]
    no_longer_count: tuple[date, ...]
    count_again: tuple[date, ...]


def compare(
    before: Mapping[str, CohortDays],
    after: Mapping[str, CohortDays],
    *,
    expected: Mapping[str, Collection[date]],
    marked: Mapping[str, Collection[date]],
) -> dict[str, Change]:
    """What changed, by cohort; cohorts for which nothing did are left out.

    before, after  of the same cohorts
    expected       days on which somebody of the cohort would come if it were taught
    marked         days on which somebody of the cohort was marked at the centre
    """
    found = {}
    for cohort, was in before.items():
        now = after[cohort]
        if was == now:
            continue
        out, back = was.due - now.due, now.due - was.due
        due, marks = frozenset(expected.get(cohort, ())), frozenset(marked.get(cohort, ()))
        sets = (out & due, back & due, out & marks, back & marks)
        found[cohort] = Change(was, now, *(tuple(sorted(days)) for days in sets))
    return found


# Rates


def return_rate(expected: Collection[str], returned: Collection[str]) -> Rate:
    """How many of those expected back came; who came unexpectedly is in neither number."""
    due = set(expected)
    return Rate(len(due.intersection(returned)), len(due))


def return_rates(group_by_expected: Mapping[str, str], returned: Collection[str]) -> dict[str, Rate]:
    """`return_rate` per group, such as sex, by group; the mapping says to which group each expected person belongs."""
    expected_by_group: dict[str, list[str]] = defaultdict(list)
    for person, group in group_by_expected.items():
        expected_by_group[group].append(person)
    return {group: return_rate(expected_by_group[group], returned) for group in sorted(expected_by_group)}
