"""What a cohort owes after closures: the facts of its centre read once, and the debt of each of its apprentices worked out from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from sqlalchemy import select

from tracker import clock
from tracker.attendance import rules as marking
from tracker.attendance import sheet_queries
from tracker.attendance.models import Mark, Register
from tracker.attendance.reckoning import HALF_MINUTES
from tracker.calendar import rules as calendar_rules
from tracker.calendar.ends import COHORT, Ends, ends_in, PLACEMENT
from tracker.calendar.models import CatchUp, Extension
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import ClosedInterval, Span, Terms
from tracker.catchup import rules
from tracker.catchup.models import RemotePack, RemotePackReturn
from tracker.catchup.rules import Course, Days, Effect, Kind, Owed, Post, Way
from tracker.db import db
from tracker.employers.models import Employer
from tracker.people import queries as people
from tracker.people.models import Apprentice, Cohort
from tracker.people.rules import ACTIVE
from tracker.placements import queries as placements
from tracker.placements import rules as placement_rules
from tracker.placements.models import Placement, Roster, Suspension
from tracker.placements.rules import Hours, Pause
from tracker.policy import Actor
from tracker.programmes.queries import programme

ACTIVE_STATUSES: Final = (None, ACTIVE)
HORIZON: Final = timedelta(days=3 * 365)  # as far as anybody looks for the day on which all is made up
LONGEST: Final = timedelta(days=20 * 365)  # a mistyped year must not make a page reckon for a century
_DAY = timedelta(days=1)


# ---- the ground of all reckoning


@dataclass(frozen=True)
class Stay:
    """A placement with all that says on which days it expects the apprentice. `ends_on` is the end that holds."""

    row: Placement
    employer: Employer | None
    ends_on: date | None
    pauses: Sequence[Pause]
    hours: Sequence[Hours]
    closed: Sequence[ClosedInterval]

    @cached_property
    def shut(self) -> list[Span]:
        """When the host is closed."""
        return [Span(first, last) for first, last, _closure in self.closed]

    def post(self, on: date, usual: int) -> Post | None:
        """What the placement asks for on a day; None: it does not expect the apprentice.

        usual  minutes where no roster says any: those of a training day, 0 on another
        """
        if self.row.starts_on is None or not self.row.starts_on <= on <= (self.ends_on or date.max):
            return None
        if self.pauses and any(placement_rules.covers(pause, on) for pause in self.pauses):
            return None
        asked = placement_rules.rostered(self.hours, on)
        minutes = usual if asked is None else asked
        if not minutes:
            return None
        is_open = not rules.lies_in(on, self.shut)
        return Post(self.row.id, minutes, is_open, is_late=self.row.ends_on is not None and on > self.row.ends_on)


@dataclass(frozen=True)
class Ground:
    """The facts of a centre that its debts stand on, read once.

    ways     what was ordered to catch up, by cohort, the earliest first, withdrawn ones included
    packs    by cohort, withdrawn ones included
    returns  by pack: the day on which each apprentice brought it back
    """

    calendar: Calendar
    today: date
    ends: Ends
    stays: Mapping[str, Sequence[Stay]]
    ways: Mapping[str, Sequence[CatchUp]]
    packs: Mapping[str, Sequence[RemotePack]]
    returns: Mapping[str, Mapping[str, date]]

    @property
    def partition(self) -> str:
        """The centre's."""
        return self.calendar.partition


def ground_of(actor: Actor, partition: str, today: date | None = None) -> Ground:
    """Read what a centre's debts stand on. Raises NotFound."""
    calendar, ends = calendar_for(actor, partition), ends_in(partition)
    session = db.session
    ways: dict[str, list[CatchUp]] = defaultdict(list)
    for way in session.scalars(select(CatchUp).where(CatchUp.partition == partition).order_by(CatchUp.since, CatchUp.id)):
        ways[way.cohort_id or ""].append(way)
    packs: dict[str, list[RemotePack]] = defaultdict(list)
    for pack in session.scalars(select(RemotePack).where(RemotePack.partition == partition).order_by(RemotePack.given_on, RemotePack.id)):
        packs[pack.cohort_id or ""].append(pack)
    returns: dict[str, dict[str, date]] = defaultdict(dict)
    for back in session.scalars(select(RemotePackReturn).where(RemotePackReturn.partition == partition)):
        if back.returned_on:
            returns[back.pack_id][back.apprentice_id] = back.returned_on
    return Ground(calendar, today or clock.today(), ends, _stays(calendar, ends), ways, packs, returns)


def _stays(calendar: Calendar, ends: Ends) -> dict[str, list[Stay]]:
    """The placements that stand, by apprentice."""
    session, partition = db.session, calendar.partition
    employers = {row.id: row for row in session.scalars(select(Employer).where(Employer.partition == partition))}
    closed = {key: calendar.intervals(calendar.site_of_employer(row)) for key, row in employers.items()}
    paused: dict[str, list[Suspension]] = defaultdict(list)
    for pause in session.scalars(select(Suspension).where(Suspension.partition == partition)):
        paused[pause.placement_id or ""].append(pause)
    rosters: dict[str, list[Roster]] = defaultdict(list)
    for roster in session.scalars(select(Roster).where(Roster.partition == partition).order_by(Roster.since, Roster.id)):
        rosters[roster.placement_id or ""].append(roster)
    found: dict[str, list[Stay]] = defaultdict(list)
    standing = select(Placement).where(Placement.partition == partition, Placement.void_reason.is_(None))
    for row in session.scalars(standing.order_by(Placement.starts_on, Placement.id)):
        employer = row.employer_id or ""
        found[row.apprentice_id or ""].append(
            Stay(
                row,
                employers.get(employer),
                ends.of_placement(row),
                placements.pauses(paused[row.id]),
                placements.hours(rosters[row.id]),
                closed.get(employer, ()),
            )
        )
    return found


# ---- what a cohort owes


@dataclass(frozen=True)
class Debtor:
    """An apprentice of a cohort, with what closures took and what made it up."""

    apprentice: Apprentice
    is_active: bool
    centre: Owed
    work: Owed


@dataclass(frozen=True)
class StayDebt:
    """A placement with what is owed at it.

    to_come     minutes that closures whose end is known will take from tomorrow to the original end
    next_begin  the first day of the apprentice's next placement, if there is one
    made_up_on  the day by which all is made up when the placement simply goes on; None: not to be seen, while it is closed
    extension   the one in force
    """

    stay: Stay
    apprentice: Apprentice
    owed: Owed
    to_come: int
    next_begin: date | None
    made_up_on: date | None
    extension: Extension | None


@dataclass(frozen=True)
class Needed:
    """What the programme asks for: weeks, and the minutes of these weeks by the training week of today. None: it does not say."""

    centre_weeks: int | None
    centre: int | None
    work_weeks: int | None
    work: int | None


class CohortDebt:
    """A cohort with all that its debt is made of; each part is worked out when it is first asked for.

    looks_ahead  whether anybody will ask about days to come
    """

    def __init__(self, ground: Ground, cohort: Cohort, *, looks_ahead: bool = True) -> None:
        self.ground, self.cohort, self._looks_ahead = ground, cohort, looks_ahead
        self.original_end = sheet_queries.original_end(cohort)
        self.ends_on = sheet_queries.planned_end(cohort, ground.ends)
        self.extension = ground.ends.extension(COHORT, cohort)
        self.spans = sheet_queries.spans_in(cohort)
        calendar, site = ground.calendar, ground.calendar.site_of(cohort)
        self._weekly, self._holidays = calendar.weekly(cohort.campus_id), calendar.holidays(site.jurisdiction).keys()
        self._closed, self._terms = calendar.intervals(site), calendar.terms(site)
        self._posts: dict[str, dict[date, list[Post]]] = {}

    # The days

    @property
    def today(self) -> date:
        """The day until which is reckoned."""
        return self.ground.today

    @cached_property
    def _begin(self) -> date:
        firsts = [span.first for spans in self.spans.values() for span in spans if span.first > date.min]
        return max(self.cohort.starts_on or min(firsts, default=self.today), self.today - LONGEST)

    @cached_property
    def _reach(self) -> date:
        """The last day that any question is about."""
        if not self._looks_ahead:
            return self.today
        return min(max(self.original_end or self.today, self.ends_on or self.today, self.today), self.today + LONGEST) + HORIZON

    def _minutes(self, days: Iterable[date]) -> dict[date, int]:
        found = {}
        for on in days:
            pattern = calendar_rules.pattern_on(on, self._weekly)
            am, pm = (pattern.am_minutes, pattern.pm_minutes) if pattern else (None, None)
            found[on] = (HALF_MINUTES if am is None else am) + (HALF_MINUTES if pm is None else pm)
        return found

    def _training(self, first: date, last: date, intervals: Iterable[ClosedInterval], terms: Terms) -> list[date]:
        return calendar_rules.training_days(first, last, self._weekly, self._holidays, intervals, terms) if first <= last else []

    @cached_property
    def planned(self) -> dict[date, int]:
        """Minutes of the days of training as the week, the holidays and the breaks have them, had nothing closed."""
        return self._minutes(self._training(self._begin, self._reach, (), self._terms.as_planned))

    @cached_property
    def days(self) -> Days:
        """The open days that may be used, from the first day of the cohort on."""
        breaks = self._terms.as_planned
        training = self._training(self._begin, self._reach, self._closed, breaks)
        known = set(training)
        without = set(self._training(self._begin, self._reach, self._closed, Terms())) - known
        every = Terms(breaks.breaks, (), (Span(self._begin, None),))
        saturdays = set(self._training(self._begin, self._reach, self._closed, every)) - known
        return Days(self._minutes(training), self._minutes(sorted(without)), self._minutes(sorted(saturdays)))

    @cached_property
    def _lost(self) -> list[date]:
        """All days of training that closures are known to take up to the original end; taught anyway or not."""
        last = min(self.original_end or self.today, self._reach)
        closed = calendar_rules.closed_days(self._begin, last, self._closed)
        return [on for on in self.planned if on <= last and on in closed]

    @cached_property
    def ways(self) -> list[CatchUp]:
        """All that was ordered for the cohort, the earliest first, withdrawn ones included."""
        return list(self.ground.ways.get(self.cohort.id, ()))

    @cached_property
    def in_force(self) -> list[Way]:
        """What was ordered and stands, ended ones included: what was done until their end counts."""
        return [way_of(row) for row in self.ways if row.void_reason is None and row.since]

    @cached_property
    def course(self) -> Course:
        """The calendar's part of the debt, until today."""
        calendar, cohort, today = self.ground.calendar, self.cohort, self.today
        extra = {kind: {on: n for on, n in days.items() if on <= today} for kind, days in rules.added(self.in_force, self.days).items()}
        after = {on: n for on, n in self.days.training.items() if self.original_end and self.original_end < on <= today}
        asked = {*after, *(on for days in extra.values() for on in days)}
        return Course(
            lost={on: self.planned[on] for on in self._lost if on <= today},
            taught={on for on in self._lost if calendar.was_taught(cohort.id, on)},
            void={on for on in self._lost if calendar.is_mistake(cohort.id, on)},
            held=self._held(asked),
            extra=extra,
            after=after,
        )

    def _held(self, days: Collection[date]) -> set[date]:
        if not days:
            return set()
        rows = select(Register.on).where(
            Register.partition == self.cohort.partition,
            Register.cohort_id == self.cohort.id,
            Register.status == marking.TAKEN,
            Register.on.between(min(days), max(days)),
        )
        return {on for on in db.session.scalars(rows) if on in days}

    @property
    def usual(self) -> int:
        """Minutes of a training day by the week in force today."""
        return self._minutes([self.today])[self.today]

    # The people

    def posts(self, apprentice_id: str) -> dict[date, list[Post]]:
        """The days until today on which a placement expects the apprentice, as far as the debt asks about them, oldest first."""
        if apprentice_id not in self._posts:
            self._posts[apprentice_id] = self._read_posts(apprentice_id)
        return self._posts[apprentice_id]

    def _read_posts(self, apprentice_id: str) -> dict[date, list[Post]]:
        spans, found = self.spans.get(apprentice_id, ()), defaultdict[date, list[Post]](list)
        for stay in self.ground.stays.get(apprentice_id, ()):
            for on in self._asked(stay):
                post = stay.post(on, self.planned.get(on, 0))
                if post and rules.lies_in(on, spans):
                    found[on].append(post)
        return dict(sorted(found.items()))

    def _asked(self, stay: Stay) -> set[date]:
        first = max(stay.row.starts_on or self._begin, self._begin)
        last = min(self.today, stay.ends_on or self.today)
        shut = calendar_rules.closed_days(first, last, stay.closed)
        late = stay.row.ends_on + _DAY if stay.row.ends_on else last + _DAY
        beyond = calendar_rules.closed_days(max(first, late), last, [ClosedInterval(late, None, "")])
        own = {on for on in (*self.course.lost, *self.course.held) if first <= on <= last}
        # A stand-in counts where the own workplace was closed, whose days another stay of the same person asks about.
        others = self.ground.stays.get(stay.row.apprentice_id or "", ())
        elsewhere = {on for each in others if each is not stay for on in calendar_rules.closed_days(first, last, each.closed)}
        return shut | beyond | own | elsewhere

    @cached_property
    def _remote(self) -> dict[str, dict[date, int | None]]:
        """Minutes of the marks "remote" on lost days, by apprentice."""
        lost = self.course.lost
        found: dict[str, dict[date, int | None]] = defaultdict(dict)
        if lost:
            rows = select(Mark.apprentice_id, Mark.on, Mark.minutes).where(
                Mark.partition == self.cohort.partition, Mark.status == "remote", Mark.on.between(min(lost), max(lost))
            )
            for apprentice_id, on, minutes in db.session.execute(rows):
                if on in lost:
                    found[apprentice_id][on] = minutes
        return found

    @cached_property
    def _worked(self) -> dict[str, dict[date, int]]:
        """Minutes worked after the original ends of placements that were extended, by apprentice."""
        stays = {key: found for key, found in self.ground.stays.items() if key in self.spans}
        late = [stay.row.ends_on for found in stays.values() for stay in found if stay.row.ends_on and stay.ends_on != stay.row.ends_on]
        worked: dict[str, dict[date, int]] = defaultdict(dict)
        if not late:
            return worked
        rows = select(Mark.apprentice_id, Mark.on, Mark.minutes).where(
            Mark.partition == self.cohort.partition,
            Mark.place == "workplace",
            Mark.status.in_(marking.ATTENDED),
            Mark.on > min(late),
            Mark.on <= self.today,
        )
        for apprentice_id, on, minutes in db.session.execute(rows):
            posts = [stay.post(on, self.planned.get(on, 0)) for stay in stays.get(apprentice_id, ())]
            asked = max((post.minutes for post in posts if post), default=0)
            worked[apprentice_id][on] = worked[apprentice_id].get(on, 0) + (asked if minutes is None else minutes)
        return worked

    def packs_of(self, apprentice_id: str) -> int:
        """Minutes of the remote packs that an apprentice brought back until today."""
        packs = [pack for pack in self.ground.packs.get(self.cohort.id, ()) if pack.void_reason is None]
        returned = [pack for pack in packs if self.ground.returns.get(pack.id, {}).get(apprentice_id, date.max) <= self.today]
        return sum(pack.minutes or 0 for pack in returned)

    def at_centre(self, apprentice_id: str) -> Owed:
        """What an apprentice owes at the centre."""
        remote = self._remote.get(apprentice_id, {})
        return rules.at_centre(self.course, self.spans[apprentice_id], self.posts(apprentice_id), remote, self.packs_of(apprentice_id))

    def at_work(self, apprentice_id: str, placement_id: str | None = None) -> Owed:
        """What an apprentice owes at the workplace, in all or of one placement."""
        return rules.at_work(self.posts(apprentice_id), self._worked.get(apprentice_id, {}), placement_id)

    @cached_property
    def whole(self) -> Owed:
        """What somebody owes who was in theory all the time, with no packs and no marks: the cohort's own sum."""
        return rules.at_centre(self.course, [Span(date.min, None)], {}, {}, 0)

    def people(self, actor: Actor) -> list[Debtor]:
        """Everybody who was ever enrolled here, by name."""
        return [
            Debtor(apprentice, enrolment.status in ACTIVE_STATUSES, self.at_centre(apprentice.id), self.at_work(apprentice.id))
            for apprentice, enrolment in people.all_members(actor, self.cohort)
            if apprentice.id in self.spans
        ]

    # The end

    @cached_property
    def to_come(self) -> int:
        """Minutes that closures whose end is known will take from tomorrow to the original end."""
        dated = calendar_rules.closed_days(self._begin, self._reach, [each for each in self._closed if each.last])
        return sum(self.planned[on] for on in self._lost if on > self.today and on in dated)

    @cached_property
    def undated(self) -> date | None:
        """The first day of a closure without a known end, in force or announced: until somebody reopens, no end can be told."""
        return min((each.first for each in self._closed if each.last is None and each.first <= self._reach), default=None)

    def effects(self, owed: int, offered: Sequence[Way]) -> list[Effect]:
        """When so many minutes are made up: as it is, with each way offered, with all; none where no end is known."""
        if self.original_end is None:
            return []
        found = rules.effects(self.original_end, self.today, owed + self.to_come, self.in_force, offered, self.days)
        return [each._replace(ends_on=None) for each in found] if self.undated else found

    @property
    def days_to_add(self) -> dict[Kind, set[date]]:
        """The open days after today that each way could use and that no way of its kind in force uses."""
        ground = {Kind.LONGER_DAYS: self.days.training, Kind.SATURDAYS: self.days.saturdays, Kind.NO_BREAK: self.days.breaks}
        used = rules.added(self.in_force, self.days)
        return {kind: {on for on in days if on > self.today and on not in used.get(kind, {})} for kind, days in ground.items()}

    def projected(self, owed: int) -> date | None:
        """The day by which so many minutes are made up as it stands; None: not known, or not to be seen."""
        return next((each.ends_on for each in self.effects(owed, ())), None)

    @property
    def needed(self) -> Needed:
        """What the programme asks for, by the training week of today."""
        course = programme(self.cohort.programme)
        weekdays = calendar_rules.weekdays_on(self.today, self._weekly)
        week = len(weekdays) * self.usual
        at_centre, at_work = (course.centre_weeks, course.workplace_weeks) if course else (None, None)
        return Needed(at_centre, None if at_centre is None else at_centre * week, at_work, None if at_work is None else at_work * week)

    def stay_debts(self, actor: Actor) -> list[StayDebt]:
        """The placements of those enrolled here now, that overlap their time here, by name and begin."""
        found = []
        for apprentice, enrolment in people.all_members(actor, self.cohort):
            if enrolment.status in ACTIVE_STATUSES and apprentice.id in self.spans:
                found += [self._stay_debt(apprentice, stay) for stay in self.ground.stays.get(apprentice.id, ())]
        return found

    def _stay_debt(self, apprentice: Apprentice, stay: Stay) -> StayDebt:
        owed, end = self.at_work(apprentice.id, stay.row.id), stay.row.ends_on
        extension = self.ground.ends.extension(PLACEMENT, stay.row)
        if end is None:
            return StayDebt(stay, apprentice, owed, 0, None, None, extension)
        others = [each.row for each in self.ground.stays.get(apprentice.id, ()) if each.row.replaces_id != stay.row.id]
        following = min((row.starts_on for row in others if row.starts_on and row.starts_on > end), default=None)
        first, last = self.today + _DAY, max(self.today, end) + HORIZON
        endless = Stay(stay.row, stay.employer, None, stay.pauses, stay.hours, stay.closed)
        ahead = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        posts = {on: post for on in ahead if (post := endless.post(on, self.planned.get(on, 0)))}
        dated = calendar_rules.closed_days(first, end, [each for each in stay.closed if each.last])
        to_come = sum(post.minutes for on, post in posts.items() if on in dated)
        free = {on: post.minutes for on, post in posts.items() if on > end and post.is_open}
        is_undated = any(each.last is None for each in stay.closed)
        made_up_on = None if is_undated else rules.made_up_on(end, owed.minutes + to_come, free)
        return StayDebt(stay, apprentice, owed, to_come, following, made_up_on, extension)


def way_of(row: CatchUp) -> Way:
    """What was ordered, as the rules take it."""
    return Way(row.kind or "", row.since or date.max, row.until, row.minutes)


def debt_of(actor: Actor, cohort: Cohort, today: date | None = None) -> CohortDebt:
    """The debt of one cohort. Raises NotFound."""
    return CohortDebt(ground_of(actor, cohort.partition, today), cohort)
