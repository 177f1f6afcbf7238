"""The placements' pages: the list, a placement, and what a registrar does there."""

from datetime import date

import pytest

from tests.conftest import Browser
from tests.make import Make
from tracker.calendar import actions as calendar_actions
from tracker.db import write
from tracker.employers.models import Employer
from tracker.people.models import Apprentice
from tracker.placements import actions, queries
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR

MONDAY = date(2026, 3, 2)


@pytest.fixture
def placement(amina: Actor, make: Make) -> Placement:
    """Halima at the hotel, with nothing but what is needed."""
    with write(OPERATOR) as session:
        halima = Apprentice(partition=make.centre, number="B/001", given_name="Halima", family_name="Said", birth_date=date(2009, 5, 1))
        hotel = Employer(partition=make.centre, name="Hoteli ya Meru")
        session.add_all([halima, hotel])
    return actions.open_placement(amina, make.centre, {"apprentice_id": halima.id, "employer_id": hotel.id, "starts_on": MONDAY})


def _address(placement: Placement, act: str = "") -> str:
    return f"/placements/{placement.id}{act}"


def test_the_list_names_apprentice_employer_and_state(client: Browser, placement: Placement) -> None:
    del placement
    text = client.sign_in("amina").get("/placements/").text
    assert all(word in text for word in ("Halima Said", "Hoteli ya Meru", "Under way", "warnings"))


def test_the_list_is_searched(client: Browser, placement: Placement) -> None:
    del placement
    assert "Halima Said" in client.sign_in("amina").get("/placements/?q=meru").text
    assert "Halima Said" not in client.get("/placements/?q=kilimanjaro").text


def test_it_says_what_is_to_be_put_in_order_and_who_accepted_it(client: Browser, placement: Placement) -> None:
    text = client.sign_in("amina").get(_address(placement)).text
    assert "16 years old" in text
    assert "No signed contract" in text
    assert "Recorded as it is by Amina Juma" in text


def test_a_department_of_the_pack_is_named_in_the_readers_language(client: Browser, amina: Actor, placement: Placement) -> None:
    actions.correct_placement(amina, placement.id, {"department": "Kitchen"}, None)
    assert "<dd>Jiko</dd>" in client.sign_in("amina").get(f"{_address(placement)}?lang=sw").text


def test_a_closed_hotel_says_why_the_placement_is_suspended(client: Browser, amina: Actor, placement: Placement) -> None:
    calendar_actions.close(amina, placement.partition, "employer", placement.employer_id, "workplaces", "covid-19", MONDAY)
    text = client.sign_in("baraka").get(_address(placement)).text
    assert "the employer has been closed since 2 March 2026: COVID-19" in text


def test_the_registrar_places_an_apprentice(client: Browser, amina: Actor, placement: Placement) -> None:
    actions.void_placement(amina, placement.id, "Entered twice.")
    form = {"apprentice_id": placement.apprentice_id, "employer_id": placement.employer_id, "starts_on": "02/03/2026", "supervisor": "Juma"}
    answer = client.sign_in("amina").send("/placements/new", **form)
    assert answer.status_code == 302
    assert "Juma" in client.get(answer.location).text


def test_a_second_placement_is_refused_beside_the_field(client: Browser, placement: Placement) -> None:
    form = {"apprentice_id": placement.apprentice_id, "employer_id": placement.employer_id, "starts_on": "2026-03-09"}
    text = client.sign_in("amina").send("/placements/new", **form).text
    assert 'id="apprentice_id-error"' in text
    assert "already placed at Hoteli ya Meru from 2 March 2026" in text


def test_a_wrong_date_and_sum_are_shown_at_once(client: Browser, placement: Placement) -> None:
    form = {
        "apprentice_id": placement.apprentice_id,
        "employer_id": placement.employer_id,
        "starts_on": "31/02/2026",
        "allowance_tzs": "many",
    }
    text = client.sign_in("amina").send("/placements/new", **form).text
    assert all(f'id="{name}-error"' in text for name in ("starts_on", "allowance_tzs"))


def test_the_registrar_corrects_and_ends(client: Browser, placement: Placement) -> None:
    page = client.sign_in("amina").get(_address(placement, "/edit")).text
    seen = page.split('name="seen" value="')[1].split('"')[0].replace("&#34;", '"')
    form = {
        "apprentice_id": placement.apprentice_id,
        "employer_id": placement.employer_id,
        "starts_on": "2026-03-02",
        "department": "Jikoni",
    }
    client.send(_address(placement, "/edit"), **form, seen=seen)
    client.send(_address(placement, "/end"), on="2026-03-01")
    client.send(_address(placement, "/end"), on="2026-03-27")
    assert (placement.department, placement.ends_on) == ("Jikoni", date(2026, 3, 27))


def test_the_registrar_suspends_and_resumes(client: Browser, amina: Actor, placement: Placement) -> None:
    client.sign_in("amina").send(_address(placement, "/suspend"), since="2026-03-02", reason="illness")
    text = client.get(_address(placement)).text
    assert "paused since 2 March 2026: Illness or injury" in text
    client.send(_address(placement, "/resume"), on="2026-03-05")
    (suspension,) = queries.suspensions(placement)
    assert suspension.until == date(2026, 3, 4)
    client.send(f"/placements/suspensions/{suspension.id}/withdraw", why="Another apprentice.")
    assert queries.pauses(queries.suspensions(queries.placement_for(amina, placement.id))) == []


def test_a_withdrawn_placement_says_so_and_comes_back(client: Browser, placement: Placement) -> None:
    client.sign_in("amina").send(_address(placement, "/void"), why="Entered twice.")
    assert "Entered twice." in client.get(_address(placement)).text
    client.send(_address(placement, "/restore"))
    assert "Under way" in client.get(_address(placement)).text


def test_one_apprentices_placements_are_a_page(client: Browser, placement: Placement) -> None:
    text = client.sign_in("baraka").get(f"/placements/?apprentice={placement.apprentice_id}").text
    assert "Placements of Halima Said" in text
    assert "New placement" not in text


@pytest.mark.parametrize("act", ["/edit", "/suspend", "/resume", "/end", "/void"])
def test_an_instructor_changes_no_placement(client: Browser, placement: Placement, act: str) -> None:
    assert client.sign_in("baraka").get(_address(placement, act)).status_code == 403


@pytest.mark.parametrize("act", ["", "/edit", "/suspend"])
def test_it_hides_the_placement_from_an_outsider(client: Browser, placement: Placement, act: str) -> None:
    assert client.sign_in("chausiku").get(_address(placement, act)).status_code == 404


def test_central_reads_and_changes_nothing(client: Browser, make: Make, placement: Placement) -> None:
    make.user("Fatma Salim", "central", partition="nation")
    assert "Halima Said" in client.sign_in("fatma").get(_address(placement)).text
    assert client.get(f"/placements/?centre={make.centre}").status_code == 200
    assert client.get(_address(placement, "/edit")).status_code == 403


def test_the_apprentices_page_lists_the_placements(client: Browser, placement: Placement) -> None:
    text = client.sign_in("amina").get(f"/people/{placement.apprentice_id}").text
    assert f'href="/placements/{placement.id}"' in text
