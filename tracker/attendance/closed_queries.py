"""Marks on days without training: what was marked before anybody here knew of a closure, and what was decided about it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from tracker import clock
from tracker.accounts.queries import name_of
from tracker.attendance.effect_queries import marks_on
from tracker.attendance.queries import spans_by_cohort
from tracker.calendar.models import TaughtDay
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import Day
from tracker.country.tz import Holiday
from tracker.people.models import Cohort
from tracker.people.queries import cohorts
from tracker.policy import Actor, may

LONGEST = timedelta(days=20 * 365)  # a mistyped year must not make a page look through a century


@dataclass(frozen=True)
class MarkedDay:
    """A day without training on which apprentices of a cohort were marked at the centre.

    day       what the calendar says and why
    marks     how many apprentices are marked
    decision  what somebody decided, withdrawn decisions left out; None: nobody has, and the marks count in no rate until then
    by        name of who decided
    """

    cohort: Cohort
    day: Day[Holiday]
    marks: int
    decision: TaughtDay | None
    by: str | None

    @property
    def on(self) -> date:
        """Its date."""
        return self.day.on

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.cohort.id} {self.on.isoformat()}"


def marked_days(actor: Actor, partition: str) -> list[MarkedDay]:
    """The days without training with marks, of the cohorts whose register the actor may take, by cohort, the latest first.

    Days on which the cohort is taught by the calendar are among them only while their marks are called a mistake.
    Raises NotFound for a centre that the actor does not see.
    """
    calendar = calendar_for(actor, partition)
    known = [row for row in cohorts(actor, partition) if may(actor, "mark", row)]
    spans = spans_by_cohort(partition)
    begun = {key: min((begin for _key, begin, _end in rows if begin > date.min), default=date.max) for key, rows in spans.items()}
    days = {row.id: _days_off(calendar, row, begun.get(row.id, date.max)) for row in known}
    marked = marks_on(partition, {on for found in days.values() for on in found})
    return [
        _marked_day(calendar, row, on, marked[row.id][on])
        for row in known
        for on in sorted(days[row.id], reverse=True)
        if row.id in marked and marked[row.id][on]
    ]


def undecided(actor: Actor, partition: str) -> list[MarkedDay]:
    """Those of `marked_days` about which nobody has decided."""
    return [each for each in marked_days(actor, partition) if each.decision is None]


def _days_off(calendar: Calendar, cohort: Cohort, begun: date) -> Collection[date]:
    today = clock.today()
    first = max(min(begun, cohort.starts_on or today, today), today - LONGEST)
    taught = set(calendar.training_days(cohort, first, today))
    mistaken = {on for key, on in calendar.taught if key == cohort.id and calendar.is_mistake(key, on)}
    return {first + timedelta(days=n) for n in range((today - first).days + 1)} - taught | mistaken


def _marked_day(calendar: Calendar, cohort: Cohort, on: date, marks: int) -> MarkedDay:
    row = calendar.taught.get((cohort.id, on))
    decision = row if row and row.void_reason is None else None
    return MarkedDay(cohort, calendar.day(cohort, on), marks, decision, name_of(decision.by) if decision else None)
