"""The year of a centre: every day once, and what is added to make up for lost time is told apart."""

from collections import Counter
from datetime import date, datetime, UTC

import pytest

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tests.world import MARCH_18, World
from tracker.calendar.models import Break, CatchUp, TaughtDay
from tracker.calendar.queries import calendar_for
from tracker.overview.year_queries import choices, Year, year_of
from tracker.places.models import Campus
from tracker.policy import Actor


@pytest.fixture
def world(make: Make, clock: PinnedClock) -> World:
    clock.moment = datetime(2020, 7, 30, 6, 0, tzinfo=UTC)
    clock.wall_s = clock.moment.timestamp()
    world = World(make)
    world.close_2020()
    return world


def year(actor: Actor, world: World, site: str = "centre") -> Year:
    calendar = calendar_for(actor, world.nct)
    return year_of(calendar, choices(calendar)[site], 2020)


def test_every_day_of_the_year_is_there_once(amina: Actor, world: World) -> None:
    found = year(amina, world)
    days = [each.day.on for month in found.months for week in month.weeks for each in week if each]
    assert len(days) == len(set(days)) == 366
    assert all(len(week) == 7 for month in found.months for week in month.weeks)
    assert [week[0].day.on.weekday() for month in found.months for week in month.weeks if week[0]] == [0] * sum(
        week[0] is not None for month in found.months for week in month.weeks
    )


def test_the_days_of_2020_add_up(amina: Actor, world: World) -> None:
    # Closed from 18 March to 31 May: 14 + 30 + 31 = 75 days, weekends and holidays among them.
    found = year(amina, world)
    assert found.counts["closed"] == 75
    assert [month.counts["closed"] for month in found.months[2:6]] == [14, 30, 31, 0]
    assert sum(found.counts.values()) == 366
    assert found.counts == sum((Counter(month.counts) for month in found.months), Counter())
    assert any(run.first == MARCH_18 and run.last == date(2020, 5, 31) for run in found.runs if run.closures)


def test_days_that_make_up_for_lost_time_are_told_apart_for_their_cohort_only(amina: Actor, world: World) -> None:
    cohort = world.cohort[world.nct]
    world.add(Break(partition=world.nct, name="Term", since=date(2020, 8, 3), until=date(2020, 8, 16)))
    # Four Saturdays of September 2020: 5, 12, 19, 26; and of the break 11 to 14 August: Monday 10 is a holiday in lieu of Nane Nane.
    world.add(CatchUp(partition=world.nct, cohort_id=cohort, kind="saturdays", since=date(2020, 9, 1), until=date(2020, 9, 30)))
    world.add(CatchUp(partition=world.nct, cohort_id=cohort, kind="no_break", since=date(2020, 8, 10), until=date(2020, 8, 16)))
    of_cohort, of_centre = year(amina, world, f"cohort:{cohort}"), year(amina, world)
    assert [month.counts["made-up"] for month in of_cohort.months[7:9]] == [4, 4]
    assert of_centre.counts["made-up"] == 0
    assert (of_centre.months[7].counts["break"], of_cohort.months[7].counts["break"]) == (
        12,
        6,
    )  # of 14 and 7 days 8 and 10 August are holidays


def test_a_day_taught_anyway_is_marked_and_stays_what_it_was(amina: Actor, world: World) -> None:
    cohort = world.cohort[world.nct]
    world.add(TaughtDay(partition=world.nct, cohort_id=cohort, on=date(2020, 5, 30)))
    world.add(TaughtDay(partition=world.nct, cohort_id=cohort, on=date(2020, 5, 29), decision="mistake"))
    found = year(amina, world, f"cohort:{cohort}")
    assert [each.day.on.day for week in found.months[4].weeks for each in week if each and each.is_taught] == [30]
    assert (found.counts["closed"], found.counts["taught"]) == (75, 1)


def test_a_centre_of_campuses_is_asked_campus_by_campus(amina: Actor, world: World) -> None:
    campus = world.add(Campus(partition=world.nct, name="Bustani", region="TZ-02"))
    world.add(Campus(partition=world.nct, name="Zamani", region="TZ-02", void_reason="sold"))
    assert list(choices(calendar_for(amina, world.nct))) == [f"campus:{campus.id}", f"cohort:{world.cohort[world.nct]}"]


@pytest.mark.usefixtures("world")
def test_the_page_shows_the_year_and_its_sums(client: Browser) -> None:
    page = client.sign_in("amina").get("/overview/year?year=2020").text
    assert page.count("<caption>") == 12
    assert "Closed: <b>75</b>" in page
    assert '<td class="is-training is-today" aria-current="date">30' in page
    assert "18 March 2020 to 31 May 2020" in page
    assert 'href="/overview/year' in client.get("/calendar/").text


@pytest.mark.parametrize("asked", ["year=MMXX", "year=20200", "year=1066", "year=²020", "site=cohort:unknown"])
@pytest.mark.usefixtures("world")
def test_a_strange_question_is_answered_with_this_year(client: Browser, asked: str) -> None:
    answer = client.sign_in("amina").get(f"/overview/year?{asked}")
    assert answer.status_code == 200
    assert "July 2020</caption>" in answer.text


def test_the_year_of_another_centre_is_not_there(client: Browser, world: World) -> None:
    assert client.sign_in("amina").get(f"/overview/year?centre={world.suza}").status_code == 404
    assert client.sign_in("dalali").get("/overview/year").status_code == 403
