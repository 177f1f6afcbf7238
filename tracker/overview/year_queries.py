"""The year of a centre, of a campus or of a cohort: what each day was, and how many there were of each kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.calendar.queries import Calendar, cohorts_in, Run, runs_of
from tracker.calendar.rules import Day, DayKind, Site, weekdays_on
from tracker.country.tz import Holiday
from tracker.indicators.queries import campuses_of
from tracker.people.models import Cohort

MADE_UP = "made-up"  # a Saturday or a day of a break on which lost time is made up
TAUGHT = "taught"  # a day without training on which the cohort was taught anyway


@dataclass(frozen=True)
class YearDay:
    """A day of the year. kind: a DayKind, or MADE_UP."""

    day: Day[Holiday]
    kind: str
    is_taught: bool


@dataclass(frozen=True)
class YearMonth:
    """A month. weeks: from Monday; None where another month's day would stand. counts: days by kind; TAUGHT counts beside."""

    first: date
    last: date
    weeks: Sequence[Sequence[YearDay | None]]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Year:
    """Twelve months with their sum, and the closed days, holidays and breaks in runs, oldest first.

    endless  ids of the closures after which nothing has reopened
    """

    months: Sequence[YearMonth]
    counts: Mapping[str, int]
    runs: Sequence[Run]
    endless: frozenset[str]

    def is_endless(self, run: Run) -> bool:
        """Whether closed days go on after the year, as far as anybody knows."""
        return run.last == self.months[-1].last and any(fact.id in self.endless for fact in run.closures)


@dataclass(frozen=True)
class Choice:
    """What a year may be asked of. cohort: None for a campus or the whole centre, where nobody is taught anyway."""

    site: Site
    campus: str | None
    cohort: Cohort | None


def choices(calendar: Calendar) -> dict[str, Choice]:
    """`campus:<id>` of each campus, `centre` where there is none, then `cohort:<id>` of each cohort."""
    found = {}
    for campus in campuses_of(calendar):
        found[f"campus:{campus}" if campus else "centre"] = Choice(calendar.site_of_campus(campus), campus, None)
    for cohort in cohorts_in(calendar.partition):
        found[f"cohort:{cohort.id}"] = Choice(calendar.site_of(cohort), None, cohort)
    return found


def year_of(calendar: Calendar, chosen: Choice, year: int) -> Year:
    """The days of a calendar year at a site."""
    days = calendar.days_at(chosen.site, date(year, 1, 1), date(year, 12, 31))
    planned = calendar.terms(chosen.site).as_planned

    def told(day: Day[Holiday]) -> YearDay:
        # A day of training that the plan without catching up does not have.
        is_added = planned.break_on(day.on) is not None or _is_ordered_saturday(calendar, chosen.site, day.on)
        kind = MADE_UP if is_added and day.kind == DayKind.TRAINING else str(day.kind)
        return YearDay(day, kind, chosen.cohort is not None and calendar.was_taught(chosen.cohort.id, day.on))

    endless = (closure for _first, last, closure in calendar.intervals(chosen.site) if last is None)
    months = [_month([told(day) for day in days if day.on.month == number]) for number in range(1, 13)]
    return Year(months, sum((Counter(month.counts) for month in months), Counter()), runs_of(days), frozenset(endless))


def _is_ordered_saturday(calendar: Calendar, site: Site, on: date) -> bool:
    return calendar.terms(site).has_saturday(on) and on.weekday() not in weekdays_on(on, calendar.weekly(site.campus))


def _month(days: Sequence[YearDay]) -> YearMonth:
    first = days[0].day.on
    padded: list[YearDay | None] = [*[None] * first.weekday(), *days]
    padded += [None] * (-len(padded) % 7)
    counts = Counter(day.kind for day in days) + Counter({TAUGHT: sum(day.is_taught for day in days)})
    return YearMonth(first, days[-1].day.on, [padded[start : start + 7] for start in range(0, len(padded), 7)], counts)
