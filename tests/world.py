"""The closure of 2020 in two centres: NCT in Dar es Salaam reopened on 1 June, SUZA in Zanzibar on 22 June. Both closed on 18 March."""

from datetime import date
from typing import TypeVar

from tests.make import Make
from tracker.attendance.models import Mark, Register
from tracker.calendar.models import Closure, Notice, Resumption
from tracker.calendar.queries import code_of_centre
from tracker.db import SyncedRow, write
from tracker.indicators.queries import country, read
from tracker.indicators.rules import Facts
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.places.models import Centre
from tracker.policy import OPERATOR

AnyRow = TypeVar("AnyRow", bound=SyncedRow)
NEW_YEAR, MARCH_18, JUNE_1, JUNE_22, TODAY = date(2020, 1, 1), date(2020, 3, 18), date(2020, 6, 1), date(2020, 6, 22), date(2020, 7, 30)


class World:
    """Two centres with a cohort each, and ways to fill them."""

    def __init__(self, make: Make) -> None:
        self.nct, self.suza = make.centre, make.other
        self.cohort = {
            centre: self.add(Cohort(partition=centre, name="2019 Nov", starts_on=date(2019, 11, 4))).id for centre in (self.nct, self.suza)
        }
        self.add(Centre(partition=self.nct, name="NCT", region="TZ-02"))
        self.add(Centre(partition=self.suza, name="SUZA", region="TZ-15"))

    def add(self, row: AnyRow) -> AnyRow:
        with write(OPERATOR) as session:
            session.add(row)
        return row

    def person(self, centre: str, sex: str = "F", since: date | None = date(2019, 11, 4), until: date | None = None, **more: str) -> str:
        person = self.add(Apprentice(partition=centre, given_name="Neema", family_name="Mushi", sex=sex))
        status = {"status": "left" if until else "active", "occupation": "bakery", **more}
        span = {"starts_on": since, "ended_on": until}
        self.add(Enrolment(partition=centre, apprentice_id=person.id, cohort_id=self.cohort[centre], **span, **status))
        return person.id

    def close_2020(self) -> None:
        closure = self.add(Closure(partition="nation", scope_kind="nation", sites="centres", reason="covid-19"))
        self.add(Notice(partition="nation", closure_id=closure.id, since=MARCH_18))
        for centre, since in ((self.nct, JUNE_1), (self.suza, JUNE_22)):
            scope = {"scope_kind": "centre", "scope_code": code_of_centre(centre), "sites": "centres"}
            self.add(Resumption(partition=centre, closure_id=closure.id, kind="reopened", since=since, **scope))

    def mark(self, centre: str, person: str, on: date, status: str | None, slot: str = "day", place: str = "centre") -> None:
        self.add(Mark(partition=centre, apprentice_id=person, on=on, slot=slot, status=status, place=place))

    def take(self, centre: str, *days: date) -> None:
        for on in days:
            self.add(Register(partition=centre, cohort_id=self.cohort[centre], on=on, slot="day", status="taken"))

    def facts(self, first: date = NEW_YEAR, last: date = TODAY, on: date = TODAY) -> Facts:
        return read(country([self.nct, self.suza]), first, last, on)
