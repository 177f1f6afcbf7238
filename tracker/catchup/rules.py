"""Hours owed and how they are made up. Pure: plain values only, minutes throughout; the calendar's days come as arguments.

    a cohort's course + where an apprentice was  --at_centre, at_work-->  Owed: what closures took, part by part what made it up
    the days ahead + ways of catching up         --added, made_up_on, effects-->  the day by which a debt is made up

A lost day is owed where it would have been spent: at the workplace by whom a placement expected there, else at the centre.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from tracker.calendar.rules import Span

Minutes = Mapping[date, int]
"""Minutes by day."""


class Kind(StrEnum):
    """The ways of catching up that somebody announces. A later end is an Extension: it is what everything else reads."""

    LONGER_DAYS = "longer_days"
    SATURDAYS = "saturdays"
    NO_BREAK = "no_break"


class Part(StrEnum):
    """What makes up for lost time, in the order in which it is explained."""

    TAUGHT = "taught"  # taught anyway on a closed day
    STAND_IN = "stand-in"  # worked elsewhere on a day lost at the own workplace
    REMOTE = "remote"  # marked remote on a lost day
    PACKS = "packs"  # remote packs brought back
    LONGER_DAYS = "longer_days"
    SATURDAYS = "saturdays"
    NO_BREAK = "no_break"
    AFTER = "after"  # trained after the original end


KINDS: Final = tuple(Kind)  # going through an enumeration itself takes ten times as long, and every apprentice's sum does
PARTS: Final = tuple(Part)
WORTH_OF: Final = tuple((kind, Part(kind.value)) for kind in Kind)


class Line(NamedTuple):
    """A line of the sum: so many minutes, on these days (oldest first; none where days do not matter)."""

    minutes: int = 0
    days: tuple[date, ...] = ()


NO_LINE: Final = Line()


@dataclass(frozen=True)
class Owed:
    """What closures took from somebody at one place of training, and what made it up, line by line."""

    lost: Line = NO_LINE
    lines: Mapping[Part, Line] = field(default_factory=dict)

    @property
    def made_up(self) -> int:
        """All that makes up, also beyond what was lost."""
        return sum(line.minutes for line in self.lines.values())

    @property
    def minutes(self) -> int:
        """What is still owed, never below nought."""
        return max(0, self.lost.minutes - self.made_up)

    @property
    def delivered(self) -> int:
        """What of the lost time has been made up, never more than was lost."""
        return self.lost.minutes - self.minutes

    @property
    def beyond(self) -> int:
        """What was made up beyond the loss: it pays nobody's debt."""
        return max(0, self.made_up - self.lost.minutes)


class Way(NamedTuple):
    """A way of catching up from `since` to `until`, both included; `until` None: as long as it takes.

    minutes  longer_days: more on each training day; saturdays: on each Saturday, None: as long as a training day; else None
    """

    kind: str
    since: date
    until: date | None
    minutes: int | None = None


@dataclass(frozen=True)
class Days:
    """The open days of a cohort's place, with their minutes as the week has them: what may be used to catch up.

    training   the days on which training is due anyway
    breaks     days that a break between terms takes
    saturdays  Saturdays that are none of both, and no holidays
    """

    training: Minutes = field(default_factory=dict)
    breaks: Minutes = field(default_factory=dict)
    saturdays: Minutes = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """What the calendar says of a cohort until today: the same for all its apprentices.

    lost     minutes by day of training that closures took, up to the original end, those taught anyway among them
    taught   which of them were taught anyway
    void     days whose marks were entered by mistake: they say nothing
    held     days whose register was taken
    extra    what the ways in force add, by kind (see `added`)
    after    minutes of the training days after the original end
    """

    lost: Minutes = field(default_factory=dict)
    taught: Collection[date] = ()
    void: Collection[date] = ()
    held: Collection[date] = ()
    extra: Mapping[str, Minutes] = field(default_factory=dict)
    after: Minutes = field(default_factory=dict)


@dataclass(frozen=True)
class Post:
    """A day on which a placement expects an apprentice at a workplace.

    placement  its id
    minutes    by the roster, else those of a training day
    is_open    the workplace is not closed
    is_late    the day lies after the placement's original end
    """

    placement: str
    minutes: int
    is_open: bool
    is_late: bool = False


# ---- what is owed


def at_centre(
    course: Course, spans: Sequence[Span], posts: Mapping[date, Sequence[Post]], remote: Mapping[date, int | None], packs: int
) -> Owed:
    """What an apprentice owes at the centre.

    spans   of the enrolments in the cohort
    posts   the days of placements: a day on which one expected him elsewhere was not lost here, and brought him nothing here
    remote  days marked remote, with the mark's minutes if it has some
    packs   minutes of the remote packs that he brought back
    """
    here = {on for on in course.lost if lies_in(on, spans) and on not in posts}
    lost = [on for on in course.lost if on in here]
    # Taught anyway is worth the whole day, whatever else is marked: a day is never counted twice.
    taught = [on for on in lost if on in course.taught]
    says = [on for on in lost if on in remote and on not in course.taught and on not in course.void]
    from_home = {on: _at_most(remote[on], course.lost[on]) for on in says}
    lines = {
        Part.TAUGHT: _line(course.lost, taught),
        Part.REMOTE: _line(from_home, from_home),
        Part.PACKS: Line(packs),
    }

    def was_there(on: date) -> bool:
        return on in course.held and lies_in(on, spans) and not any(post.is_open for post in posts.get(on, ()))

    for kind, part in WORTH_OF:
        minutes = course.extra.get(kind, {})
        lines[part] = _line(minutes, [on for on in minutes if was_there(on)])
    lines[Part.AFTER] = _line(course.after, [on for on in course.after if was_there(on)])
    return Owed(_line(course.lost, lost), _told(lines))


def at_work(posts: Mapping[date, Sequence[Post]], worked: Minutes, placement: str | None = None) -> Owed:
    """What an apprentice owes at the workplace, in all or of one placement.

    posts   by day, until today
    worked  minutes worked at a workplace, by day
    """
    lost: dict[date, int] = {}
    instead: dict[date, int] = {}
    late: dict[date, int] = {}
    for on, found in sorted(posts.items()):
        shut = [post for post in found if not post.is_open and not post.is_late and placement in (None, post.placement)]
        if shut:
            lost[on] = max(post.minutes for post in shut)
            if any(post.is_open for post in found):
                instead[on] = lost[on]  # whether he went there is a matter of attendance, not of the closure
        elif on in worked and any(post.is_open and post.is_late and placement in (None, post.placement) for post in found):
            late[on] = worked[on]
    lines = {Part.STAND_IN: _line(instead, instead), Part.AFTER: _line(late, late)}
    return Owed(_line(lost, lost), _told(lines))


def lies_in(on: date, spans: Iterable[tuple[date, date | None]]) -> bool:
    """Whether a day lies in one of these spans, both days included; without a last day a span lasts."""
    for first, last in spans:  # noqa: SIM110 - asked for every lost day of everybody; `any` takes three times as long
        if first <= on and (last is None or on <= last):
            return True
    return False


def _at_most(minutes: int | None, most: int) -> int:
    return most if minutes is None else min(minutes, most)


def _line(minutes: Minutes, days: Iterable[date]) -> Line:
    listed = sorted(days)
    return Line(sum(minutes[on] for on in listed), tuple(listed))


def _told(lines: Mapping[Part, Line]) -> dict[Part, Line]:
    return {part: lines[part] for part in PARTS if part in lines and lines[part].minutes}


class Runs(NamedTuple):
    """Days of a list that follow one another: so many from `first` to `last`."""

    first: date
    last: date
    days: int


def runs(days: Sequence[date], *, gap_days: int = 4) -> list[Runs]:
    """The days gathered into runs, oldest first: a weekend with a holiday parts nothing, so that a closure reads as one line."""
    found: list[Runs] = []
    for on in days:
        if found and (on - found[-1].last).days <= gap_days:
            found[-1] = Runs(found[-1].first, on, found[-1].days + 1)
        else:
            found.append(Runs(on, on, 1))
    return found


# ---- how it is made up


def added(ways: Iterable[Way], days: Days) -> dict[str, dict[date, int]]:
    """Minutes by day that these ways add to the week, by kind. Of two of one kind on one day the longer counts: one order, said twice."""
    ground = {Kind.LONGER_DAYS: days.training, Kind.SATURDAYS: days.saturdays, Kind.NO_BREAK: days.breaks}
    found: dict[str, dict[date, int]] = {}
    for way in ways:
        if way.kind not in KINDS:
            continue
        kind = Kind(way.kind)
        of_kind = found.setdefault(kind, {})
        for on, usual in ground[kind].items():
            if way.since <= on <= (way.until or date.max):
                of_kind[on] = max(of_kind.get(on, 0), _worth(way, usual))
    return found


def _worth(way: Way, usual: int) -> int:
    if way.kind == Kind.NO_BREAK:
        return usual
    return way.minutes or (usual if way.kind == Kind.SATURDAYS else 0)


def ahead(ends_on: date, today: date, ways: Iterable[Way], days: Days) -> dict[date, int]:
    """Minutes by day after today that make up for lost time: what is extra, and after the original end every day of training."""
    found: dict[date, int] = {on: minutes for on, minutes in days.training.items() if on > max(today, ends_on)}
    for minutes_by_day in added(ways, days).values():
        for on, minutes in minutes_by_day.items():
            if on > today:
                found[on] = found.get(on, 0) + minutes
    return dict(sorted(found.items()))


def made_up_on(ends_on: date, owed: int, minutes_by_day: Minutes) -> date | None:
    """The day by which so much is made up, not before the original end; None where the days given do not suffice.

    minutes_by_day  oldest first
    """
    if owed <= 0:
        return ends_on
    for on, minutes in minutes_by_day.items():
        owed -= minutes
        if owed <= 0:
            return max(ends_on, on)
    return None


class Effect(NamedTuple):
    """What some ways bring: how much is made up until the original end, and the day by which all is."""

    ways: tuple[Way, ...]
    before_end: int
    ends_on: date | None


def effect(ends_on: date, today: date, owed: int, ways: Sequence[Way], days: Days) -> Effect:
    """What these ways bring together."""
    minutes = ahead(ends_on, today, ways, days)
    before = sum(each for on, each in minutes.items() if on <= ends_on)
    return Effect(tuple(ways), min(before, max(owed, 0)), made_up_on(ends_on, owed, minutes))


def effects(ends_on: date, today: date, owed: int, in_force: Sequence[Way], offered: Sequence[Way], days: Days) -> list[Effect]:
    """What happens if nothing is chosen; then each way offered alone beside those in force; then, of several, all together."""
    chosen: list[tuple[Way, ...]] = [(), *((way,) for way in offered)]
    if len(offered) > 1:
        chosen.append(tuple(offered))
    found = [effect(ends_on, today, owed, [*in_force, *ways], days) for ways in chosen]
    return [each._replace(ways=ways) for each, ways in zip(found, chosen, strict=True)]
