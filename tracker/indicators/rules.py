"""The indicators, each a named function from facts to figures. Pure; no clock, no tables.

Every function takes what `queries.read` has read and a split, and gives one figure per code of that split; the split
`all` has the one code "". What an indicator counts stands in its decorator, for pages and exports to show.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from tracker.attendance.rules import ATTENDED
from tracker.calendar.rules import ClosedInterval
from tracker.calendar.rules import person_days_lost as person_days
from tracker.errors import N_

EXPECTED: Final = ATTENDED | {"absent"}
RETURN_WITHIN_DAYS: Final = 30
HEARD_WITHIN_DAYS: Final = 7
_DAY = timedelta(days=1)


class Split(StrEnum):
    """By what figures are told apart."""

    ALL = "all"
    SEX = "sex"
    OCCUPATION = "occupation"
    CENTRE = "centre"


class Group(NamedTuple):
    """Apprentices who are alike in everything a figure is split by. `centre` is a partition; a code not recorded is ""."""

    centre: str
    sex: str = ""
    occupation: str = ""

    def code(self, split: Split) -> str:
        """The group's code in a split."""
        return {Split.ALL: "", Split.SEX: self.sex, Split.OCCUPATION: self.occupation, Split.CENTRE: self.centre}[split]


class CohortKey(NamedTuple):
    """A cohort of a centre; "" for apprentices without one."""

    centre: str
    cohort: str


class Figure(NamedTuple):
    """A number, or a share that keeps its two numbers (then `denominator` is one)."""

    numerator: int
    denominator: int | None = None

    @property
    def value(self) -> float | None:
        """The number, or the share from 0 to 1; None for 0/0, which is *no data*, not nought."""
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None


class Enrolled(NamedTuple):
    """So many apprentices of one group, enrolled in one cohort over one span.

    first  not recorded: the first day there is
    last   included; None while it lasts
    """

    group: Group
    cohort: str
    first: date
    last: date | None
    size: int

    @property
    def key(self) -> CohortKey:
        """Their cohort."""
        return CohortKey(self.group.centre, self.cohort)

    def is_on(self, day: date) -> bool:
        """Whether they are enrolled on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


class Marked(NamedTuple):
    """So many half days of one group in the period, alike in status and place.

    Only such as a rate may count: at the centre those of registers taken on days of training or days taught anyway, at
    a workplace those of days on which it was not closed; hotels work on Sundays and holidays, and take no register.
    """

    group: Group
    status: str
    is_workplace: bool
    size: int


class Placed(NamedTuple):
    """So many placements of one group at one employer in force on the day; suspended by a closure or by a person."""

    group: Group
    employer: str
    is_suspended: bool
    size: int


class Returned(NamedTuple):
    """Of so many apprentices of one group expected after their cohort's last reopening so many were seen in time."""

    group: Group
    expected: int
    returned: int


Counted = TypeVar("Counted", Enrolled, Marked, Placed, Returned)


@dataclass(frozen=True, slots=True)
class CohortDays:
    """The days of one cohort within what was read.

    counted           days of training, and days taught anyway: registers are due on these, and marks count on these alone
    lost              days of training that closures took, sorted
    workplace_closed  days on which marks at a workplace do not count
    """

    counted: frozenset[date]
    lost: Sequence[date] = ()
    workplace_closed: frozenset[date] = frozenset()


NO_DAYS: Final = CohortDays(frozenset())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the indicators are worked out from.

    on             the day of stock figures
    first, last    the period of flow figures, both included
    days           by cohort
    ends           planned end by cohort, where there is one: no register is due later
    taken          days with a register taken, by cohort
    lost           training days lost by centre, sorted
    heard          day of the newest entry by centre; None = nothing yet. Its keys are all centres
    """

    on: date
    first: date
    last: date
    enrolments: Sequence[Enrolled] = ()
    marks: Sequence[Marked] = ()
    placements: Sequence[Placed] = ()
    returns: Sequence[Returned] = ()
    days: Mapping[CohortKey, CohortDays] | None = None
    ends: Mapping[CohortKey, date] | None = None
    taken: Mapping[CohortKey, frozenset[date]] | None = None
    lost: Mapping[str, Sequence[date]] | None = None
    heard: Mapping[str, date | None] | None = None

    def by_centre(self) -> "dict[str, Facts]":
        """The facts of each centre alone."""
        enrolments, marks = _own(self.enrolments), _own(self.marks)
        placements, returns = _own(self.placements), _own(self.returns)
        days: dict[str, dict[CohortKey, CohortDays]] = defaultdict(dict)
        for key, found in (self.days or {}).items():
            days[key.centre][key] = found
        return {
            centre: replace(
                self,
                enrolments=enrolments[centre],
                marks=marks[centre],
                placements=placements[centre],
                returns=returns[centre],
                days=days[centre],
                lost={centre: (self.lost or {}).get(centre, ())},
                heard={centre: day},
            )
            for centre, day in (self.heard or {}).items()
        }

    def days_of(self, key: CohortKey) -> CohortDays:
        """The days of a cohort."""
        return (self.days or {}).get(key, NO_DAYS)

    def taken_of(self, key: CohortKey) -> frozenset[date]:
        """The days on which a cohort's register was taken."""
        return (self.taken or {}).get(key, frozenset())

    def has(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.first <= day <= self.last


def _own(all_rows: Iterable[Counted]) -> dict[str, list[Counted]]:
    found: dict[str, list[Counted]] = defaultdict(list)
    for row in all_rows:
        found[row.group.centre].append(row)
    return found


Figures = dict[str, Figure]
Compute = Callable[[Facts, Split], Figures]


@dataclass(frozen=True)
class Indicator:
    """What one indicator counts.

    number       I1 to I40 of the domain facts; "" for a figure that stands beside one
    denominator  None for a plain number
    unit         apprentices, percent ...
    splits       those in which the figure means something
    """

    name: str
    number: str
    title: str
    numerator: str
    denominator: str | None
    unit: str
    source: str
    splits: tuple[Split, ...]
    compute: Compute


INDICATORS: Final[dict[str, Indicator]] = {}
PEOPLE: Final = (Split.ALL, Split.SEX, Split.OCCUPATION, Split.CENTRE)


def _indicator(
    number: str,
    title: str,
    *,
    numerator: str,
    source: str,
    denominator: str | None = None,
    unit: str = "percent",
    splits: tuple[Split, ...] = PEOPLE,
) -> Callable[[Compute], Compute]:
    def add(compute: Compute) -> Compute:
        name = compute.__name__
        INDICATORS[name] = Indicator(name, number, title, numerator, denominator, unit, source, splits, compute)
        return compute

    return add


def _numbers(counted: Iterable[tuple[str, int]]) -> Figures:
    total: Counter[str] = Counter()
    for code, count in counted:
        total[code] += count
    return {code: Figure(count) for code, count in sorted(total.items())}


def _shares(counted: Iterable[tuple[str, int, int]]) -> Figures:
    """Figures from (code, part of the numerator, part of the denominator)."""
    above: Counter[str] = Counter()
    below: Counter[str] = Counter()
    for code, numerator, denominator in counted:
        above[code] += numerator
        below[code] += denominator
    return {code: Figure(above[code], below[code]) for code in sorted(below)}


# Who is there


@_indicator(
    "I1",
    N_("Apprentices enrolled"),
    numerator=N_("persons with an enrolment in force on the day"),
    unit="apprentices",
    source=N_("enrolments"),
)
def enrolled(facts: Facts, split: Split) -> Figures:
    """I1. Each person once in a centre."""
    return _numbers((each.group.code(split), each.size) for each in facts.enrolments if each.is_on(facts.on))


@_indicator(
    "I2",
    N_("New starts"),
    numerator=N_("enrolments that begin in the period"),
    unit="apprentices",
    source=N_("enrolments"),
)
def new_starts(facts: Facts, split: Split) -> Figures:
    """I2. By the first day of the enrolment."""
    return _numbers((each.group.code(split), each.size) for each in facts.enrolments if facts.has(each.first))


@_indicator(
    "I35",
    N_("Women among the apprentices"),
    numerator=N_("women enrolled on the day"),
    denominator=N_("apprentices enrolled on the day whose sex is recorded"),
    source=N_("enrolments"),
    splits=(Split.ALL, Split.OCCUPATION, Split.CENTRE),
)
def women(facts: Facts, split: Split) -> Figures:
    """I35."""
    there = [each for each in facts.enrolments if each.group.sex and each.is_on(facts.on)]
    return _shares((each.group.code(split), each.size if each.group.sex == "F" else 0, each.size) for each in there)


# Placements


@_indicator(
    "",
    N_("In placements"),
    numerator=N_("placements in force on the day and not suspended"),
    unit="placements",
    source=N_("placements, suspensions, closures of workplaces"),
)
def placed(facts: Facts, split: Split) -> Figures:
    """Active placements; `suspended` stands beside."""
    return _numbers((each.group.code(split), each.size) for each in facts.placements if not each.is_suspended)


@_indicator(
    "",
    N_("Placements suspended"),
    numerator=N_("placements in force on the day, suspended by a closure of the workplace or by decision"),
    unit="placements",
    source=N_("placements, suspensions, closures of workplaces"),
)
def suspended(facts: Facts, split: Split) -> Figures:
    """Apprentices displaced from their workplace."""
    return _numbers((each.group.code(split), each.size) for each in facts.placements if each.is_suspended)


@_indicator(
    "I34",
    N_("Employers with active placements"),
    numerator=N_("employers with at least one placement in force on the day and not suspended"),
    unit="employers",
    source=N_("placements, suspensions, closures of workplaces"),
)
def employers_engaged(facts: Facts, split: Split) -> Figures:
    """I34. An employer with women and men counts once for either, and once in all."""
    employers: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for each in facts.placements:
        if not each.is_suspended:
            employers[each.group.code(split)].add((each.group.centre, each.employer))
    return {code: Figure(len(found)) for code, found in sorted(employers.items())}


# Attendance


def _attendance(marks: Iterable[Marked], split: Split, *, at_workplace: bool) -> Figures:
    expected = (each for each in marks if each.is_workplace == at_workplace and each.status in EXPECTED)
    return _shares((each.group.code(split), each.size if each.status in ATTENDED else 0, each.size) for each in expected)


@_indicator(
    "I6",
    N_("Attendance at the centre"),
    numerator=N_("half days present, late or remote"),
    denominator=N_("half days present, late, remote or absent, on days of training and days taught anyway"),
    source=N_("registers taken"),
)
def attendance(facts: Facts, split: Split) -> Figures:
    """I6. A day is two half days. Excused ones are in neither number: see `excused`."""
    return _attendance(facts.marks, split, at_workplace=False)


@_indicator(
    "I7",
    N_("Attendance at the workplace"),
    numerator=N_("half days present, late or remote at a workplace"),
    denominator=N_("half days present, late, remote or absent at a workplace that was not closed"),
    source=N_("registers taken"),
)
def attendance_at_work(facts: Facts, split: Split) -> Figures:
    """I7."""
    return _attendance(facts.marks, split, at_workplace=True)


@_indicator(
    "",
    N_("Excused"),
    numerator=N_("half days excused, on days of training and days taught anyway"),
    unit="half-days",
    source=N_("registers taken"),
)
def excused(facts: Facts, split: Split) -> Figures:
    """Beside I6, never inside it."""
    marks = (each for each in facts.marks if each.status == "excused" and not each.is_workplace)
    return _numbers((each.group.code(split), each.size) for each in marks)


@_indicator(
    "I8",
    N_("Registers taken"),
    numerator=N_("registers taken on days on which they were due"),
    denominator=N_("days of training and days taught anyway of cohorts with apprentices"),
    source=N_("registers taken, calendar"),
    splits=(Split.ALL, Split.CENTRE),
)
def register_completeness(facts: Facts, split: Split) -> Figures:
    """I8. Several registers of a cohort on one day are one."""
    return _shares(_registers(facts, split))


def _registers(facts: Facts, split: Split) -> Iterable[tuple[str, int, int]]:
    spans: dict[CohortKey, list[Enrolled]] = defaultdict(list)
    for each in facts.enrolments:
        if each.cohort:
            spans[each.key].append(each)
    for key, members in spans.items():
        end = min(facts.last, (facts.ends or {}).get(key, facts.last))
        counted = [day for day in facts.days_of(key).counted if facts.first <= day <= end]
        due = {day for day in counted if any(each.is_on(day) for each in members)}
        yield Group(key.centre).code(split), len(due & facts.taken_of(key)), len(due)


# Closures


@_indicator(
    "I16",
    N_("Training days lost to closures"),
    numerator=N_("working days of the centre inside closures, public holidays not counted"),
    unit="days",
    source=N_("closures, weekly patterns, public holidays"),
    splits=(Split.CENTRE,),
)
def days_lost(facts: Facts, split: Split) -> Figures:
    """The days behind I16, of one centre; of several centres a sum would mean nothing."""
    lost = facts.lost or {}
    return {Group(centre).code(split): Figure(sum(map(facts.has, days))) for centre, days in sorted(lost.items())}


@_indicator(
    "I16",
    N_("Person-days lost to closures"),
    numerator=N_("apprentices enrolled times the training days that closures took from their cohort"),
    unit="person-days",
    source=N_("closures, weekly patterns, public holidays, enrolments"),
)
def person_days_lost(facts: Facts, split: Split) -> Figures:
    """I16. Each apprentice's own span of enrolment is respected."""
    lost_by_cohort = {key: [day for day in days.lost if facts.has(day)] for key, days in (facts.days or {}).items()}
    return _numbers(
        (each.group.code(split), each.size * person_days([(each.first, each.last)], lost_by_cohort.get(each.key, ())))
        for each in facts.enrolments
    )


@_indicator(
    "I17",
    N_("Returned after the reopening"),
    numerator=N_("of these, with at least one attended day within 30 days of the reopening"),
    denominator=N_("apprentices enrolled on the day before the latest closure that has ended"),
    source=N_("closures, resumptions, enrolments, registers taken"),
)
def return_rate(facts: Facts, split: Split) -> Figures:
    """I17, for the last reopening of each cohort."""
    return _shares((each.group.code(split), each.returned, each.expected) for each in facts.returns)


class Episode(NamedTuple):
    """A time without training: the last day before it, and the day on which it was over."""

    before: date
    reopened: date


def last_episode(intervals: Sequence[ClosedInterval], on: date) -> Episode | None:
    """The latest closed time that was over on a day; closures that overlap or touch are one.

    intervals  of one site, sorted by first day
    """
    found: Episode | None = None
    begin: date | None = None
    end: date | None = None  # None while nobody has reopened; date.min before the first
    for first, last, _ in intervals:
        if begin is None or (end is not None and first > end + _DAY):
            begin, end = first, last
        elif end is not None:
            end = None if last is None else max(end, last)
        if end is not None and end + _DAY <= on:
            found = Episode(begin - _DAY, end + _DAY)
        elif found is not None and found.before == begin - _DAY:
            found = None
    return found


# Sync


@_indicator(
    "I40",
    N_("Centres heard from"),
    numerator=N_("centres with an entry of the last 7 days"),
    denominator=N_("centres"),
    source=N_("newest entry of each centre"),
    splits=(Split.ALL, Split.CENTRE),
)
def centres_heard(facts: Facts, split: Split) -> Figures:
    """I40."""
    since = facts.on - timedelta(days=HEARD_WITHIN_DAYS)
    heard = (facts.heard or {}).items()
    return _shares((Group(centre).code(split), int(day is not None and day > since), 1) for centre, day in heard)
