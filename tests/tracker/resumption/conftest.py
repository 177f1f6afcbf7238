"""A centre that a closure shut from 12 January 2026 and that reopened on 16 February; a hotel of its is closed to this day.

Today is Monday, 2 March 2026.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import pytest

from tests.make import Make
from tracker.attendance.models import FollowUp, Mark
from tracker.calendar.models import Closure, Notice, Resumption
from tracker.calendar.queries import code_of_centre
from tracker.db import SyncedRow, write
from tracker.employers.models import Employer
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements.models import Placement
from tracker.places.models import Centre
from tracker.policy import OPERATOR

AnyRow = TypeVar("AnyRow", bound=SyncedRow)
SHUT, REOPENED, TODAY = date(2026, 1, 12), date(2026, 2, 16), date(2026, 3, 2)
BEGAN = date(2025, 9, 1)


@dataclass
class World:
    """The centre, and ways to fill it."""

    partition: str
    cohort: Cohort = field(init=False)
    closure: Closure = field(init=False)

    def __post_init__(self) -> None:
        self.add(Centre(partition=self.partition, name="Chuo cha Ziwa", region="TZ-18"))
        self.cohort = self.add_cohort("Hotel 2025 A")
        self.closure = self.close("centre", code_of_centre(self.partition), SHUT, sites="centres")

    def add(self, row: AnyRow) -> AnyRow:
        with write(OPERATOR) as session:
            session.add(row)
        return row

    def add_cohort(self, name: str) -> Cohort:
        return self.add(Cohort(partition=self.partition, name=name, starts_on=BEGAN))

    def close(self, kind: str, code: str, since: date, *, sites: str = "both") -> Closure:
        closure = self.add(Closure(partition=self.partition, scope_kind=kind, scope_code=code, sites=sites, reason="covid-19"))
        self.add(Notice(partition=self.partition, closure_id=closure.id, since=since))
        return closure

    def reopen(self, closure: Closure | None = None, since: date = REOPENED, cohort: Cohort | None = None) -> Resumption:
        """The whole closure, or for one cohort."""
        closure = closure or self.closure
        scope = ("cohort", cohort.id) if cohort else (closure.scope_kind, closure.scope_code)
        kind, code = scope
        return self.add(
            Resumption(
                partition=self.partition,
                closure_id=closure.id,
                kind="reopened",
                since=since,
                scope_kind=kind,
                scope_code=code,
                sites=closure.sites,
            )
        )

    def person(self, name: str, sex: str = "F", cohort: Cohort | None = None, **more: object) -> Apprentice:
        """An apprentice, enrolled since September unless said otherwise."""
        given, _, family = name.partition(" ")
        person = self.add(
            Apprentice(partition=self.partition, given_name=given, family_name=family or "Mushi", sex=sex, phone="+255754123456")
        )
        self.enrol(person, cohort, **more)
        return person

    def enrol(self, person: Apprentice, cohort: Cohort | None = None, **more: object) -> Enrolment:
        values = {"starts_on": BEGAN, "status": "active", "occupation": "housekeeping", **more}
        return self.add(Enrolment(partition=self.partition, apprentice_id=person.id, cohort_id=(cohort or self.cohort).id, **values))

    def mark(self, person: Apprentice, on: date, status: str = "present", place: str = "centre") -> None:
        self.add(Mark(partition=self.partition, apprentice_id=person.id, on=on, slot="day", status=status, place=place))

    def call(self, person: Apprentice, on: date, outcome: str, expected_on: date | None = None) -> None:
        about = {"on": on, "means": "call", "outcome": outcome, "expected_on": expected_on}
        self.add(FollowUp(partition=self.partition, apprentice_id=person.id, **about))

    def hotel(self, name: str, capacity: int | None = 5, sector: str = "I55") -> Employer:
        return self.add(Employer(partition=self.partition, name=name, capacity=capacity, sector=sector))

    def place(self, person: Apprentice, hotel: Employer, starts_on: date = date(2025, 11, 3), ends_on: date | None = None) -> Placement:
        return self.add(
            Placement(partition=self.partition, apprentice_id=person.id, employer_id=hotel.id, starts_on=starts_on, ends_on=ends_on)
        )


@pytest.fixture
def world(make: Make) -> World:
    return World(make.centre)
