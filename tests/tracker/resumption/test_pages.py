"""The pages: from the first page to a recorded call, the filters, figures only above a centre, and placing elsewhere."""

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import select

from tests.conftest import Browser
from tests.tracker.resumption.conftest import SHUT, TODAY, World
from tracker.accounts import actions as accounts
from tracker.attendance.models import FollowUp
from tracker.calendar.queries import calendar_for
from tracker.db import db
from tracker.people.models import Apprentice, Enrolment
from tracker.placements.models import Placement
from tracker.policy import OPERATOR


def _text(page: str) -> str:
    """What a person reads, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _calls(person: Apprentice) -> list[FollowUp]:
    return list(db.session.scalars(select(FollowUp).where(FollowUp.apprentice_id == person.id)))


@pytest.fixture
def asha(world: World) -> Apprentice:
    """Who has not come back, while Bahati has."""
    asha = world.person("Asha Mushi")
    world.mark(world.person("Bahati Lyimo", "M"), date(2026, 2, 18))
    return asha


@pytest.fixture
def amina_here(client: Browser, asha: Apprentice, world: World) -> Browser:
    del asha  # only has to be there
    world.reopen()
    return client.sign_in("amina")


def _address(world: World) -> str:
    return f"/resumption/{world.closure.id}"


# ---- the roll call


def test_the_first_page_leads_to_who_has_not_come_back(amina_here: Browser, world: World) -> None:
    for first in ("/attendance/", "/overview/"):
        page = amina_here.get(first).text
        assert f'href="{_address(world)}"' in page
        assert "Who has not come back : 1 apprentice" in _text(page)


@pytest.mark.usefixtures("asha")
def test_while_it_is_closed_the_first_page_says_nothing(client: Browser) -> None:
    assert "Who has not come back" not in client.sign_in("amina").get("/attendance/").text


def test_the_roll_call_shows_whom_to_call_with_the_number(amina_here: Browser, world: World) -> None:
    page = amina_here.get(_address(world)).text
    assert "Asha Mushi" in page
    assert 'href="tel:+255754123456"' in page
    assert "Bahati Lyimo" not in page
    text = _text(page)
    assert "COVID-19" in text
    assert "Reopened on 16 February 2026" in text
    assert "50% Returned 1 of 2 expected" in text


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("missing", {"Asha"}),
        ("not-seen", {"Asha"}),
        ("reached", set()),
        ("returned", {"Bahati"}),
        ("left", set()),
        ("all", {"Asha", "Bahati"}),
    ],
)
def test_the_filters(amina_here: Browser, world: World, view: str, shown: set[str]) -> None:
    page = amina_here.get(_address(world), query_string={"show": view}).text
    assert {name for name in ("Asha", "Bahati") if name in page} == shown


def test_an_unknown_filter_shows_nobody_and_breaks_nothing(amina_here: Browser, world: World) -> None:
    assert "Nobody is in this list." in amina_here.get(_address(world), query_string={"show": "x", "cohort": "y"}).text


def test_that_nobody_answered_is_one_tap(amina_here: Browser, world: World, asha: Apprentice) -> None:
    answer = amina_here.send(f"{_address(world)}/nobody-answered?show=missing", apprentice=asha.id)
    assert answer.headers["Location"].startswith(_address(world))
    assert [(row.on, row.means, row.outcome) for row in _calls(asha)] == [(TODAY, "call", "not_reached")]
    assert "Call: Not reached" in _text(amina_here.get(_address(world)).text)


def test_a_promise_is_recorded_from_the_list_and_leads_back_to_it(amina_here: Browser, world: World, asha: Apprentice) -> None:
    form = f"/attendance/follow-up/{asha.id}?closure={world.closure.id}"
    assert unescape(amina_here.get(_address(world)).text).count(form) == 1
    assert re.search(r'<input checked[^>]* value="call"', amina_here.get(form).text)
    answer = amina_here.send(form, on="2/3/2026", means="call", outcome="promised", expected_on="9/3/2026")
    assert answer.headers["Location"] == _address(world)
    text = _text(amina_here.get(_address(world)).text)
    assert "Promised to come Will come on 9 March 2026" in text
    assert "Not back yet: 1" in text
    assert "Not seen yet: 0" in text


@pytest.mark.parametrize(
    ("expected_on", "sentence"),
    [
        ("1/3/2026", "The day on which the apprentice will come cannot be before 2 March 2026, the day of the call."),
        ("9/3/2036", "The day on which the apprentice will come is more than a year away. Check the year."),
        ("soon", "soon is not a date."),
    ],
)
def test_a_promise_for_a_day_that_nobody_means_is_refused(amina_here: Browser, asha: Apprentice, expected_on: str, sentence: str) -> None:
    page = amina_here.send(f"/attendance/follow-up/{asha.id}", on="2/3/2026", means="call", outcome="promised", expected_on=expected_on)
    assert sentence in page.text
    assert _calls(asha) == []


def test_who_has_left_is_recorded_from_the_list_and_leads_back_to_it(amina_here: Browser, world: World, asha: Apprentice) -> None:
    enrolment = db.session.scalars(select(Enrolment).where(Enrolment.apprentice_id == asha.id)).one()
    form = f"/people/enrolments/{enrolment.id}/end?closure={world.closure.id}"
    assert form in unescape(amina_here.get(_address(world)).text)
    answer = amina_here.send(form, status="left", ended_on="2/3/2026", end_reason="transport-lodging")
    assert answer.headers["Location"] == _address(world)
    text = _text(amina_here.get(_address(world), query_string={"show": "left"}).text)
    assert "Asha Mushi" in text
    assert "Has left" in text
    assert "2 March 2026" in text


def test_the_weeks_stand_in_a_table(amina_here: Browser, world: World) -> None:
    text = _text(amina_here.get(_address(world)).text)
    assert "22 February 2026 1 2 50% 0 of 1 1 of 1" in text


def test_the_weeks_are_drawn_of_all_and_by_sex(amina_here: Browser, world: World) -> None:
    drawn = amina_here.get(_address(world)).text.partition('<svg class="picture"')[2].partition("</ul>")[0]
    for dot in ("All, Week 1: 50%", "Female, Week 1: 0%", "Male, Week 1: 100%"):
        assert f"<title>{dot}</title>" in drawn


def test_nobody_records_a_call_to_somebody_elses_apprentice(client: Browser, world: World, asha: Apprentice) -> None:
    world.reopen()
    assert client.sign_in("chausiku").send(f"{_address(world)}/nobody-answered", apprentice=asha.id).status_code == 404
    assert client.sign_in("baraka").send(f"{_address(world)}/nobody-answered", apprentice=asha.id).status_code == 403
    assert _calls(asha) == []


@pytest.mark.usefixtures("asha")
@pytest.mark.parametrize("page", ["", "displaced", "{closure}", "elsewhere"])
def test_nobody_sees_another_centre(client: Browser, world: World, page: str) -> None:
    world.reopen()
    client.sign_in("chausiku")
    address = f"/resumption/{page.format(closure=world.closure.id)}"
    for query in ({}, {"centre": world.partition}):
        assert "Asha" not in client.get(address, query_string=query, follow_redirects=True).text


def test_above_a_centre_there_are_figures_and_no_names(client: Browser, world: World, asha: Apprentice) -> None:
    world.reopen()
    world.place(asha, hotel := world.hotel("Bahari Hotel"))
    world.close("employer", hotel.id, SHUT)
    accounts.add_user(OPERATOR, "nation", "neema", "Neema Kapinga", "central", "maneno manne ya siri", must_change=False)
    client.sign_in("neema")
    for address in (
        "/resumption/",
        f"{_address(world)}?centre={world.partition}",
        "/resumption/displaced",
        f"/resumption/displaced?centre={world.partition}",
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "Asha" not in answer.text
        assert "754123456" not in answer.text
    text = _text(client.get("/resumption/").text)
    assert "Chuo cha Ziwa 2 1 50% 0 1 0 0" in text
    assert "All centres 2 1 50% 0 1 0 0" in text
    assert "Chuo cha Ziwa 1 0 1 0" in _text(client.get("/resumption/displaced").text)
    assert client.get(_address(world)).headers["Location"] == "/resumption/"


# ---- displaced


@pytest.fixture
def own(world: World, asha: Apprentice) -> Placement:
    hotel = world.hotel("Bahari Hotel")
    world.close("employer", hotel.id, SHUT)
    return world.place(asha, hotel)


def test_the_pages_of_apprentice_and_placement_say_where_he_is(client: Browser, own: Placement, world: World, asha: Apprentice) -> None:
    client.sign_in("amina")
    addresses = (f"/people/{asha.id}", f"/placements/{own.id}")
    for address in addresses:
        assert "At home: the centre is closed too. The day of return is not known yet." in _text(client.get(address).text)
    world.reopen()
    for address in addresses:
        assert "Back at the centre. The day of return is not known yet." in _text(client.get(address).text)


def test_one_is_placed_elsewhere_and_sent_back(amina_here: Browser, own: Placement, world: World) -> None:
    host = world.hotel("Kilima Lodge")
    page = amina_here.get("/resumption/displaced").text
    assert f'value="{own.id}"' in page
    assert "Bahari Hotel" in page
    form = f"/resumption/elsewhere?placement={own.id}"
    page = amina_here.get(form).text
    assert "Kilima Lodge: room for 5" in page
    assert re.search(rf'<input checked[^>]* value="{own.id}"', page)
    answer = amina_here.send(form, placement=own.id, employer_id=host.id, starts_on="2/3/2026")
    placed = _text(amina_here.get(answer.headers["Location"]).text)
    assert "Stands in for the placement at Bahari Hotel." in placed
    assert "No signed contract is recorded." in placed
    kept = _text(amina_here.get(f"/placements/{own.id}").text)
    assert "Suspended" in kept
    assert "another placement stands in for it" in kept
    assert "At Kilima Lodge meanwhile." in kept
    assert 'name="placement"' not in amina_here.get("/resumption/displaced").text

    closure = next(story for story in calendar_for(OPERATOR, world.partition).stories if story.row.scope_kind == "employer")
    world.reopen(closure.row, since=TODAY)
    assert "Send back to Bahari Hotel today" in amina_here.get("/resumption/displaced").text
    answer = amina_here.send(f"/resumption/back/{own.id}")
    assert "From today on the apprentice is expected" in amina_here.get(answer.headers["Location"]).text
    assert "Under way" in _text(amina_here.get(f"/placements/{own.id}").text)
    again = amina_here.send(f"/resumption/back/{own.id}")
    assert "No other placement stands in" in unescape(amina_here.get(again.headers["Location"]).text)


def test_a_second_press_on_the_button_names_who_is_placed_already(amina_here: Browser, own: Placement, world: World) -> None:
    form, host = f"/resumption/elsewhere?placement={own.id}", world.hotel("Kilima Lodge")
    world.hotel("Ziwa Lodge")
    filled = {"placement": own.id, "employer_id": host.id, "starts_on": "2/3/2026"}
    assert amina_here.send(form, **filled).status_code == 302
    text = _text(amina_here.send(form, **filled).text)
    assert "another placement stands in already" in text
    assert own.id not in text


def test_without_anybody_ticked_nobody_is_placed(amina_here: Browser, own: Placement, world: World) -> None:
    host = world.hotel("Kilima Lodge")
    page = amina_here.get("/resumption/elsewhere").text
    assert f'value="{own.id}"' in page
    assert "checked" not in page
    page = amina_here.send("/resumption/elsewhere", employer_id=host.id, starts_on="2/3/2026").text
    assert "Choose at least one apprentice whose employer is closed." in page
    assert db.session.scalar(select(Placement.id).where(Placement.replaces_id == own.id)) is None


def test_while_nobody_waits_the_page_says_so(amina_here: Browser) -> None:
    assert "Nobody waits for another employer." in amina_here.get("/resumption/elsewhere").text


def test_a_form_with_faults_says_what_to_do(amina_here: Browser, own: Placement, world: World) -> None:
    host = world.hotel("Kilima Lodge")
    form = f"/resumption/elsewhere?placement={own.id}"
    page = unescape(amina_here.send(form, placement=own.id, employer_id="", starts_on="").text)
    assert "Choose an employer of this centre." in page
    assert "Enter the first day at the employer." in page
    page = unescape(amina_here.send(form, placement=own.id, employer_id=host.id, starts_on="9/3/2026", ends_on="2/3/2026").text)
    assert "The last day cannot be before 9 March 2026, the first day." in page
    assert db.session.scalar(select(Placement.id).where(Placement.replaces_id == own.id)) is None


def test_with_no_employer_open_the_page_says_what_to_do(amina_here: Browser, own: Placement) -> None:
    page = amina_here.get(f"/resumption/elsewhere?placement={own.id}").text
    assert "No employer of this centre is open and has room." in page


def test_an_instructor_sees_the_displaced_and_places_nobody(client: Browser, own: Placement) -> None:
    page = client.sign_in("baraka").get("/resumption/displaced").text
    assert "Asha Mushi" in page
    assert 'type="checkbox"' not in page
    assert client.get(f"/resumption/elsewhere?placement={own.id}").status_code == 403
    assert client.send(f"/resumption/back/{own.id}").status_code == 403
