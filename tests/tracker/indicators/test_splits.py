"""Age bands, difficulties, regions and phases: who falls into which, and I16 and I17 by them, every figure counted by hand.

NCT closed on 18 March 2020 and reopened on 1 June: 46 training days. 1 June to 30 July has 44 weekdays; 7 July (Saba Saba)
is a holiday: 43. 31 July was Eid al-Hajj, after the day on which the figures are asked.
"""

from datetime import date

import pytest
from sqlalchemy import select

from tests.make import Make
from tests.world import JUNE_1, MARCH_18, NEW_YEAR, TODAY, World
from tracker.calendar.models import Closure, Extension, Notice
from tracker.db import write
from tracker.employers.models import Employer
from tracker.indicators.queries import country, read
from tracker.indicators.rules import attendance, enrolled, Figure, person_days_lost, return_rate, Split, suspended
from tracker.indicators.spans import years_before
from tracker.people.models import Apprentice
from tracker.placements.models import Placement, Roster, Suspension
from tracker.policy import OPERATOR


@pytest.fixture
def world(make: Make) -> World:
    return World(make)


def _say(person: str, **values: object) -> None:
    with write(OPERATOR) as session:
        row = session.scalars(select(Apprentice).where(Apprentice.id == person)).one()
        for name, value in values.items():
            setattr(row, name, value)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2005, 7, 31), "0-14"),  # fifteen tomorrow
        (date(2005, 7, 30), "15-17"),  # fifteen today
        (date(2002, 7, 31), "15-17"),
        (date(2002, 7, 30), "18-24"),
        (date(1995, 7, 31), "18-24"),
        (date(1995, 7, 30), "25-35"),
        (date(1984, 7, 31), "25-35"),  # thirty-five for one day more
        (date(1984, 7, 30), "36+"),
        (None, ""),
    ],
)
def test_the_age_band_is_that_of_the_day(world: World, born: date | None, band: str) -> None:
    _say(world.person(world.nct), birth_date=born)
    assert enrolled(world.facts(), Split.AGE) == {band: Figure(1)}


@pytest.mark.parametrize(
    ("on", "last_birthday"),
    [
        (date(2018, 2, 28), date(2000, 2, 28)),  # who was born on 29 February 2000 is not eighteen yet
        (date(2018, 3, 1), date(2000, 3, 1)),
        (date(2020, 2, 29), date(2002, 2, 28)),
    ],
)
def test_who_was_born_on_29_february_waits_for_1_march(on: date, last_birthday: date) -> None:
    assert years_before(on, 18) == last_birthday


def test_disability_is_one_great_difficulty_among_those_asked(world: World) -> None:
    answers: tuple[dict[str, str], ...] = (
        {"seeing": "a_lot", "hearing": "none"},
        {"self_care": "cannot"},
        {"walking": "some", "seeing": "none"},
        {},
    )
    for each in answers:
        _say(world.person(world.nct), **each)
    assert enrolled(world.facts(), Split.DISABILITY) == {"": Figure(1), "with": Figure(2), "without": Figure(1)}


def test_every_split_counts_the_same_marks(world: World) -> None:
    person, other = world.person(world.nct), world.person(world.suza, "M")
    _say(person, birth_date=date(2001, 1, 1), walking="cannot")
    for centre, each, status in ((world.nct, person, "present"), (world.suza, other, "absent")):
        world.mark(centre, each, date(2020, 7, 6), status)
        world.take(centre, date(2020, 7, 6))
    known = world.facts()
    assert attendance(known, Split.AGE) == {"": Figure(0, 2), "18-24": Figure(2, 2)}
    assert attendance(known, Split.DISABILITY) == {"": Figure(0, 2), "with": Figure(2, 2)}
    assert attendance(known, Split.REGION) == {"TZ-02": Figure(2, 2), "TZ-15": Figure(0, 2)}


# I16


def _hotel(world: World, since: date | None = MARCH_18) -> Employer:
    hotel = world.add(Employer(partition=world.nct, name="Ramada"))
    if since:
        scope = {"scope_kind": "employer", "scope_code": hotel.id, "sites": "workplaces"}
        closure = world.add(Closure(partition=world.nct, reason="covid-19", **scope))
        world.add(Notice(partition=world.nct, closure_id=closure.id, since=since))
    return hotel


def _place(world: World, person: str, hotel: Employer, since: date = date(2020, 3, 2), until: date | None = None) -> Placement:
    terms = {"apprentice_id": person, "employer_id": hotel.id, "starts_on": since, "ends_on": until}
    return world.add(Placement(partition=world.nct, **terms))


def test_a_day_is_lost_where_it_would_have_been_spent(world: World) -> None:
    """In theory 46 days; in a hotel that has been closed since 18 March 46 + 43, although the centre is open again."""
    world.close_2020()
    world.person(world.nct)
    _place(world, world.person(world.nct, "M"), _hotel(world))
    known = world.facts()
    assert person_days_lost(known, Split.PHASE) == {"placement": Figure(89), "theory": Figure(46)}
    assert person_days_lost(known, Split.SEX) == {"F": Figure(46), "M": Figure(89)}
    assert person_days_lost(known, Split.ALL) == {"": Figure(135)}
    april = read(country([world.nct]), date(2020, 4, 1), date(2020, 4, 30), TODAY)
    # April has 22 weekdays; the 7th, 10th, 13th and 27th were holidays (Karume, Good Friday, Easter Monday, Union Day in lieu).
    assert person_days_lost(april, Split.PHASE) == {"placement": Figure(18), "theory": Figure(18)}


def test_who_was_in_an_open_hotel_lost_nothing(world: World) -> None:
    world.close_2020()
    _place(world, world.person(world.nct), _hotel(world, since=None))
    assert person_days_lost(world.facts(), Split.PHASE) == {"placement": Figure(0), "theory": Figure(0)}


def test_a_placement_counts_from_its_first_to_its_original_last_day(world: World) -> None:
    """Until 31 March 10 days at the hotel; then theory until 31 May, 36 days: 46 in all. Moving the end loses no more days."""
    world.close_2020()
    placement = _place(world, world.person(world.nct), _hotel(world), until=date(2020, 3, 31))
    assert person_days_lost(world.facts(), Split.PHASE) == {"placement": Figure(10), "theory": Figure(36)}
    world.add(Extension(partition=world.nct, placement_id=placement.id, ends_on=TODAY, announced_on=JUNE_1))
    assert person_days_lost(world.facts(), Split.PHASE) == {"placement": Figure(10), "theory": Figure(0)}


def test_a_roster_and_a_pause_say_on_which_days_the_hotel_expected_somebody(world: World) -> None:
    """Saturdays and Sundays of 18 March to 5 April: 21, 22, 28, 29 March, 4 and 5 April; from 28 March he was ill: 2 days at the hotel.

    Of the centre's days he lost all 46: the hotel never expected him on a weekday.
    """
    world.close_2020()
    placement = _place(world, world.person(world.nct), _hotel(world), until=date(2020, 4, 5))
    world.add(Roster(partition=world.nct, placement_id=placement.id, since=date(2020, 3, 2), weekdays="67", minutes=480))
    world.add(Suspension(partition=world.nct, placement_id=placement.id, since=date(2020, 3, 28), reason="illness"))
    assert person_days_lost(world.facts(), Split.PHASE) == {"placement": Figure(2), "theory": Figure(46)}


def test_two_placements_on_one_day_lose_it_once(world: World) -> None:
    world.close_2020()
    person, hotel = world.person(world.nct), _hotel(world)
    for _ in range(2):
        _place(world, person, hotel)
    assert person_days_lost(world.facts(), Split.PHASE) == {"placement": Figure(89), "theory": Figure(0)}


def test_who_left_or_moved_loses_no_more(world: World) -> None:
    """Left on Friday 20 March: Wednesday, Thursday and Friday."""
    world.close_2020()
    _place(world, world.person(world.nct, until=date(2020, 3, 20)), _hotel(world))
    assert person_days_lost(world.facts(), Split.PHASE) == {"placement": Figure(3), "theory": Figure(0)}


# I17


def test_the_phase_of_a_return_is_that_of_the_day_before_the_closure(world: World) -> None:
    world.close_2020()
    placed, in_theory, over = (world.person(world.nct) for _ in range(3))
    hotel = _hotel(world)
    _place(world, placed, hotel)
    _place(world, over, hotel, since=date(2020, 1, 6), until=date(2020, 3, 16))
    _place(world, in_theory, hotel, since=MARCH_18)
    world.mark(world.nct, placed, date(2020, 6, 2), "present")
    known = world.facts(NEW_YEAR)
    assert return_rate(known, Split.PHASE) == {"placement": Figure(1, 1), "theory": Figure(0, 2)}
    assert suspended(known, Split.ALL) == {"": Figure(2)}
