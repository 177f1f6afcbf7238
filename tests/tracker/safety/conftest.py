"""A centre with two cohorts: Asha and Juma cook, Neema keeps house. Baraka teaches the cooks."""

from dataclasses import dataclass
from datetime import date

import pytest

from tests.make import Make
from tracker.accounts import actions as accounts
from tracker.db import write
from tracker.people.models import Apprentice, Cohort
from tracker.places.models import Centre
from tracker.policy import Actor, OPERATOR

TODAY = date(2026, 3, 2)


@dataclass
class World:
    centre: str
    cooks: Cohort
    keepers: Cohort
    asha: Apprentice
    juma: Apprentice
    neema: Apprentice


@pytest.fixture
def world(make: Make, baraka: Actor) -> World:
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Bustani", region="TZ-03"))
    cooks, keepers = make.cohort("Mapishi 2026"), make.cohort("Usafi 2026")
    accounts.set_teaching(OPERATOR, make.centre, baraka.id, cooks.id)
    begun = date(2026, 1, 5)
    asha, juma = (make.apprentice(name, cooks, starts_on=begun) for name in ("Asha Juma", "Juma Said"))
    return World(make.centre, cooks, keepers, asha, juma, make.apprentice("Neema Ali", keepers, starts_on=begun))
