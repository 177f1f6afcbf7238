"""The closure board. Two centres closed from 18 March 2020; NCT reopened on 1 June, SUZA on 22 June. Today is 30 July."""

from collections.abc import Iterator
from datetime import date, datetime, UTC

import pytest
from sqlalchemy import event, select

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tests.tracker.overview.test_overview import CENTRAL, COORDINATOR
from tests.world import JUNE_1, TODAY, World
from tracker.calendar.models import Closure, Notice, Resumption
from tracker.calendar.queries import code_of_centre
from tracker.db import db
from tracker.employers.models import Employer
from tracker.i18n import speaking
from tracker.indicators.queries import country
from tracker.indicators.rules import Split
from tracker.overview import closure_words, queries
from tracker.overview.closure_queries import Board, board
from tracker.overview.closure_rules import Point
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements.models import Placement
from tracker.places.models import Listing
from tracker.policy import Actor


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def world(make: Make, clock: PinnedClock) -> World:
    clock.moment = datetime(2020, 7, 30, 6, 0, tzinfo=UTC)
    clock.wall_s = clock.moment.timestamp()
    world = World(make)
    world.close_2020()
    return world


def view(actor: Actor, centre: str | None = None) -> Board:
    names = queries.chosen_centres(actor, centre)
    where = country(names)
    return board(where, names, queries.period_of(where, "year"))


def lines(found: Board) -> dict[str, tuple[int, int, int, int]]:
    return {line.name: (line.expected, line.seen, line.missing, line.left) for line in found.lines}


def at(clock: PinnedClock, day: date) -> None:
    clock.moment = datetime(day.year, day.month, day.day, 6, 0, tzinfo=UTC)


# Closed today


def test_it_says_what_is_closed_by_which_notice_and_until_when(world: World, clock: PinnedClock) -> None:
    world.person(world.nct)
    world.person(world.suza)
    at(clock, date(2020, 5, 4))
    (shut,) = view(CENTRAL).shut
    assert (shut.since, len(shut.centres), shut.places[:2]) == (date(2020, 3, 18), 2, ["NCT", "SUZA"])
    assert closure_words.until(shut.notice) == "Expected end unknown"
    assert not shut.story.is_contradicted


def test_contradicting_notices_are_marked_and_the_one_that_counts_is_named(amina: Actor, client: Browser, world: World) -> None:
    world.person(world.nct)
    closure = world.add(
        Closure(partition=world.nct, scope_kind="centre", scope_code=code_of_centre(world.nct), sites="centres", reason="flood")
    )
    first = {"authority": "Ministry", "since": date(2020, 7, 20), "expected_until": date(2020, 8, 18), "reference": "MoE/12"}
    world.add(Notice(partition=world.nct, closure_id=closure.id, **first))
    world.add(Notice(partition=world.nct, closure_id=closure.id, authority="District", since=date(2020, 7, 25)))
    (shut,) = view(amina).shut
    assert shut.story.is_contradicted
    assert closure_words.until(shut.notice) == "Expected until 18 August 2020"
    page = client.sign_in("amina").get("/overview/closures").text
    assert "Notices differ" in page
    assert "Ministry · MoE/12" in page
    assert f'href="/calendar/closures/{closure.id}"' in page


def test_a_centre_that_never_sent_anything_is_not_said_to_be_closed(world: World, clock: PinnedClock) -> None:
    world.add(Listing(partition="nation", centre="centre/far", name="NCT Arusha", region="TZ-01"))
    at(clock, date(2020, 5, 4))
    found = view(CENTRAL)
    (far,) = (line for line in found.lines if line.name == "NCT Arusha")
    assert (far.heard, closure_words.state(far), closure_words.tone(far)) == (None, "Nothing heard yet", "")
    assert "NCT Arusha" not in found.shut[0].places


def test_permission_is_not_opening(world: World, clock: PinnedClock) -> None:
    world.person(world.nct)
    world.person(world.suza)
    closure = db.session.scalars(select(Closure.id)).one()
    world.add(Resumption(partition="nation", closure_id=closure, scope_kind="nation", sites="both", kind="permitted", since=JUNE_1))
    at(clock, date(2020, 6, 15))
    # Two weeks after the permission NCT teaches, and SUZA does not.
    assert [(each.place, each.permitted, each.days) for each in view(CENTRAL).waiting] == [("SUZA", JUNE_1, 14)]
    assert {line.name: closure_words.state(line) for line in view(CENTRAL).lines} == {
        "NCT": "Open since 1 June 2020",
        "SUZA": "Closed since 18 March 2020",
    }
    at(clock, TODAY)
    assert view(CENTRAL).waiting == []


def test_a_hotel_may_open_and_has_not(amina: Actor, world: World) -> None:
    world.person(world.nct)
    hotel = world.add(Employer(partition=world.nct, name="Ramada"))
    scope = {"scope_kind": "employer", "scope_code": hotel.id, "sites": "workplaces"}
    closure = world.add(Closure(partition=world.nct, reason="covid-19", **scope))
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=date(2020, 3, 25)))
    world.add(Resumption(partition=world.nct, closure_id=closure.id, kind="permitted", since=date(2020, 7, 1), **scope))
    assert [(each.place, each.days) for each in view(amina).waiting] == [("Ramada (NCT)", 29)]


# Who is back


def test_who_is_back_who_is_missing_and_who_left_centre_by_centre(world: World) -> None:
    back, late, remote, absent = (world.person(world.nct, sex) for sex in "FMFM")
    world.person(world.nct, until=date(2020, 6, 15))  # left since
    world.person(world.nct, until=date(2020, 2, 1))  # had left before
    world.person(world.nct, since=JUNE_1)  # new
    world.person(world.suza)
    world.mark(world.nct, back, date(2020, 6, 2), "present")
    world.mark(world.nct, late, date(2020, 6, 16), "late")
    world.mark(world.nct, remote, date(2020, 6, 2), "remote")  # from afar is not back
    world.mark(world.nct, absent, date(2020, 6, 2), "absent")
    found = view(CENTRAL)
    assert lines(found) == {"NCT": (5, 2, 2, 1), "SUZA": (1, 0, 1, 0)}
    # Weeks end on 7, 14, 21 June ...; from 22 June SUZA's one is expected, too.
    assert found.curve[:4] == [
        Point(date(2020, 6, 7), 5, 1),
        Point(date(2020, 6, 14), 5, 1),
        Point(date(2020, 6, 21), 5, 2),
        Point(date(2020, 6, 28), 6, 2),
    ]
    assert found.curve[-1].until == TODAY
    assert found.curve_by_sex["M"][0] == Point(date(2020, 6, 7), 2, 0)


def test_who_was_moved_to_another_cohort_has_not_left(world: World) -> None:
    moved = world.person(world.nct, until=date(2020, 6, 14), status="transferred")
    next_cohort = world.add(Cohort(partition=world.nct, name="2020 Jun"))
    after = {"apprentice_id": moved, "cohort_id": next_cohort.id, "starts_on": date(2020, 6, 15), "status": "active"}
    world.add(Enrolment(partition=world.nct, **after))
    assert lines(view(CENTRAL))["NCT"] == (1, 0, 1, 0)


def test_who_is_in_no_cohort_is_expected_with_the_centre(world: World) -> None:
    person = world.add(Apprentice(partition=world.nct, given_name="Neema", sex="F"))
    world.add(Enrolment(partition=world.nct, apprentice_id=person.id, starts_on=date(2019, 11, 4), status="active"))
    assert lines(view(CENTRAL))["NCT"] == (1, 0, 1, 0)


def test_the_board_names_nobody(client: Browser, world: World) -> None:
    world.person(world.nct)
    page = client.sign_in("amina").get("/overview/closures").text
    assert "Neema Mushi" not in page
    assert "0 of 1 are back (0%)." in page


def test_placements_suspended_by_closed_hotels_are_counted(world: World) -> None:
    person = world.person(world.nct)
    hotel = world.add(Employer(partition=world.nct, name="Ramada"))
    closure = world.add(Closure(partition=world.nct, scope_kind="employer", scope_code=hotel.id, sites="workplaces", reason="covid-19"))
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=date(2020, 3, 25)))
    world.add(Placement(partition=world.nct, apprentice_id=person, employer_id=hotel.id, starts_on=date(2020, 2, 3)))
    found = view(CENTRAL, world.nct)
    assert [line.suspended for line in found.lines] == [1]
    assert [each.places for each in found.shut] == [["Ramada (NCT)"]]


# What it cost


def test_days_lost_are_told_by_centre_and_person_days_by_sex_and_occupation(world: World) -> None:
    # 46 working days at NCT from 18 March to 31 May, 61 at SUZA until 21 June (domain.md 1.4).
    for sex in "FFM":
        world.person(world.nct, sex)
    world.person(world.suza, "M")
    found = view(CENTRAL)
    assert {line.name: (line.lost, line.person_days) for line in found.lines} == {"NCT": (46, 138), "SUZA": (61, 61)}
    assert found.lost[Split.SEX] == [("Female", 92), ("Male", 46 + 61)]
    assert found.lost[Split.PHASE] == [("In theory, at the centre", 199)]
    assert sum(days for _label, days in found.lost[Split.OCCUPATION]) == 199


# Who sees what


def test_everybody_sees_the_own_centres_only(client: Browser, world: World) -> None:
    assert client.sign_in("amina").get(f"/overview/closures?centre={world.suza}").status_code == 404
    assert client.get("/overview/closures").status_code == 200
    assert client.sign_in("dalali").get("/overview/closures").status_code == 403


@pytest.mark.usefixtures("world")
def test_the_first_page_leads_there(client: Browser) -> None:
    assert 'href="/overview/closures"' in client.sign_in("amina").get("/overview/").text


def test_a_region_has_its_board(world: World) -> None:
    world.person(world.nct)
    assert [line.name for line in view(COORDINATOR).lines] == ["NCT", "SUZA"]


@pytest.mark.usefixtures("world")
def test_nothing_closed_nothing_lost_nobody_expected(client: Browser, clock: PinnedClock) -> None:
    at(clock, date(2020, 2, 3))
    page = client.sign_in("amina").get("/overview/closures").text
    assert "Nothing is closed today." in page
    assert "No training was lost to closures in this time." in page
    assert '<svg class="picture"' not in page


def test_the_number_of_questions_does_not_grow_with_the_centres(world: World) -> None:
    asked: list[str] = []
    world.person(world.nct)
    world.person(world.suza)
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def questions(*centres: str) -> int:
        asked.clear()
        where = country(centres)
        board(where, dict.fromkeys(centres, "x"), queries.period_of(where, "year"))
        return len(asked)

    questions(world.nct)  # the first of all looks at more
    assert questions(world.nct, world.suza) == questions(world.nct)


def test_the_board_asks_once_for_who_is_back_and_never_for_attendance(world: World) -> None:
    """These are what takes long over the marks of sixty centres."""
    asked: list[str] = []
    world.person(world.nct)
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    view(CENTRAL)
    assert len([text for text in asked if "FROM mark" in text or "JOIN mark" in text]) == 1
