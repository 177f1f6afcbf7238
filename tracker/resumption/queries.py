"""The roll call of a resumption, the curve of return, and placements whose host is closed: of one centre at a time.

`return_curve` gives what a chart draws; `halted_placements` what indicator I18 counts.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from tracker import clock
from tracker.attendance.models import FollowUp, Mark
from tracker.attendance.queries import covering, enrolments_by_apprentice
from tracker.calendar.models import Resumption
from tracker.calendar.queries import Calendar, calendar_for, ClosureStory, names_for
from tracker.calendar.rules import DayKind, ResumptionKind, Site, SiteKind
from tracker.country import tz
from tracker.db import db
from tracker.employers import queries as employers
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.people import queries as people
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.people.rules import ENDS, is_enrolled
from tracker.placements import queries as placements
from tracker.placements.models import Placement
from tracker.places import queries as places
from tracker.policy import Actor, kind_of, may
from tracker.resumption import rules
from tracker.resumption.rules import Call, Episode, Halt, Point, State, StateKind, Stay, Totals

NAMED_TO: Final = ("registrar", "instructor")  # who calls apprentices sees names and numbers; above a centre there are figures only
FRESH: Final = timedelta(days=60)  # how long after a reopening the first page asks who has not come back
CAME: Final = ("present", "late")
AFAR: Final = "remote"
WORKPLACE: Final = "workplace"
NO_SEX: Final = ""
_DAY = timedelta(days=1)
scope_names = names_for


# ---- whose roll call


def home(actor: Actor, asked: str | None) -> str | None:
    """The centre that a page is about: the actor's own, else the one asked for; None: all that he sees. Raises NotFound."""
    found = people.scope(actor, asked)
    if found is not None and (kind_of(found) != "centre" or not may(actor, "read", found)):
        raise NotFound
    return found


def centre_names(actor: Actor) -> dict[str, str]:
    """The names of the centres that the actor sees, by partition."""
    return people.centre_names(actor)


def sees_names(actor: Actor, partition: str) -> bool:
    """Whether the pages of a centre name people to the actor."""
    return actor.role in NAMED_TO and partition == places.home_partition(actor)


# ---- the roll call


@dataclass(frozen=True)
class Person:
    """An apprentice who was enrolled on the day before a closure, and what became of him.

    cohort     his cohort on that day; None: in none
    enrolment  the present one, else the latest
    last       the latest attempt to reach him since it closed
    may_call   whether the actor may write down an attempt
    """

    apprentice: Apprentice
    cohort: Cohort | None
    enrolment: Enrolment
    state: State
    last: FollowUp | None
    may_call: bool

    @property
    def sex(self) -> str:
        """Code; empty where nobody recorded it."""
        return self.apprentice.sex or NO_SEX


@dataclass(frozen=True)
class RollCall:
    """The roll call of one closure in one centre.

    people  who is to be called next stands first; then who is called later, who left, who is back, who still waits
    """

    story: ClosureStory
    partition: str
    on: date
    people: tuple[Person, ...]

    @cached_property
    def totals(self) -> Totals:
        """How many became what."""
        return rules.tally(each.state for each in self.people)

    def by_sex(self) -> dict[str, Totals]:
        """The same by code of the sex."""
        return _grouped(self.people, lambda each: each.sex)

    def by_cohort(self) -> dict[str, Totals]:
        """The same by id of the cohort, by its name; those in none have the empty id, and stand last."""
        names = {each.cohort.id: (each.cohort.name or "").casefold() for each in self.people if each.cohort}
        found = _grouped(self.people, lambda each: each.cohort.id if each.cohort else "")
        return {key: found[key] for key in sorted(found, key=lambda key: (not key, names.get(key, ""), key))}

    @cached_property
    def reopened(self) -> tuple[date, ...]:
        """The days on which places opened again by now, the earliest first; several where it was phased."""
        days = {each.state.reopened for each in self.people if each.state.kind != StateKind.STILL_CLOSED}
        return tuple(sorted(day for day in days if day))

    def of_cohort(self, cohort_id: str | None) -> "RollCall":
        """That of one cohort; None: the same."""
        kept = [each for each in self.people if cohort_id is None or (each.cohort.id if each.cohort else "") == cohort_id]
        return RollCall(self.story, self.partition, self.on, tuple(kept))


def _grouped(found: Iterable[Person], key: Callable[[Person], str]) -> dict[str, Totals]:
    states: dict[str, list[State]] = defaultdict(list)
    for each in found:
        states[key(each)].append(each.state)
    return {code: rules.tally(states[code]) for code in sorted(states)}


def roll_call(actor: Actor, partition: str, closure_id: str, on: date | None = None) -> RollCall:
    """Who has come back to a centre after a closure, as known on a day (today). Raises NotFound.

    Expected is who was enrolled on the day before the closure and whose cohort's place is open again; returned, who has
    attended since, wherever it was: present or late, not from afar.
    """
    centre = _Centre.read(actor, partition, on or clock.today())
    story = centre.calendar.story(closure_id)
    if story is None:
        raise NotFound
    return centre.roll_call(story)


def roll_calls(actor: Actor, partition: str, on: date | None = None, since: date | None = None) -> list[RollCall]:
    """The roll calls of all closures after which some place of a centre is open again, the latest reopened first. Raises NotFound.

    since  only those of which a place opened on this day or later
    """
    centre = _Centre.read(actor, partition, on or clock.today())
    found = [centre.roll_call(story) for story in centre.calendar.stories if centre.has_reopened(story)]
    shown = [each for each in found if each.reopened and (since is None or each.reopened[-1] >= since)]
    return sorted(shown, key=lambda each: (each.reopened[-1], each.totals.missing, each.story.row.id), reverse=True)


# ---- the curve of return


@dataclass(frozen=True)
class Curve:
    """How many were back by the end of each week, of those expected by then: of all, and by code of the sex. Oldest first; may be empty."""

    points: Sequence[Point]
    by_sex: Mapping[str, Sequence[Point]]


def return_curve(actor: Actor, partition: str, closure_id: str, on: date | None = None) -> Curve:
    """The curve of return to a centre after a closure, as known on a day (today). Raises NotFound."""
    return curve_of(roll_call(actor, partition, closure_id, on).people, on or clock.today())


def curve_of(found: Collection[Person], on: date) -> Curve:
    """The curve of return of these people, of one centre or of several."""
    states = [each.state for each in found]
    untils = rules.weeks(states, on)
    by_sex: dict[str, list[State]] = defaultdict(list)
    for each in found:
        by_sex[each.sex].append(each.state)
    return Curve(rules.curve(states, untils), {code: rules.curve(by_sex[code], untils) for code in sorted(by_sex)})


# ---- many centres


@dataclass(frozen=True)
class ByCentre:
    """A closure with its roll calls by partition of the centre."""

    story: ClosureStory
    names: Mapping[tuple[str, str], str]
    rolls: Mapping[str, RollCall]

    @property
    def totals(self) -> Totals:
        """Of all these centres together."""
        return sum((each.totals for each in self.rolls.values()), Totals())

    @property
    def curve(self) -> Curve:
        """The curve of return to all these centres together."""
        on = max(each.on for each in self.rolls.values())
        return curve_of([person for each in self.rolls.values() for person in each.people], on)


def closures_with_roll_calls(actor: Actor, partitions: Iterable[str]) -> list[ByCentre]:
    """The closures after which something in these centres is open again, the latest begun first. Raises NotFound."""
    found: dict[str, dict[str, RollCall]] = defaultdict(dict)
    for partition in partitions:
        for roll in roll_calls(actor, partition):
            found[roll.story.row.id][partition] = roll
    grouped = [ByCentre(_any(rolls).story, scope_names(_any(rolls).story.row.partition), rolls) for rolls in found.values()]
    return sorted(grouped, key=lambda each: (each.story.since or date.min, each.story.row.id), reverse=True)


def _any(rolls: Mapping[str, RollCall]) -> RollCall:
    return next(iter(rolls.values()))


def is_shown(each: Person, view: str) -> bool:
    """Whether a view of the list shows somebody: missing, all, or one of StateKind."""
    return view in ("all", each.state.kind) or (view == "missing" and each.state.is_missing)


def not_back(actor: Actor) -> RollCall | None:
    """The roll call that the first page leads to: of a reopening of the last 60 days, with somebody who has not been seen."""
    partition, today = places.home_partition(actor), clock.today()
    if partition is None or not may(actor, "read", partition):
        return None
    recent = select(Resumption.id).where(
        or_(Resumption.partition.not_like("centre/%"), Resumption.partition == partition),
        Resumption.kind == ResumptionKind.REOPENED,
        Resumption.void_reason.is_(None),
        Resumption.since.between(today - FRESH, today),
    )
    if db.session.execute(recent.limit(1)).first() is None:  # on nearly all days, and the first page has no time to lose
        return None
    return next((each for each in roll_calls(actor, partition, today, today - FRESH) if each.totals.missing), None)


@dataclass(frozen=True)
class _Centre:
    """All that the roll calls of a centre stand on, read once.

    enrolments  by apprentice, the earliest first
    """

    actor: Actor
    calendar: Calendar
    today: date
    apprentices: Mapping[str, Apprentice]
    cohorts: Mapping[str, Cohort]
    enrolments: Mapping[str, Sequence[Enrolment]]
    calls: Mapping[str, Sequence[FollowUp]]

    @classmethod
    def read(cls, actor: Actor, partition: str, today: date) -> "_Centre":
        """Raises NotFound for a centre that the actor does not see."""
        calendar, session = calendar_for(actor, partition), db.session
        apprentices = session.scalars(select(Apprentice).where(Apprentice.partition == partition, Apprentice.void_reason.is_(None)))
        by_id = {row.id: row for row in apprentices}
        enrolments: dict[str, list[Enrolment]] = defaultdict(list)
        for row in sorted(people.enrolments(actor, partition), key=lambda row: row.starts_on or date.min):
            # Left, and nobody wrote when: not to be counted as there on any day.
            if row.apprentice_id in by_id and (row.ended_on or row.status not in ENDS):
                enrolments[row.apprentice_id].append(row)
        calls: dict[str, list[FollowUp]] = defaultdict(list)
        rows = session.scalars(select(FollowUp).where(FollowUp.partition == partition, FollowUp.void_reason.is_(None)))
        for call in sorted(rows, key=lambda row: (row.on or date.min, row.at or 0, row.id)):
            if call.on and call.on <= today:
                calls[call.apprentice_id or ""].append(call)
        cohorts = {row.id: row for row in session.scalars(select(Cohort).where(Cohort.partition == partition))}
        return cls(actor, calendar, today, by_id, cohorts, enrolments, calls)

    def site(self, cohort_id: str | None) -> Site:
        """Where a cohort is taught; who is in none belongs to the centre as a whole."""
        cohort = self.cohorts.get(cohort_id or "")
        return self.calendar.site_of(cohort) if cohort else self.calendar.site_of_campus(None)

    def episode(self, closure: str, cohort_id: str | None) -> Episode | None:
        """When a cohort's place was closed by a closure."""
        return rules.episode_of(closure, self.calendar.intervals(self.site(cohort_id)))

    def has_reopened(self, story: ClosureStory) -> bool:
        """Whether any place that the closure shut is open again."""
        found = (self.episode(story.row.id, key) for key in {row.cohort_id for rows in self.enrolments.values() for row in rows})
        return any(each is not None and each.reopened is not None and each.reopened <= self.today for each in found)

    def roll_call(self, story: ClosureStory) -> RollCall:
        """The roll call of one closure."""
        episodes = {key: self.episode(story.row.id, key) for key in {row.cohort_id for rows in self.enrolments.values() for row in rows}}
        expected: dict[str, _Expected] = {}
        for key, rows in self.enrolments.items():
            for row in reversed(rows):
                episode = episodes[row.cohort_id]
                if episode and is_enrolled(row.starts_on, row.ended_on, episode.before):
                    stays = self._stays(rows[rows.index(row) :], episodes)
                    expected[key] = _Expected(row.cohort_id, episode.before, rules.expected_from(stays))
                    break
        seen = self._seen({key: each.reopened for key, each in expected.items() if each.reopened and each.reopened <= self.today})
        found = [self._person(key, each, seen.get(key)) for key, each in expected.items()]
        return RollCall(story, self.calendar.partition, self.today, tuple(sorted(found, key=_urgency)))

    def _stays(self, rows: Sequence[Enrolment], episodes: Mapping[str | None, Episode | None]) -> list[Stay]:
        stays = []
        for row in rows:
            first, episode = row.starts_on or date.min, episodes[row.cohort_id]
            # A cohort that this closure did not shut is open; whoever moved there is expected from then on.
            stays.append(Stay(first, row.ended_on, episode.reopened if episode else first))
        return stays

    def _person(self, key: str, each: "_Expected", seen_on: date | None) -> Person:
        rows, calls = self.enrolments[key], [row for row in self.calls.get(key, ()) if row.on and row.on > each.before]
        running = [row for row in rows if row.ended_on is None or (row.ended_on >= self.today and row.status not in ENDS)]
        latest = max(running or rows, key=lambda row: (row.ended_on or date.max, row.starts_on or date.min))
        state = rules.state_of(
            self.today,
            each.reopened,
            seen_on=seen_on,
            left_on=None if running else latest.ended_on,
            calls=[Call(row.on, row.outcome or "", row.expected_on) for row in calls if row.on],
        )
        cohort, last = self.cohorts.get(each.cohort_id or ""), calls[-1] if calls else None
        return Person(self.apprentices[key], cohort, latest, state, last, may_call=may(self.actor, "mark", latest))

    def _seen(self, since: Mapping[str, date]) -> dict[str, date]:
        """The first day on which each of these apprentices attended, from his own first day on; days that do not count are none."""
        found: dict[str, date] = {}
        for first in sorted(set(since.values())):
            came = (
                Mark.partition == self.calendar.partition,
                Mark.on.between(first, self.today),
                Mark.status.in_(CAME),
                func.coalesce(Mark.place, "") != AFAR,
            )
            earliest = select(Mark.apprentice_id, func.min(Mark.on), Mark.place).where(*came).group_by(Mark.apprentice_id, Mark.place)
            off = set()
            for key, on, place in sorted(db.session.execute(earliest), key=lambda each: each[1]):
                if since.get(key) == first and key not in found and key not in off:
                    if self._counts(key, on, place):
                        found[key] = on
                    else:
                        off.add(key)
            # Only of the few whose first mark does not count the others are read: there may be a hundred thousand.
            for start in range(0, len(off), people.CHUNK):
                ids = sorted(off)[start : start + people.CHUNK]
                rows = select(Mark.apprentice_id, Mark.on, Mark.place).where(*came, Mark.apprentice_id.in_(ids)).order_by(Mark.on)
                for key, on, place in db.session.execute(rows):
                    if key not in found and self._counts(key, on, place):
                        found[key] = on
        return found

    def _counts(self, apprentice_id: str, on: date, place: str | None) -> bool:
        """Whether a mark of a day counts: at the centre on a day taught, at a workplace while workplaces are open."""
        row = next((row for row in reversed(self.enrolments[apprentice_id]) if is_enrolled(row.starts_on, row.ended_on, on)), None)
        cohort = self.cohorts.get((row and row.cohort_id) or "")
        return counts_as_back(self.calendar, self.site(cohort.id if cohort else None), cohort, on, is_workplace=place == WORKPLACE)


def counts_as_back(calendar: Calendar, site: Site, cohort: Cohort | None, on: date, *, is_workplace: bool) -> bool:
    """Whether one who was there on a day is back: at the centre on a day taught, at a workplace while workplaces are open.

    site  where the cohort is taught; None: those in none, who belong to the centre as a whole
    """
    if is_workplace:
        return not calendar.closures_at(replace(site, kind=SiteKind.WORKPLACE), on)
    if cohort:
        return calendar.counts(cohort, on)
    return calendar.day_at(site, on).kind == DayKind.TRAINING


class _Expected(NamedTuple):
    """Whom a roll call is about: his cohort on the last day before it closed, that day, and when his place opened again."""

    cohort_id: str | None
    before: date
    reopened: date | None


_ORDER: Final = (StateKind.NOT_SEEN, StateKind.LEFT, StateKind.RETURNED, StateKind.STILL_CLOSED)


def _urgency(each: Person) -> tuple[int, date, str, str]:
    """Who should be called stands first, by the day from which on he should be."""
    kind = StateKind.NOT_SEEN if each.state.is_missing else each.state.kind
    return _ORDER.index(kind), each.state.call_on or date.max, each.apprentice.full_name.casefold(), each.apprentice.id


# ---- placements whose host is closed


@dataclass(frozen=True)
class Halted:
    """A placement whose host a closure shut while it ran, for the latest such time.

    since      the first day of it
    opens_on   the first day on which the host is open again, which may be to come; None: not known, or not before the end
    stand_in   the placement that stands in on the day asked for, or will; None if none does
    reopened   the day from which on the apprentice was expected there again, of days up to the one asked for
    """

    placement: Placement
    since: date
    opens_on: date | None
    stand_in: Placement | None
    reopened: date | None


def halted_placements(calendars: Mapping[str, Calendar], on: date, apprentice_id: str | None = None) -> list[Halted]:
    """Of these centres the placements that closures of their hosts halted up to a day: what indicator I18 counts.

    calendars      by partition; the caller has checked that the actor may read them
    apprentice_id  only his
    Suspended are all of them, re-opened those whose `reopened` is not None. Each stands once; pauses that people decided are none.
    """
    wanted: list[ColumnElement[bool]] = [
        Placement.partition.in_(calendars),
        Placement.void_reason.is_(None),
        Placement.starts_on.is_not(None),
    ]
    if apprentice_id:
        wanted.append(Placement.apprentice_id == apprentice_id)
    rows = db.session.scalars(select(Placement).where(*wanted).order_by(Placement.starts_on, Placement.id)).all()
    hosts = {(row.partition, row.id): row for row in db.session.scalars(select(Employer).where(Employer.partition.in_(calendars)))}
    stand_ins: dict[tuple[str, str], list[Placement]] = defaultdict(list)
    for row in rows:
        if row.replaces_id:
            stand_ins[row.partition, row.replaces_id].append(row)
    found = []
    for row in rows:
        employer, calendar = hosts.get((row.partition, row.employer_id or "")), calendars[row.partition]
        end = calendar.ends.of_placement(row)
        if employer is None or row.starts_on is None or row.starts_on > on:
            continue
        halt = rules.last_halt(row.starts_on, end, calendar.intervals(calendar.site_of_employer(employer)), on)
        if halt:
            spans = [(each, calendar.ends.of_placement(each)) for each in stand_ins[row.partition, row.id]]
            found.append(_halted(row, halt, end, spans, on))
    return found


def _halted(row: Placement, halt: Halt, end: date | None, stand_ins: Sequence[tuple[Placement, date | None]], on: date) -> Halted:
    ahead = [each for each, until in stand_ins if until is None or until >= on]
    reopened = halt.opened
    for _each, until in stand_ins:
        if reopened is not None and (until is None or until >= reopened):
            reopened = None if until is None else until + _DAY
    if reopened is not None and (reopened > on or (end is not None and reopened > end)):
        reopened = None
    return Halted(row, halt.since, halt.opened, ahead[-1] if ahead else None, reopened)


@dataclass(frozen=True)
class Displaced:
    """An apprentice who cannot be at the employer because that is closed; or who could again, while another placement stands in.

    opens_on        when the employer opens, where somebody has recorded it; None: not known
    is_open         whether it is open today
    is_centre_open  whether his cohort is taught at the centre on training days now: then he is there, else at home
    stand_in        the placement that stands in, and its employer
    is_kept         whether that employer is open
    """

    placement: Placement
    apprentice: Apprentice
    employer: Employer
    cohort: Cohort | None
    occupation: str | None
    since: date
    opens_on: date | None
    is_open: bool
    is_centre_open: bool
    stand_in: Placement | None
    host: Employer | None
    is_kept: bool

    @property
    def needs_place(self) -> bool:
        """Whether another employer would help."""
        return not self.is_open and not (self.stand_in and self.is_kept)

    @property
    def may_go_back(self) -> bool:
        """Whether somebody should ask if he goes back."""
        return self.is_open and self.stand_in is not None


def displaced(actor: Actor, partition: str, apprentice_id: str | None = None) -> list[Displaced]:
    """The displaced apprentices of a centre today, by employer, then name; only of those still enrolled. Raises NotFound."""
    calendar, today = calendar_for(actor, partition), clock.today()
    halted = halted_placements({partition: calendar}, today, apprentice_id)
    halted += _stood_in_for(calendar, {each.placement.id for each in halted}, today, apprentice_id)
    # A stand-in placement whose own host closed stands with the one that it replaces.
    answered = {each.stand_in.id for each in halted if each.stand_in}
    ids = {each.placement.apprentice_id for each in halted}
    rows = db.session.scalars(select(Apprentice).where(Apprentice.partition == partition, Apprentice.void_reason.is_(None)))
    apprentices = {row.id: row for row in rows if row.id in ids} if halted else {}
    enrolments = enrolments_by_apprentice(partition) if halted else {}
    found = (
        _displaced(calendar, each, apprentices[key], covering(enrolments.get(key, ()), today), today)
        for each in halted
        if each.placement.id not in answered and (key := each.placement.apprentice_id or "") in apprentices
    )
    return sorted((each for each in found if each), key=_by_employer)


def _stood_in_for(calendar: Calendar, halted: Collection[str], today: date, apprentice_id: str | None) -> list[Halted]:
    """Placements for which another one stands in though no closure halts them any more, since it was withdrawn: somebody ends it."""
    rows = select(Placement).where(
        Placement.partition == calendar.partition, Placement.void_reason.is_(None), Placement.replaces_id.is_not(None)
    )
    if apprentice_id:
        rows = rows.where(Placement.apprentice_id == apprentice_id)
    found: dict[str, Halted] = {}
    for row in db.session.scalars(rows.order_by(Placement.starts_on, Placement.id)):
        own = db.session.get(Placement, {"partition": row.partition, "id": row.replaces_id}) if row.replaces_id not in halted else None
        if own and own.void_reason is None and row.starts_on and today <= (calendar.ends.of_placement(row) or today):
            found[own.id] = Halted(own, row.starts_on, None, row, None)
    return list(found.values())


def grouped(found: Iterable[Displaced]) -> list[tuple[Employer, list[Displaced]]]:
    """What `displaced` gives, by employer, in its order."""
    groups = [list(rows) for _key, rows in groupby(found, key=lambda each: each.employer.id)]
    return [(rows[0].employer, rows) for rows in groups]


def _by_employer(each: Displaced) -> tuple[str, str, str, str]:
    return (each.employer.name or "").casefold(), each.employer.id, each.apprentice.full_name.casefold(), each.placement.id


def _displaced(calendar: Calendar, each: Halted, apprentice: Apprentice, enrolment: Enrolment | None, today: date) -> Displaced | None:
    """enrolment: the one that covers today."""
    row, end, employer = each.placement, calendar.ends.of_placement(each.placement), placements.employer_of(each.placement)
    if employer is None or enrolment is None or enrolment.status in ENDS or (end is not None and end < today):
        return None
    is_open = not calendar.workplace_closed(employer, today)
    if is_open and each.stand_in is None:
        return None
    cohort = db.session.get(Cohort, {"partition": row.partition, "id": enrolment.cohort_id}) if enrolment.cohort_id else None
    site = calendar.site_of(cohort) if cohort else calendar.site_of_campus(None)
    host = placements.employer_of(each.stand_in) if each.stand_in else None
    return Displaced(
        row,
        apprentice,
        employer,
        cohort,
        enrolment.occupation,
        each.since,
        each.opens_on,
        is_open,
        is_centre_open=not calendar.closures_at(site, today),
        stand_in=each.stand_in,
        host=host,
        is_kept=host is not None and not calendar.workplace_closed(host, today),
    )


@dataclass(frozen=True)
class Host:
    """An employer that could take somebody.

    room  how many more it takes; None: it has not said how many
    fits  whether it works in the sector of the apprentices' occupation
    """

    row: Employer
    room: int | None
    placed: int
    fits: bool


def open_hosts(actor: Actor, partition: str, on: date, occupations: Collection[str | None]) -> list[Host]:
    """The employers of a centre that are open on a day and not full: those of the occupations' sectors first, then by room, then name.

    Raises NotFound.
    """
    calendar = calendar_for(actor, partition)
    isic = [code for each in occupations if (known := tz.occupation(each or "")) for code in known.isic]
    placed: dict[str, set[str]] = defaultdict(set)
    for row in placements.placements(actor, partition):
        if row.starts_on and row.starts_on <= on <= (calendar.ends.of_placement(row) or date.max):
            placed[row.employer_id or ""].add(row.apprentice_id or "")
    found = [
        Host(row, rules.room(row.capacity, len(placed[row.id])), len(placed[row.id]), rules.fits_sector(row.sector, isic))
        for row in employers.employers(actor, partition)
        if not calendar.workplace_closed(row, on)
    ]
    return sorted((each for each in found if each.room != 0), key=_best_first)


def _best_first(each: Host) -> tuple[bool, bool, int, str, str]:
    return not each.fits, each.room is None, -(each.room or 0), (each.row.name or "").casefold(), each.row.id
