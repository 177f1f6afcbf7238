"""A cohort from 5 January to 26 June 2026 with four apprentices, two of them placed, and a week in which all was closed.

Today is Monday 2 March. Closed from Monday 9 to Friday 13 February: five days of training of seven hours.
"""

from dataclasses import dataclass
from datetime import date

import pytest

from tests.make import Make
from tracker.calendar import actions as calendar
from tracker.calendar.queries import code_of_centre
from tracker.catchup.debt_queries import CohortDebt, debt_of
from tracker.catchup.queries import delivered_and_owed
from tracker.employers.models import Employer
from tracker.people import actions as people
from tracker.people.models import Apprentice, Cohort
from tracker.placements import actions as placements
from tracker.placements.models import Placement
from tracker.policy import OPERATOR

SHUT, LAST_SHUT, OPEN = date(2026, 2, 9), date(2026, 2, 13), date(2026, 2, 16)
TODAY, END = date(2026, 3, 2), date(2026, 6, 26)


@dataclass
class Shut:
    """The centre of these tests.

    people  Asha and Bahati in theory; Chema and Daudi at the hotel from 2 February to 27 March, six days of eight hours a week
    """

    partition: str
    cohort: Cohort
    hotel: Employer
    people: dict[str, Apprentice]
    placements: dict[str, Placement]

    def close(self, sites: str = "both", since: date = SHUT, until: date | None = OPEN) -> str:
        """Close the centre and its workplaces; `until` is the first open day."""
        code = code_of_centre(self.partition)
        closure = calendar.close(OPERATOR, self.partition, "centre", code, sites, "covid-19", since)
        if until:
            calendar.reopen(OPERATOR, self.partition, until, "centre", code, sites, closure.id)
        return closure.id

    @property
    def debt(self) -> CohortDebt:
        """The debt of the cohort as it stands now."""
        return debt_of(OPERATOR, self.cohort)

    def owed(self, name: str) -> tuple[int, int]:
        """Minutes owed at the centre and at the workplace."""
        debt, key = self.debt, self.people[name].id
        return debt.at_centre(key).minutes, debt.at_work(key).minutes

    def balance(self) -> tuple[int, int]:
        """Minutes lost and delivered of all."""
        found = delivered_and_owed(OPERATOR, self.partition)
        return sum(each.lost for each in found), sum(each.delivered for each in found)


@pytest.fixture
def shut(make: Make) -> Shut:
    cohort = people.open_cohort(OPERATOR, make.centre, "Hotel 2026 A", "hotel-24m", date(2026, 1, 5), END)
    hotel = make.employer()
    names = ("Asha", "Bahati", "Chema", "Daudi")
    persons = {name: make.apprentice(f"{name} Juma", cohort, starts_on=date(2026, 1, 5)) for name in names}
    found = {}
    for name in ("Chema", "Daudi"):
        span = {"apprentice_id": persons[name].id, "employer_id": hotel.id, "starts_on": date(2026, 2, 2), "ends_on": date(2026, 3, 27)}
        found[name] = placements.open_placement(OPERATOR, make.centre, span)
        placements.set_roster(OPERATOR, found[name].id, date(2026, 2, 2), "123456", 480)
    return Shut(make.centre, cohort, hotel, persons, found)
