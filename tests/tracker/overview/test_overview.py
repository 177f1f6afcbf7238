"""The page for a centre, a region and the country, and the report."""

import re
from datetime import date, datetime, UTC

import pytest
from sqlalchemy import select

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tests.world import JUNE_1, JUNE_22, NEW_YEAR, TODAY, World
from tracker.calendar.models import Closure, Notice
from tracker.db import db, write
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, NotFound
from tracker.indicators.queries import country
from tracker.indicators.rules import Figure
from tracker.overview import queries, rules
from tracker.overview.closure_queries import board
from tracker.overview.queries import Overview
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.places.models import Listing
from tracker.policy import Actor, OPERATOR
from tracker.resumption.queries import roll_calls

CENTRAL = Actor(id="neema", name="Neema Kessy", role="central", partitions=None, seat="central", home="nation")
COORDINATOR = Actor(
    id="tatu", name="Tatu Omari", role="coordinator", partitions=frozenset({"region/TZ-01"}), seat="region", home="region/TZ-01"
)


@pytest.fixture
def world(make: Make, clock: PinnedClock) -> World:
    """The closure of 2020 as it was on 30 July."""
    clock.moment = datetime(2020, 7, 30, 6, 0, tzinfo=UTC)
    clock.wall_s = clock.moment.timestamp()
    world = World(make)
    world.close_2020()
    return world


def view(actor: Actor, kind: str = "year", centre: str | None = None) -> Overview:
    names = queries.chosen_centres(actor, centre)
    where = country(names)
    return queries.overview(actor, where, names, queries.period_of(where, kind))


# Who sees what


def test_a_registrar_sees_the_own_centre(client: Browser, world: World) -> None:
    world.person(world.nct)
    page = client.sign_in("amina").get("/overview/").text
    assert "Apprentices enrolled" in page
    assert "By centre" not in page
    assert re.search(r'class="figure">46<', page)  # the training days lost


def test_another_centre_looks_as_if_it_were_not_there(amina: Actor, client: Browser, world: World) -> None:
    assert list(queries.centres(amina)) == [world.nct]
    with pytest.raises(NotFound):
        queries.chosen_centres(amina, world.suza)
    assert client.sign_in("amina").get("/overview/", query_string={"centre": world.suza}).status_code == 404


def test_who_keeps_the_machine_sees_no_figures(client: Browser) -> None:
    assert client.sign_in("dalali").get("/overview/").status_code == 403


@pytest.mark.parametrize(("username", "first"), [("amina", "/attendance/"), ("baraka", "/attendance/"), ("dalali", "/accounts/users")])
def test_everybody_starts_where_his_work_is(client: Browser, username: str, first: str) -> None:
    assert client.sign_in(username).get("/").location == first


def test_the_central_office_sees_all_centres_of_the_directory(world: World) -> None:
    world.add(Listing(partition="nation", centre="centre/far", name="NCT Arusha", region="TZ-01"))
    assert list(queries.centres(CENTRAL).values()) == ["NCT", "NCT Arusha", "SUZA"]


def test_a_coordinator_misses_only_centres_of_the_own_region(world: World) -> None:
    world.add(Listing(partition="nation", centre="centre/near", name="NCT Arusha", region="TZ-01"))
    world.add(Listing(partition="nation", centre="centre/far", name="Mwanza", region="TZ-18"))
    assert "Mwanza" not in queries.centres(COORDINATOR).values()
    assert "NCT Arusha" in queries.centres(COORDINATOR).values()


# Today


@pytest.mark.usefixtures("world")
def test_nothing_to_count_is_no_data(client: Browser) -> None:
    page = client.sign_in("amina").get("/overview/").text
    assert "no data" in page
    assert "0%" not in page


def test_todays_attendance_is_that_of_registers_taken(amina: Actor, world: World) -> None:
    people = [world.person(world.nct, sex) for sex in "FFM"]
    for person, status in zip(people, ("present", "late", "absent"), strict=True):
        world.mark(world.nct, person, TODAY, status)
    assert view(amina).today["attendance"] == Figure(0, 0)
    world.take(world.nct, TODAY)
    assert view(amina).today["attendance"] == Figure(4, 6)  # half days
    assert view(amina).today["register_completeness"] == Figure(1, 1)


def test_it_says_what_is_closed_and_since_when(amina: Actor, client: Browser, world: World) -> None:
    assert view(amina).closed == []
    hotel = world.add(Employer(partition=world.nct, name="Ramada"))
    closure = world.add(Closure(partition=world.nct, scope_kind="employer", scope_code=hotel.id, sites="workplaces", reason="covid-19"))
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=date(2020, 3, 25), authority="Ramada Ltd"))
    found = view(amina).closed
    assert [(each.reason, each.since, each.places) for each in found] == [("UVIKO-19", date(2020, 3, 25), ["Ramada (NCT)"])]
    assert "COVID-19, since 25 March 2020: Ramada (NCT)" in client.sign_in("amina").get("/overview/").text


def test_a_closure_of_one_cohort_is_shown_and_one_of_all_is_shown_once(amina: Actor, world: World, clock: PinnedClock) -> None:
    closure = world.add(
        Closure(partition=world.nct, scope_kind="cohort", scope_code=world.cohort[world.nct], sites="centres", reason="other")
    )
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=TODAY))
    assert [each.places for each in view(amina).closed] == [["NCT, 2019 Nov"]]
    clock.moment = datetime(2020, 4, 1, 6, 0, tzinfo=UTC)
    assert [each.places for each in view(amina).closed] == [["NCT"]]


# Who has not come back


def test_the_centre_sees_the_names_of_those_who_did_not_return(amina: Actor, client: Browser, world: World) -> None:
    came, missing, left = world.person(world.nct), world.person(world.nct), world.person(world.nct, until=date(2020, 6, 15))
    world.person(world.nct, since=JUNE_1)  # new: not expected back
    world.mark(world.nct, came, date(2020, 7, 20), "present")
    found = view(amina).missing
    assert found is not None
    assert [(each.apprentice.id, each.left_on) for each in found] == [(missing, None), (left, date(2020, 6, 15))]
    page = client.sign_in("amina").get("/overview/").text
    assert "Not seen since the reopening" in page
    assert "Left on 15 June 2020" in page


def test_above_the_centre_there_are_counts_only(world: World) -> None:
    world.person(world.nct)
    world.person(world.suza)
    world.person(world.suza, until=date(2020, 7, 1))
    found = view(CENTRAL)
    assert (found.missing, found.not_seen) == (None, 2)
    assert view(COORDINATOR).missing is None


def test_overview_board_roll_call_and_report_agree_on_who_is_back(amina: Actor, world: World) -> None:
    afar, sunday, back, moved = (world.person(world.nct) for _ in range(4))
    world.person(world.nct, until=date(2020, 6, 15))  # left since
    loner = world.add(Apprentice(partition=world.nct, given_name="Neema"))
    world.add(Enrolment(partition=world.nct, apprentice_id=loner.id, starts_on=date(2019, 11, 4), status="active"))
    world.mark(world.nct, afar, date(2020, 6, 2), "remote")
    world.mark(world.nct, sunday, date(2020, 6, 7), "present")
    world.mark(world.nct, back, date(2020, 6, 2), "present")
    (first,) = [row for row in db.session.scalars(select(Enrolment)) if row.apprentice_id == moved]
    with write(OPERATOR):
        first.status, first.ended_on = "transferred", date(2020, 6, 14)
    later = world.add(Cohort(partition=world.nct, name="2020 Jun"))
    after = {"apprentice_id": moved, "cohort_id": later.id, "starts_on": date(2020, 6, 15), "status": "active"}
    world.add(Enrolment(partition=world.nct, **after))

    found = view(amina)
    assert found.missing is not None
    assert {each.apprentice.id for each in found.missing if each.left_on is None} == {afar, sunday, moved, loner.id}
    assert found.not_seen == view(CENTRAL).not_seen == 4
    names = {world.nct: "NCT"}
    (line,) = board(country(names), names, queries.period_of(country(names), "year")).lines
    (roll,) = roll_calls(amina, world.nct)
    assert (line.expected, line.seen, line.missing, line.left) == (6, 1, 4, 1)
    assert (roll.totals.expected, roll.totals.returned, roll.totals.missing, roll.totals.left) == (6, 1, 4, 1)
    (row,) = [row for row in queries.report_rows(amina) if (row["indicator"], row["centre"], row["split"]) == ("return_rate", "NCT", "all")]
    assert (row["numerator"], row["denominator"]) == (1, 6)


# Periods and splits


def test_a_term_begins_with_the_first_reopening(world: World) -> None:
    assert queries.period_of(country([world.nct, world.suza]), "term").first == JUNE_1
    assert queries.period_of(country([world.suza]), "term").first == JUNE_22


def test_without_a_closure_a_term_begins_with_the_latest_cohort(make: Make, clock: PinnedClock) -> None:
    clock.moment = datetime(2020, 7, 30, 6, 0, tzinfo=UTC)
    world = World(make)
    world.add(Cohort(partition=world.nct, name="2020 Jul", starts_on=date(2020, 7, 13)))
    assert queries.period_of(country([world.nct]), "term").first == date(2020, 7, 13)


def test_every_table_speaks_of_the_same_people(world: World) -> None:
    for centre, sex, occupation in (("nct", "F", "bakery"), ("nct", "M", "laundry"), ("suza", "F", "laundry"), ("suza", None, "skiing")):
        world.person(getattr(world, centre), sex or "", occupation=occupation)
    found = view(CENTRAL)
    for lines in (found.by_sex, found.by_occupation, found.by_centre):
        assert sum(line["enrolled"].numerator for line in lines) == found.whole["enrolled"].numerator == 4
        assert sum(line["person_days_lost"].numerator for line in lines) == 2 * 46 + 2 * 61
    assert [line.label for line in found.by_sex] == ["Mwanamke", "Mwanaume", "Haijaandikwa"]
    assert "skiing" in {line.label for line in found.by_occupation}  # a code from a newer pack is shown


@pytest.mark.usefixtures("world")
def test_the_days_one_chooses_are_the_days_one_gets(client: Browser) -> None:
    page = client.sign_in("amina").get("/overview/?first=2020-06-01&last=2020-06-30").text
    assert "From 1 June 2020 to 30 June 2020" in page
    assert re.search(r'class="figure">0</p>\s*<p>Training days lost', page)


@pytest.mark.usefixtures("world")
def test_a_wrong_day_is_said_beside_the_field(client: Browser) -> None:
    page = client.sign_in("amina").get("/overview/?first=2020-06-01&last=2020-05-01").text
    assert "The last day is before the first." in page
    assert "From 1 January 2020 to 30 July 2020" in page
    assert client.get("/overview/?period=decade").status_code == 200


def test_the_page_says_how_current_it_is(world: World) -> None:
    world.add(Listing(partition="nation", centre="centre/far", name="NCT Arusha", region="TZ-01"))
    found = view(CENTRAL).freshness
    assert (found.heard, found.centres) == (2, 3)
    assert found.silent == [("NCT Arusha", None)]
    assert found.oldest == ("NCT", TODAY)


def test_a_centre_that_never_reported_has_lost_nothing_that_we_know_of(world: World) -> None:
    world.add(Listing(partition="nation", centre="centre/far", name="NCT Arusha", region="TZ-01"))
    found = view(CENTRAL)
    assert {line.label: "days_lost" in line.figures for line in found.by_centre} == {"NCT": True, "NCT Arusha": False, "SUZA": True}
    assert found.closed == []


# The report


def test_the_report_has_a_row_per_indicator_centre_and_group(world: World) -> None:
    world.person(world.nct)
    world.person(world.suza, "M")
    rows = {(row["indicator"], row["centre"], row["split"], row["code"]): row for row in queries.report_rows(CENTRAL)}
    assert rows["enrolled", "", "all", ""]["value"] == 2
    assert rows["women", "", "all", ""] | {"numerator": 1, "denominator": 2, "value": 0.5} == rows["women", "", "all", ""]
    assert rows["enrolled", "SUZA", "sex", "M"]["numerator"] == 1
    assert rows["days_lost", "NCT", "all", ""]["value"] == 46
    assert rows["person_days_lost", "SUZA", "all", ""]["value"] == 61
    assert rows["return_rate", "NCT", "all", ""]["value"] == 0
    assert ("days_lost", "", "all", "") not in rows
    assert {(row["first"], row["last"]) for row in rows.values()} == {(NEW_YEAR, TODAY)}


@pytest.mark.usefixtures("world")
def test_a_registrar_reports_the_own_centre_and_an_instructor_nothing(amina: Actor, baraka: Actor) -> None:
    assert {row["centre"] for row in queries.report_rows(amina)} == {"", "NCT"}
    with pytest.raises(NotAllowed):
        queries.report_rows(baraka)


@pytest.mark.usefixtures("world")
def test_a_period_without_a_name_is_none() -> None:
    with pytest.raises(ValueError, match="decade"):
        rules.period("decade", TODAY)
