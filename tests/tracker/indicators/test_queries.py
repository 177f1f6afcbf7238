"""The closure of 2020 with a small cast, every figure counted by hand.

NCT lies in Dar es Salaam and reopened on 1 June; SUZA lies in Zanzibar and reopened on 22 June. Both closed on 18 March.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import sqlalchemy as sa

from tests.make import Make
from tests.world import JUNE_1, MARCH_18, NEW_YEAR, TODAY, World
from tracker.attendance.models import Register
from tracker.attendance.queries import due_and_taken
from tracker.calendar.models import Closure, Notice, Resumption, TaughtDay
from tracker.db import db
from tracker.employers.models import Employer
from tracker.indicators.queries import country, heard, read
from tracker.indicators.rules import (
    attendance,
    attendance_at_work,
    centres_heard,
    days_lost,
    employers_engaged,
    enrolled,
    excused,
    Figure,
    person_days_lost,
    placed,
    register_completeness,
    return_rate,
    Split,
    suspended,
)
from tracker.people.models import Cohort, Enrolment
from tracker.placements.models import Placement, Roster, Suspension
from tracker.policy import OPERATOR


@pytest.fixture
def world(make: Make) -> World:
    return World(make)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    said: list[str] = []

    def listen(*args: object) -> None:
        said.append(str(args[2]))

    sa.event.listen(db.engine, "before_cursor_execute", listen)
    yield said
    sa.event.remove(db.engine, "before_cursor_execute", listen)


# Closures


def test_nct_lost_46_working_days_and_suza_61(world: World) -> None:
    world.close_2020()
    assert days_lost(world.facts(), Split.CENTRE) == {world.nct: Figure(46), world.suza: Figure(61)}


def test_a_period_takes_only_its_part_of_the_days(world: World) -> None:
    world.close_2020()
    june = world.facts(JUNE_1, date(2020, 6, 30))
    assert days_lost(june, Split.CENTRE) == {world.nct: Figure(0), world.suza: Figure(15)}  # three weeks, no holiday


def test_person_days_are_the_apprentices_times_the_days_each_one_missed(world: World) -> None:
    world.close_2020()
    world.person(world.nct)  # all 46
    world.person(world.nct, "M")  # all 46
    world.person(world.nct, "M", until=date(2020, 3, 20))  # Wednesday, Thursday, Friday: 3
    world.person(world.nct, since=date(2020, 5, 27))  # Wednesday, Thursday, Friday: 3
    world.person(world.nct, since=JUNE_1)  # none
    world.person(world.suza, "M")  # all 61
    known = world.facts()
    assert person_days_lost(known, Split.ALL) == {"": Figure(46 + 46 + 3 + 3 + 61)}
    assert person_days_lost(known, Split.SEX) == {"F": Figure(49), "M": Figure(46 + 3 + 61)}
    assert person_days_lost(known, Split.CENTRE) == {world.nct: Figure(98), world.suza: Figure(61)}


def test_who_was_there_before_and_came_within_30_days_has_returned(world: World) -> None:
    world.close_2020()
    came, late_comer, never, left = (world.person(world.nct, sex) for sex in "FMFM")
    new = world.person(world.nct, since=JUNE_1)
    world.person(world.nct, until=date(2020, 3, 10))  # left before the closure: expected by nobody
    world.mark(world.nct, came, date(2020, 6, 2), "late")
    world.mark(world.nct, late_comer, date(2020, 7, 2), "present")  # the 31st day
    world.mark(world.nct, never, date(2020, 6, 2), "absent")
    world.mark(world.nct, left, date(2020, 3, 17), "present")  # before the closure
    world.mark(world.nct, new, date(2020, 6, 2), "present")
    islander = world.person(world.suza)
    world.mark(world.suza, islander, date(2020, 7, 22), "late")  # the 30th day
    known = world.facts()
    assert return_rate(known, Split.ALL) == {"": Figure(2, 5)}
    assert return_rate(known, Split.SEX) == {"F": Figure(2, 3), "M": Figure(0, 2)}
    assert return_rate(known, Split.CENTRE) == {world.nct: Figure(1, 4), world.suza: Figure(1, 1)}


def test_back_is_who_came_in_person_on_a_day_that_counts(world: World) -> None:
    world.close_2020()
    afar, sunday, hotel, shut = (world.person(world.nct) for _ in range(4))
    world.mark(world.nct, afar, date(2020, 6, 2), "remote")
    world.mark(world.nct, sunday, date(2020, 6, 7), "present")  # nobody has said that they were taught
    world.mark(world.nct, hotel, date(2020, 6, 7), "present", place="workplace")  # hotels work on Sundays
    assert return_rate(world.facts(), Split.ALL) == {"": Figure(1, 4)}
    world.mark(world.nct, sunday, date(2020, 6, 9), "present")
    assert return_rate(world.facts(), Split.ALL) == {"": Figure(2, 4)}
    world.mark(world.nct, shut, date(2020, 6, 3), "late", place="workplace")
    flood = world.add(Closure(partition=world.nct, scope_kind="nation", sites="workplaces", reason="flood"))
    world.add(Notice(partition=world.nct, closure_id=flood.id, since=date(2020, 6, 3)))
    assert return_rate(world.facts(), Split.ALL) == {"": Figure(1, 4)}  # the one of the 9th alone


def test_who_came_after_the_last_day_of_a_period_had_not_come_by_then(world: World) -> None:
    world.close_2020()
    world.mark(world.nct, world.person(world.nct), date(2020, 6, 16), "present")
    assert return_rate(world.facts(on=date(2020, 6, 15)), Split.ALL) == {"": Figure(0, 1)}
    assert return_rate(world.facts(on=date(2020, 6, 16)), Split.ALL) == {"": Figure(1, 1)}


def test_while_nobody_has_reopened_there_is_no_return_rate(world: World) -> None:
    world.close_2020()
    world.person(world.nct)
    assert return_rate(world.facts(on=date(2020, 5, 20)), Split.ALL) == {}


# Attendance


def test_only_days_that_count_are_in_the_rate(world: World) -> None:
    """Half days: the woman 4 of 4; the man 2 of Monday and, Tuesday's morning being excused, 1 of Tuesday: 0 of 3."""
    world.close_2020()
    woman, man = world.person(world.nct), world.person(world.nct, "M")
    monday, tuesday, saba_saba, sunday = (date(2020, 7, day) for day in (6, 8, 7, 5))
    in_closure = date(2020, 4, 15)
    for on in (monday, tuesday, saba_saba, sunday, in_closure):
        world.mark(world.nct, woman, on, "present")
        world.mark(world.nct, man, on, "absent")
    world.mark(world.nct, man, tuesday, "excused", slot="am")
    world.mark(world.nct, man, tuesday, None, slot="pm")  # taken back
    world.take(world.nct, monday, tuesday, saba_saba, sunday, in_closure)
    known = world.facts()
    assert attendance(known, Split.ALL) == {"": Figure(4, 7)}
    assert attendance(known, Split.SEX) == {"F": Figure(4, 4), "M": Figure(0, 3)}
    assert excused(known, Split.ALL) == {"": Figure(1)}


def test_a_half_day_is_half_a_day_and_counts_once(world: World) -> None:
    """The day absent, its morning present: 1 of 2. The afternoon of the next day alone, in a register of its own: 1 of 1."""
    person, monday, thursday = world.person(world.nct), date(2020, 7, 6), date(2020, 7, 9)
    world.mark(world.nct, person, monday, "absent")
    world.mark(world.nct, person, monday, "present", slot="am")
    world.mark(world.nct, person, thursday, "absent")  # in a register that nobody took
    world.mark(world.nct, person, thursday, "present", slot="pm")
    world.take(world.nct, monday)
    world.add(Register(partition=world.nct, cohort_id=world.cohort[world.nct], on=thursday, slot="pm", status="taken"))
    assert attendance(world.facts(), Split.ALL) == {"": Figure(2, 3)}


def test_a_morning_here_and_an_afternoon_at_the_workplace_are_half_a_day_each(world: World) -> None:
    person, monday = world.person(world.nct), date(2020, 7, 6)
    world.mark(world.nct, person, monday, "present", place="workplace")
    world.mark(world.nct, person, monday, "absent", slot="am")
    world.take(world.nct, monday)
    known = world.facts()
    assert attendance(known, Split.ALL) == {"": Figure(0, 1)}
    assert attendance_at_work(known, Split.ALL) == {"": Figure(1, 1)}


def test_a_day_taught_anyway_counts(world: World) -> None:
    world.close_2020()
    person, saba_saba = world.person(world.nct), date(2020, 7, 7)
    world.mark(world.nct, person, saba_saba, "present")
    world.take(world.nct, saba_saba)
    assert attendance(world.facts(), Split.ALL) == {}
    world.add(TaughtDay(partition=world.nct, cohort_id=world.cohort[world.nct], on=saba_saba, reason="Exam week"))
    assert attendance(world.facts(), Split.ALL) == {"": Figure(2, 2)}


def test_marks_at_the_workplace_are_not_attendance_at_the_centre(world: World) -> None:
    person, monday = world.person(world.nct), date(2020, 7, 6)
    world.mark(world.nct, person, monday, "present", place="workplace")
    world.take(world.nct, monday)
    assert attendance(world.facts(), Split.ALL) == {}


def test_marks_of_a_register_not_taken_count_in_no_rate(world: World) -> None:
    world.mark(world.nct, world.person(world.nct), date(2020, 7, 6), "present")
    assert attendance(world.facts(), Split.ALL) == {}


def test_at_the_workplace_a_sunday_counts_and_a_closed_day_does_not(world: World) -> None:
    person, sunday, monday = world.person(world.nct), date(2020, 7, 5), date(2020, 7, 6)
    world.mark(world.nct, person, sunday, "present", place="workplace")
    world.mark(world.nct, person, monday, "absent", place="workplace")
    assert attendance_at_work(world.facts(), Split.ALL) == {"": Figure(2, 4)}
    closure = world.add(Closure(partition="region/TZ-02", scope_kind="region", scope_code="TZ-02", sites="workplaces"))
    world.add(Notice(partition="region/TZ-02", closure_id=closure.id, since=monday))
    assert attendance_at_work(world.facts(), Split.ALL) == {"": Figure(2, 2)}


def test_registers_are_due_on_the_days_of_training_only(world: World) -> None:
    world.close_2020()
    world.person(world.nct)
    world.take(world.nct, date(2020, 7, 6), date(2020, 7, 7))  # the second is Saba Saba
    known = world.facts(date(2020, 7, 4), date(2020, 7, 10))
    assert register_completeness(known, Split.ALL) == {"": Figure(1, 4)}


def test_no_register_is_due_on_a_day_on_which_all_are_at_a_workplace(world: World) -> None:
    """Due are 6, 8, 9 and 10 July. One hotel is closed on the 8th, a pause sends back on the 9th, a third is new on the 10th."""
    first, last, hotel = date(2020, 7, 6), date(2020, 7, 10), world.add(Employer(partition=world.nct, name="Hyatt")).id
    shut = world.add(Employer(partition=world.nct, name="Ramada")).id
    stays = [
        world.add(Placement(partition=world.nct, apprentice_id=world.person(world.nct), employer_id=where, starts_on=JUNE_1)).id
        for where in (hotel, shut)
    ]
    known = world.facts(first, last)
    assert register_completeness(known, Split.ALL) == {"": Figure(0, 0)}
    closure = world.add(Closure(partition=world.nct, scope_kind="employer", scope_code=shut, sites="workplaces"))
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=date(2020, 7, 8)))
    reopened = {"scope_kind": "employer", "scope_code": shut, "sites": "workplaces", "kind": "reopened"}
    world.add(Resumption(partition=world.nct, closure_id=closure.id, since=date(2020, 7, 9), **reopened))
    nine = {"since": date(2020, 7, 9), "until": date(2020, 7, 9)}
    world.add(Suspension(partition=world.nct, placement_id=stays[0], reason="sick", **nine))
    world.person(world.nct, since=date(2020, 7, 10))
    due = due_and_taken(OPERATOR, world.nct, first, last)
    assert [each.on.day for each in due] == [8, 9, 10]
    assert register_completeness(world.facts(first, last), Split.ALL) == {"": Figure(0, 3)}


def test_a_day_off_the_roster_is_due_at_the_centre(world: World) -> None:
    hotel = world.add(Employer(partition=world.nct, name="Hyatt")).id
    stay = world.add(Placement(partition=world.nct, apprentice_id=world.person(world.nct), employer_id=hotel, starts_on=JUNE_1)).id
    world.add(Roster(partition=world.nct, placement_id=stay, since=JUNE_1, weekdays="1234", minutes=480))
    assert register_completeness(world.facts(date(2020, 7, 6), date(2020, 7, 10)), Split.ALL) == {"": Figure(0, 1)}


def test_a_day_of_which_half_is_left_is_not_taken(world: World) -> None:
    world.person(world.nct)
    cohort = {"partition": world.nct, "cohort_id": world.cohort[world.nct], "status": "taken"}
    for on, slot in ((8, "am"), (9, "am"), (9, "pm"), (10, "day")):
        world.add(Register(on=date(2020, 7, on), slot=slot, **cohort))
    assert register_completeness(world.facts(date(2020, 7, 8), date(2020, 7, 10)), Split.ALL) == {"": Figure(2, 3)}


def test_an_apprentice_who_changed_cohort_is_counted_once(world: World) -> None:
    person, monday = world.person(world.nct), date(2020, 7, 6)
    cohort = world.add(Cohort(partition=world.nct, name="2020 Jul")).id
    world.add(
        Enrolment(partition=world.nct, apprentice_id=person, cohort_id=cohort, occupation="laundry", starts_on=monday, status="active")
    )
    world.mark(world.nct, person, monday, "present")
    world.add(Register(partition=world.nct, cohort_id=cohort, on=monday, slot="day", status="taken"))
    known = world.facts()
    assert enrolled(known, Split.OCCUPATION) == {"laundry": Figure(1)}
    assert attendance(known, Split.OCCUPATION) == {"laundry": Figure(2, 2)}


# Placements


def test_a_closed_hotel_and_a_pause_suspend_placements(world: World) -> None:
    people = [world.person(world.nct) for _ in range(4)]
    open_hotel, closed_hotel = (world.add(Employer(partition=world.nct, name=name)).id for name in ("Hyatt", "Ramada"))
    rows = [
        world.add(Placement(partition=world.nct, apprentice_id=person, employer_id=hotel, starts_on=NEW_YEAR))
        for person, hotel in zip(people, (open_hotel, open_hotel, closed_hotel, open_hotel), strict=True)
    ]
    world.add(Suspension(partition=world.nct, placement_id=rows[1].id, since=JUNE_1, reason="other"))
    closure = world.add(Closure(partition=world.nct, scope_kind="employer", scope_code=closed_hotel, sites="workplaces"))
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=MARCH_18))
    known = world.facts()
    assert (placed(known, Split.ALL), suspended(known, Split.ALL)) == ({"": Figure(2)}, {"": Figure(2)})
    assert employers_engaged(known, Split.ALL) == {"": Figure(1)}


# Hearing from centres, and the cost of it all


def test_a_centre_without_an_entry_was_not_heard_from(world: World) -> None:
    on = date(2026, 3, 2)  # the day on which this test writes
    assert heard([world.nct, world.suza, "centre/far"], on) == {world.nct: on, world.suza: on, "centre/far": None}
    assert centres_heard(world.facts(on=on), Split.ALL) == {"": Figure(2, 2)}
    assert centres_heard(world.facts(on=date(2026, 3, 9)), Split.ALL) == {"": Figure(0, 2)}


def test_the_number_of_queries_does_not_grow_with_marks_or_centres(world: World) -> None:
    world.close_2020()
    person = world.person(world.nct)
    with counted_queries() as for_one:
        read(country([world.nct]), NEW_YEAR, TODAY, TODAY)
    for day in (1, 2, 3):
        world.mark(world.nct, person, date(2020, 7, day), "present")
    with counted_queries() as for_two:
        world.facts()
    assert len(for_one) == len(for_two) <= 26
