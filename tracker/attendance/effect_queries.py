"""What closures and resumptions do to a centre: whom they touch before they are saved, and what they changed afterwards."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import select

from tracker import clock
from tracker.attendance.models import Mark
from tracker.attendance.queries import spans_by_cohort
from tracker.attendance.sheet_queries import planned_end
from tracker.calendar import rules as calendar_rules
from tracker.calendar.queries import Calendar, calendar_for, CENTRE, Facts
from tracker.calendar.rules import Change, ClosureFact, CohortDays
from tracker.db import db
from tracker.people.models import Apprentice, Cohort
from tracker.people.queries import CHUNK, cohorts
from tracker.placements import queries as placements
from tracker.placements.models import Placement
from tracker.places import queries as places
from tracker.policy import Actor, kind_of

THEORY, PLACEMENT = "theory", "placement"
WORKPLACE = "workplace"
# How far ahead days and registers are counted where nobody said until when: long enough to show what is at stake.
AHEAD = timedelta(days=30)
LONGEST = timedelta(days=20 * 365)  # a mistyped year must not make a page reckon for a century


@dataclass(frozen=True)
class Effects:
    """Whom and what a change of the calendar closes from `first` to `last`, both included.

    apprentices    (phase, sex) -> how many are touched; phase is "theory" or "placement", as on the first day closed by it
    placements     how many placements that were open on that day are suspended
    registers      how many registers are due no longer
    training_days  days of training lost, of the cohort that loses most
    marked         of the registers, how many hold marks already: these count no longer until somebody decides
    """

    first: date
    last: date
    apprentices: Mapping[tuple[str, str], int] = field(default_factory=dict)
    placements: int = 0
    registers: int = 0
    training_days: int = 0
    marked: int = 0

    @property
    def count(self) -> int:
        """How many apprentices are touched."""
        return sum(self.apprentices.values())

    def of(self, *, phase: str | None = None, sex: str | None = None) -> int:
        """How many of a phase, of a sex, or of both."""
        return sum(n for (one, other), n in self.apprentices.items() if phase in (None, one) and sex in (None, other))

    def plus(self, other: "Effects") -> "Effects":
        """Both together, as of two centres."""
        return Effects(
            min(self.first, other.first),
            max(self.last, other.last),
            Counter(self.apprentices) + Counter(other.apprentices),
            self.placements + other.placements,
            self.registers + other.registers,
            max(self.training_days, other.training_days),
            self.marked + other.marked,
        )


def effects(actor: Actor, partition: str, extra: ClosureFact, until: date | None = None) -> Effects:
    """Whom and what a closure that is not saved yet would touch: in a centre, or in all centres that the actor sees there.

    extra  with at least one notice; its id is nobody else's
    until  last day that is counted; None: the expected end, else today or a month from the begin, whichever is later
    Raises NotFound for a centre that the actor does not see.
    """
    notice = calendar_rules.counting_notice(extra)
    first = notice.since if notice else clock.today()
    last = until or (notice.expected_until if notice else None) or max(clock.today(), first + AHEAD)
    total = Effects(first, last)
    for centre in _centres(actor, partition):
        before = calendar_for(actor, centre)
        after = before.supposing(Facts([*before.closures, extra], before.resumptions))
        total = total.plus(_effects_in(actor, before, after, first, last))
    return total


def _centres(actor: Actor, partition: str) -> list[str]:
    # A region's closure reaches employers of other centres too, so all centres in sight are asked; those out of reach give nought.
    return [partition] if kind_of(partition) == CENTRE else [row.partition for row in places.centres(actor)]


def _effects_in(actor: Actor, before: Calendar, after: Calendar, first: date, last: date) -> Effects:
    partition = before.partition
    known = cohorts(actor, partition)
    lost = {row.id: _due(before, row, first, last) - _due(after, row, first, last) for row in known}
    placed = placements.placed_on(actor, partition, first)
    # Whose host is closed already is back at the centre, and stands in its registers.
    at_work = {key: row for key, row in placed.items() if _is_open(before, row, first)}
    halted = [row for row in at_work.values() if not _is_open(after, row, first)]
    days = {on for found in lost.values() for on in found}
    if not days and not halted:  # out of reach, as most centres are of a region's closure
        return Effects(first, last)
    spans = spans_by_cohort(partition)
    expected, marked = _expected(before, partition, days), _marked(partition, days)
    phase_by_apprentice = {
        key: THEORY
        for cohort, found in lost.items()
        for key, begin, end in spans.get(cohort, ())
        if key not in at_work and any(begin <= on <= end for on in found)
    }
    phase_by_apprentice |= {row.apprentice_id or "": PLACEMENT for row in halted}
    people = db.session.execute(select(Apprentice.id, Apprentice.sex).where(Apprentice.partition == partition))
    sexes = {key: sex or "" for key, sex in people}
    return Effects(
        first,
        last,
        Counter((phase, sexes.get(key, "")) for key, phase in phase_by_apprentice.items()),
        len(halted),
        sum(len(found & expected.get(cohort, set())) for cohort, found in lost.items()),
        max((len(found) for found in lost.values()), default=0),
        sum(len(found & marked.get(cohort, set())) for cohort, found in lost.items()),
    )


def _due(calendar: Calendar, cohort: Cohort, first: date, last: date) -> set[date]:
    return set(calendar.taught_days(cohort, max(first, cohort.starts_on or first), min(last, calendar.ends.of_cohort(cohort) or last)))


def _is_open(calendar: Calendar, row: Placement, on: date) -> bool:
    return placements.state_on(row, on, calendar).is_open


# ---- before and after


def changes(actor: Actor, partition: str, before: Facts) -> dict[str, Change]:
    """What has changed for the cohorts of a centre since its closures and resumptions were those of `before`, by cohort.

    Registers are compared up to today; days of training up to each cohort's planned end, else up to today. Raises NotFound.
    """
    now = calendar_for(actor, partition)
    then = now.supposing(before)
    known, spans, today = cohorts(actor, partition), spans_by_cohort(partition), clock.today()
    begins = {row.id: max(_begin(row, spans, today), today - LONGEST) for row in known}
    was, become = ({row.id: _days_of(calendar, row, begins[row.id], today) for row in known} for calendar in (then, now))
    out = {on for key, each in was.items() for on in each.due - become[key].due if on <= today}
    back = {on for key, each in become.items() for on in each.due - was[key].due if on <= today}
    expected = _expected(then, partition, out)
    for key, days in _expected(now, partition, back).items():
        expected[key] = expected.get(key, set()) | days
    return calendar_rules.compare(was, become, expected=expected, marked=_marked(partition, out | back))


def _begin(cohort: Cohort, spans: Mapping[str, Collection[tuple[str, date, date]]], today: date) -> date:
    begun = [begin for _key, begin, _end in spans.get(cohort.id, ()) if begin > date.min]
    return cohort.starts_on or min(begun, default=today)


def _days_of(calendar: Calendar, cohort: Cohort, first: date, today: date) -> CohortDays:
    end = planned_end(cohort)
    last = min(end or today, today + LONGEST)
    due, lost = calendar.taught_days(cohort, first, last), calendar.lost_days(cohort, first, last)
    return CohortDays(frozenset(due), frozenset(lost), calendar.moved_end(cohort, end, len(lost)) if end else None)


def _expected(calendar: Calendar, partition: str, days: Collection[date]) -> dict[str, set[date]]:
    """Those of the days on which somebody of a cohort is expected at the centre, by cohort."""
    spans = spans_by_cohort(partition)
    ids = {key for rows in spans.values() for key, _begin, _end in rows}
    away = placements.away_days(calendar, partition, ids, days)
    return {
        cohort: {on for on in days if any(begin <= on <= end and on not in away.get(key, ()) for key, begin, end in rows)}
        for cohort, rows in spans.items()
    }


def _marked(partition: str, days: Collection[date]) -> dict[str, set[date]]:
    """Those of the days on which somebody of a cohort was marked at the centre, by cohort."""
    return {cohort: set(found) for cohort, found in marks_on(partition, days).items()}


def marks_on(partition: str, days: Collection[date]) -> dict[str, Counter[date]]:
    """How many apprentices of a cohort were marked at the centre on each of these days, by cohort; days without marks are left out."""
    found: dict[str, Counter[date]] = {}
    people: dict[date, set[str]] = {}
    ordered = sorted(days)
    for start in range(0, len(ordered), CHUNK):
        rows = select(Mark.on, Mark.apprentice_id, Mark.place).where(
            Mark.partition == partition, Mark.on.in_(ordered[start : start + CHUNK]), Mark.status.is_not(None)
        )
        for on, apprentice_id, place in db.session.execute(rows):
            if place != WORKPLACE:
                people.setdefault(on, set()).add(apprentice_id)
    for cohort, spans in spans_by_cohort(partition).items() if people else ():
        counts = Counter({on: len({key for key, begin, end in spans if begin <= on <= end and key in ids}) for on, ids in people.items()})
        found[cohort] = +counts
    return found
