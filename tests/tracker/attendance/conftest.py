"""A cohort of Baraka's with forty apprentices of the centre, on a calendar of Monday to Friday."""

from dataclasses import dataclass
from datetime import date

import pytest

from tests.country import country
from tests.make import Make
from tracker.accounts import actions as accounts
from tracker.db import write
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.places.models import Centre
from tracker.policy import Actor, OPERATOR

__all__ = ["country"]  # several machines in one test
MONDAY = date(2026, 3, 2)  # "today" of the tests
GIVEN = ("Asha", "Bahati", "Daudi", "Eliya", "Fatuma", "Grace", "Hamisi", "Imani")
FAMILY = ("Mushi", "Mwakyusa", "Kapinga", "Shirima", "Ngonyani")


@dataclass
class World:
    """The centre of the register's tests."""

    partition: str
    cohort: Cohort
    people: list[Apprentice]
    count: int = 0

    def add_cohort(self, name: str = "Hotel 2026 B") -> Cohort:
        with write(OPERATOR) as session:
            cohort = Cohort(partition=self.partition, name=name, starts_on=date(2026, 1, 5), ends_on=date(2027, 12, 17))
            session.add(cohort)
        return cohort

    def add_people(self, count: int, cohort: Cohort | None = None) -> list[Apprentice]:
        """Apprentices enrolled since the fifth of January."""
        with write(OPERATOR) as session:
            found = []
            for n in range(self.count, self.count + count):
                given, family = GIVEN[n % len(GIVEN)], FAMILY[n // len(GIVEN) % len(FAMILY)]
                person = Apprentice(
                    partition=self.partition, number=f"VTC/26/{n + 1:03}", given_name=given, middle_name="Juma", family_name=family
                )
                session.add(person)
                session.add(
                    Enrolment(
                        partition=self.partition,
                        apprentice_id=person.id,
                        cohort_id=(cohort or self.cohort).id,
                        starts_on=date(2026, 1, 5),
                        status="active",
                    )
                )
                found.append(person)
            self.count += count
        return found


@pytest.fixture
def world(make: Make, baraka: Actor) -> World:
    made = World(make.centre, None, [])  # type: ignore[arg-type]  # given below
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Ziwa", region="TZ-18"))
    made.cohort = made.add_cohort("Hotel 2026 A")
    made.people = sorted(made.add_people(4), key=lambda each: each.full_name)
    accounts.set_teaching(OPERATOR, make.centre, baraka.id, made.cohort.id)
    return made


@pytest.fixture
def teacher(world: World, make: Make) -> Actor:
    """Baraka, now that he teaches the cohort."""
    del world
    return make.actor("baraka")
