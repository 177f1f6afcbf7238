"""Two laptops of one centre edit the same apprentice and the same mark apart; every order of exchanges ends alike."""

from datetime import date
from itertools import permutations

import pytest

from tests.country import Country, Machine
from tests.journeys.looking import conflicts, rows
from tracker import replication
from tracker.attendance import actions as attendance
from tracker.attendance.models import Register
from tracker.db import db
from tracker.people import actions as people
from tracker.people import queries as people_queries
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR
from tracker.replication.tables import key_names

DAY = date(2026, 3, 2)


def _centre(machine: Machine) -> str:
    with machine.on() as make:
        return make.centre


def _settle(country: Country) -> None:
    """Exchange until what each brought has reached the other."""
    for each in (country.first, country.second, country.first, country.second):
        each.sync()


@pytest.fixture
def apprentice(country: Country) -> str:
    """One apprentice, known to both laptops."""
    with country.first.on() as make:
        cohort = people.open_cohort(OPERATOR, make.centre, "Awamu ya 2026", "hotel-24m", date(2026, 1, 5))
        values = {"given_name": "Asha", "family_name": "Juma", "sex": "F", "phone": "+255712000001"}
        made = people.register_apprentice(OPERATOR, make.centre, {**values, "cohort_id": cohort.id, "starts_on": cohort.starts_on})
        name = made.id
    _settle(country)
    return name


def _edit(machine: Machine, apprentice: str, phone: str, status: str) -> None:
    with machine.on() as make:
        row = db.session.get(Apprentice, (make.centre, apprentice))
        assert row is not None
        people.correct_apprentice(OPERATOR, apprentice, {"phone": phone}, None)
        attendance.mark(OPERATOR, make.centre, apprentice, DAY, status)


def _choose(machine: Machine, which: int) -> None:
    """Choose the same-ranked version of every open conflict."""
    with machine.on() as make:
        for conflict in replication.open_conflicts(make.centre):
            table = type(conflict.row)
            key = tuple(value.isoformat() if isinstance(value := getattr(conflict.row, name), date) else value for name in key_names(table))
            kept = sorted(version.dot for version in conflict.versions)[which]
            replication.decide(OPERATOR, make.centre, table.__tablename__, key, conflict.group, choose=kept, token=conflict.token)


@pytest.mark.parametrize("order", list(permutations(("first", "second"))), ids="-".join)
def test_all_three_show_equal_rows_and_conflicts_in_both_orders(country: Country, apprentice: str, order: tuple[str, ...]) -> None:
    _edit(country.first, apprentice, "+255712000002", "present")
    _edit(country.second, apprentice, "+255712000003", "absent")
    for name in (*order, *order):
        getattr(country, name).sync()
    centre = _centre(country.first)
    machines = (country.central, country.first, country.second)
    assert rows(country.first, centre) == rows(country.second, centre) == rows(country.central, centre)
    shown = [conflicts(machine, centre) for machine in machines]
    assert shown[0] == shown[1] == shown[2]
    assert [(table, group, len(dots)) for table, group, dots in shown[0]] == [("apprentice", "phone", 2), ("mark", "mark", 2)]


def test_choosing_closes_the_conflicts_everywhere(country: Country, apprentice: str) -> None:
    _edit(country.first, apprentice, "+255712000002", "present")
    _edit(country.second, apprentice, "+255712000003", "absent")
    _settle(country)
    _choose(country.first, 0)
    _settle(country)
    centre = _centre(country.first)
    assert [conflicts(machine, centre) for machine in (country.central, country.first, country.second)] == [[], [], []]
    assert rows(country.first, centre) == rows(country.second, centre) == rows(country.central, centre)


def test_choosing_differently_at_two_places_is_itself_a_conflict(country: Country, apprentice: str) -> None:
    _edit(country.first, apprentice, "+255712000002", "present")
    _edit(country.second, apprentice, "+255712000003", "absent")
    _settle(country)
    _choose(country.first, 0)
    _choose(country.second, 1)
    _settle(country)
    centre = _centre(country.first)
    shown = [conflicts(machine, centre) for machine in (country.central, country.first, country.second)]
    assert shown[0] == shown[1] == shown[2]
    assert [(table, group) for table, group, _ in shown[0]] == [("apprentice", "phone"), ("mark", "mark")]


def test_a_register_taken_in_two_ways_asks_nobody(country: Country, apprentice: str) -> None:
    """Both took it; how each did it is nothing to choose between."""
    del apprentice
    with country.first.on() as make:
        cohort = people_queries.cohorts(OPERATOR, make.centre)[0].id
        attendance.mark_remaining_present(OPERATOR, cohort, DAY)
    with country.second.on() as make:
        for member, _ in people_queries.members(OPERATOR, people_queries.cohorts(OPERATOR, make.centre)[0], DAY):
            attendance.mark(OPERATOR, make.centre, member.id, DAY, "present")
    _settle(country)
    centre = _centre(country.first)
    assert rows(country.first, centre) == rows(country.second, centre) == rows(country.central, centre)
    assert conflicts(country.first, centre) == []
    with country.first.on() as make:
        register = db.session.get(Register, (centre, cohort, DAY, "day"))
        assert register is not None
        assert register.status == "taken"
