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


# The first year of each age band with its code; Tanzanian youth ends at 35.
AGE_BANDS: Final = ((15, "15-17"), (18, "18-24"), (25, "25-35"), (36, "36+"))
YOUNGER: Final = "0-14"
# By the six questions of the Washington Group; who was not asked is in neither.
WITH_DIFFICULTY, WITHOUT_DIFFICULTY = "with", "without"
THEORY, PLACEMENT = "theory", "placement"


class Split(StrEnum):
    """By what figures are told apart; its values are the fields of a group."""

    ALL = "all"
    SEX = "sex"
    AGE = "age"
    DISABILITY = "disability"
    OCCUPATION = "occupation"
    PHASE = "phase"
    CENTRE = "centre"
    REGION = "region"
    TOPIC = "topic"  # of safety sessions; no field of a group


class Group(NamedTuple):
    """Apprentices who are alike in everything a figure is split by. A code not recorded is "".

    centre      partition
    age         code of AGE_BANDS, on the day of stock figures
    disability  WITH_DIFFICULTY or WITHOUT_DIFFICULTY; "" for those who were not asked
    region      the centre's
    phase       THEORY or PLACEMENT where the figure knows it
    """

    centre: str
    sex: str = ""
    occupation: str = ""
    age: str = ""
    disability: str = ""
    region: str = ""
    phase: str = ""

    def code(self, split: Split) -> str:
        """The group's code in a split."""
        return "" if split == Split.ALL else str(getattr(self, split))


def phase_of(*, is_placed: bool) -> str:
    """The phase of somebody who has a placement, or none."""
    return PLACEMENT if is_placed else THEORY


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


class Stayed(NamedTuple):
    """What closures of the period did to people of one group in placements.

    elsewhere  person-days that were not lost at the centre, since a placement expected them elsewhere
    lost       person-days on which a placement expected them and the workplace was closed
    people     how many they are
    """

    group: Group
    elsewhere: int
    lost: int
    people: int = 0


class Halted(NamedTuple):
    """So many placements of one group that a closure of the workplace has suspended; and whether they go on again."""

    group: Group
    has_reopened: bool
    size: int


class CaughtUp(NamedTuple):
    """Minutes that closures took from people of one group, at the centre or the workplace as its phase says, and what was made up."""

    group: Group
    lost: int
    delivered: int
    people: int


class Covered(NamedTuple):
    """So many apprentices of one group, enrolled on the day, who hold a valid session on a topic, or do not."""

    group: Group
    topic: str
    is_valid: bool
    size: int


Counted = TypeVar("Counted", Enrolled, Marked, Placed, Returned, Stayed, Halted, CaughtUp, Covered)


@dataclass(frozen=True, slots=True)
class CohortDays:
    """The days of one cohort within what was read.

    counted           days of training, and days taught anyway: registers are due on these, and marks count on these alone
    lost              days of training that closures took, sorted
    workplace_closed  days on which marks at a workplace do not count
    away              days on which all its apprentices were at a workplace, so that no register was due
    """

    counted: frozenset[date]
    lost: Sequence[date] = ()
    workplace_closed: frozenset[date] = frozenset()
    away: frozenset[date] = frozenset()


NO_DAYS: Final = CohortDays(frozenset())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the indicators are worked out from.

    on             the day of stock figures
    first, last    the period of flow figures, both included
    days           by cohort
    ends           planned end by cohort, where there is one: no register is due later
    taken          days of which the register was taken, in both halves or for the whole day, by cohort
    lost           training days lost by centre, sorted
    heard          day of the newest entry by centre; None = nothing yet. Its keys are all centres
    regions        by centre
    halts, balances, covered  only where `recovery.with_recovery` has read them
    topic          of the safety sessions that I20 is about: the one held last
    """

    on: date
    first: date
    last: date
    enrolments: Sequence[Enrolled] = ()
    marks: Sequence[Marked] = ()
    placements: Sequence[Placed] = ()
    returns: Sequence[Returned] = ()
    stays: Sequence[Stayed] = ()
    halts: Sequence[Halted] = ()
    balances: Sequence[CaughtUp] = ()
    covered: Sequence[Covered] = ()
    topic: str | None = None
    days: Mapping[CohortKey, CohortDays] | None = None
    ends: Mapping[CohortKey, date] | None = None
    taken: Mapping[CohortKey, frozenset[date]] | None = None
    lost: Mapping[str, Sequence[date]] | None = None
    heard: Mapping[str, date | None] | None = None
    regions: Mapping[str, str] | None = None

    def by_centre(self) -> "dict[str, Facts]":
        """The facts of each centre alone."""
        enrolments, marks = _own(self.enrolments), _own(self.marks)
        placements, returns, stays = _own(self.placements), _own(self.returns), _own(self.stays)
        halts, balances, covered = _own(self.halts), _own(self.balances), _own(self.covered)
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
                stays=stays[centre],
                halts=halts[centre],
                balances=balances[centre],
                covered=covered[centre],
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
        """The days of which a cohort's register was taken."""
        return (self.taken or {}).get(key, frozenset())

    def people(self, split: Split) -> dict[str, int]:
        """How many apprentices of each code of a split were enrolled on some day of the period; by phase, were in a placement at all."""
        there = [each for each in self.enrolments if each.first <= self.last and (each.last is None or self.first <= each.last)]
        if split == Split.PHASE:
            return {THEORY: sum(each.size for each in there), PLACEMENT: sum(each.people for each in self.stays)}
        counts: Counter[str] = Counter()
        for each in there:
            counts[each.group.code(split)] += each.size
        return dict(counts)

    def group(self, centre: str) -> Group:
        """A centre's apprentices, whoever they are."""
        return Group(centre, region=(self.regions or {}).get(centre, ""))

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


class Basis(StrEnum):
    """Whose number tells whether a figure might give somebody away: where few people stand behind it, it stays in the office."""

    FIGURE = "figure"  # the figure itself, or its denominator, counts people or their placements
    GROUP = "group"  # it counts days or hours of the people of a group
    NOBODY = "nobody"  # it is about a centre, not about people


@dataclass(frozen=True)
class Indicator:
    """What one indicator counts.

    number       I1 to I40 of the domain facts; "" for a figure that stands beside one
    denominator  None for a plain number
    unit         apprentices, percent ...
    splits       those in which the figure means something
    basis        who stands behind a figure
    """

    name: str
    number: str
    title: str
    numerator: str
    denominator: str | None
    unit: str
    source: str
    splits: tuple[Split, ...]
    basis: Basis
    compute: Compute


INDICATORS: Final[dict[str, Indicator]] = {}
PEOPLE: Final = (Split.ALL, Split.SEX, Split.AGE, Split.DISABILITY, Split.OCCUPATION, Split.CENTRE, Split.REGION)
PHASES: Final = (*PEOPLE, Split.PHASE)
PLACES: Final = (Split.ALL, Split.CENTRE, Split.REGION)


def _indicator(
    number: str,
    title: str,
    *,
    numerator: str,
    source: str,
    denominator: str | None = None,
    unit: str = "percent",
    splits: tuple[Split, ...] = PEOPLE,
    basis: Basis = Basis.FIGURE,
) -> Callable[[Compute], Compute]:
    def add(compute: Compute) -> Compute:
        name = compute.__name__
        INDICATORS[name] = Indicator(name, number, title, numerator, denominator, unit, source, splits, basis, compute)
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
    splits=(Split.ALL, Split.AGE, Split.DISABILITY, Split.OCCUPATION, Split.CENTRE, Split.REGION),
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
    basis=Basis.NOBODY,
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
    basis=Basis.GROUP,
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
    basis=Basis.GROUP,
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
    basis=Basis.GROUP,
)
def excused(facts: Facts, split: Split) -> Figures:
    """Beside I6, never inside it."""
    marks = (each for each in facts.marks if each.status == "excused" and not each.is_workplace)
    return _numbers((each.group.code(split), each.size) for each in marks)


@_indicator(
    "I8",
    N_("Registers taken"),
    numerator=N_("registers taken on days on which they were due"),
    denominator=N_("days of training and days taught anyway of cohorts whose apprentices were not all at a workplace"),
    source=N_("registers taken, calendar"),
    splits=PLACES,
    basis=Basis.NOBODY,
)
def register_completeness(facts: Facts, split: Split) -> Figures:
    """I8. Several registers of a cohort on one day are one; a day of which half is left is not taken."""
    return _shares(_registers(facts, split))


def _registers(facts: Facts, split: Split) -> Iterable[tuple[str, int, int]]:
    spans: dict[CohortKey, list[Enrolled]] = defaultdict(list)
    for each in facts.enrolments:
        if each.cohort:
            spans[each.key].append(each)
    for key, members in spans.items():
        end = min(facts.last, (facts.ends or {}).get(key, facts.last))
        counted = [day for day in facts.days_of(key).counted - facts.days_of(key).away if facts.first <= day <= end]
        due = {day for day in counted if any(each.is_on(day) for each in members)}
        yield facts.group(key.centre).code(split), len(due & facts.taken_of(key)), len(due)


# Closures


@_indicator(
    "I16",
    N_("Training days lost to closures"),
    numerator=N_("working days of the centre inside closures, public holidays not counted"),
    unit="days",
    source=N_("closures, weekly patterns, public holidays"),
    splits=(Split.CENTRE,),
    basis=Basis.NOBODY,
)
def days_lost(facts: Facts, split: Split) -> Figures:
    """The days behind I16, of one centre; of several centres a sum would mean nothing."""
    lost = facts.lost or {}
    return {Group(centre).code(split): Figure(sum(map(facts.has, days))) for centre, days in sorted(lost.items())}


@_indicator(
    "I16",
    N_("Person-days lost to closures"),
    numerator=N_("days on which apprentices were expected and the place was closed: the centre, or for those in a placement the workplace"),
    unit="person-days",
    source=N_("closures, weekly patterns, public holidays, enrolments, placements"),
    splits=PHASES,
    basis=Basis.GROUP,
)
def person_days_lost(facts: Facts, split: Split) -> Figures:
    """I16. Each apprentice's own span of enrolment is respected; of those in a placement it is the workplace that counts."""
    lost_by_cohort = {key: [day for day in days.lost if facts.has(day)] for key, days in (facts.days or {}).items()}
    at_centre = [
        (each.group, each.size * person_days([(each.first, each.last)], lost_by_cohort.get(each.key, ()))) for each in facts.enrolments
    ]
    at_centre += [(each.group, -each.elsewhere) for each in facts.stays]
    at_work = [(each.group, each.lost) for each in facts.stays]
    return _numbers(
        (group._replace(phase=phase).code(split), count)
        for phase, found in ((THEORY, at_centre), (PLACEMENT, at_work))
        for group, count in found
    )


@_indicator(
    "I17",
    N_("Returned after the reopening"),
    numerator=N_("of these, present or late in person within 30 days of the reopening, on a day that counts"),
    denominator=N_("apprentices enrolled on the day before the latest closure that has ended"),
    source=N_("closures, resumptions, enrolments, registers taken"),
    splits=PHASES,
)
def return_rate(facts: Facts, split: Split) -> Figures:
    """I17, for the last reopening of each cohort; the phase is that of the day before the closure."""
    return _shares((each.group.code(split), each.returned, each.expected) for each in facts.returns)


@_indicator(
    "I18",
    N_("Returned to the workplace"),
    numerator=N_("of these, placements that go on again"),
    denominator=N_("placements that a closure of the workplace has suspended up to the day"),
    source=N_("placements, closures and resumptions of workplaces"),
    splits=PHASES,
)
def workplace_return(facts: Facts, split: Split) -> Figures:
    """I18. A placement counts once, for the latest closure; what people decided to suspend is no part of it."""
    return _shares((each.group.code(split), each.size if each.has_reopened else 0, each.size) for each in facts.halts)


@_indicator(
    "I19",
    N_("Caught up"),
    numerator=N_("minutes of these that have been made up, each apprentice's at most as many as were lost"),
    denominator=N_("minutes of training that closures took from apprentices up to the day"),
    source=N_("closures, placements, ways of catching up, registers taken, remote packs"),
    splits=PHASES,
    basis=Basis.GROUP,
)
def caught_up(facts: Facts, split: Split) -> Figures:
    """I19. The phase says where they were lost."""
    return _shares((each.group.code(split), each.delivered, each.lost) for each in facts.balances)


@_indicator(
    "I20",
    N_("Health and safety training"),
    numerator=N_("of these, with a session that is still valid on the day"),
    denominator=N_("apprentices enrolled on the day"),
    source=N_("health and safety sessions, enrolments"),
    splits=(*PHASES, Split.TOPIC),
)
def safety_trained(facts: Facts, split: Split) -> Figures:
    """I20, by topic; in every other split for the topic of the session held last."""
    if split == Split.TOPIC:
        return _shares((each.topic, each.size if each.is_valid else 0, each.size) for each in facts.covered)
    about = (each for each in facts.covered if each.topic == facts.topic)
    return _shares((each.group.code(split), each.size if each.is_valid else 0, each.size) for each in about)


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
    splits=PLACES,
    basis=Basis.NOBODY,
)
def centres_heard(facts: Facts, split: Split) -> Figures:
    """I40."""
    since = facts.on - timedelta(days=HEARD_WITHIN_DAYS)
    heard = (facts.heard or {}).items()
    return _shares((facts.group(centre).code(split), int(day is not None and day > since), 1) for centre, day in heard)
