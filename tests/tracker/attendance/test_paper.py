"""The week's sheet, its code, finding the week again by the code, and an apprentice's sheet."""

import re
from contextlib import suppress
from datetime import date, timedelta
from html import unescape

import pytest
import segno
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Browser
from tests.make import Make
from tests.tracker.attendance.conftest import MONDAY, World
from tracker.attendance import actions, paper, paper_queries
from tracker.attendance.apprentice_queries import apprentice_sheet
from tracker.calendar import actions as calendar
from tracker.db import write
from tracker.employers import actions as employers
from tracker.employers.models import Employer
from tracker.people.models import Enrolment
from tracker.placements import actions as placements
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR
from tracker.web.transport import Reach

TODAY = date(2026, 3, 2)
MONDAYS = st.integers(-17 * 52, 100).map(lambda weeks: TODAY + timedelta(weeks=weeks))
IDS = st.from_regex(r"[0-9a-f]{16}-[1-9][0-9]{0,5}", fullmatch=True)
CODES = st.builds(lambda cohort, monday, halves: paper.code_of(cohort, monday, has_halves=halves), IDS, MONDAYS, st.booleans())


# ---- codes


@given(IDS, MONDAYS, st.booleans())
def test_a_code_names_its_cohort_week_and_halves(cohort: str, monday: date, halves: bool) -> None:
    code = paper.code_of(cohort, monday, has_halves=halves)
    assert paper.read_code(code, TODAY) == (paper.number_of(cohort), monday, halves)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{3}-[2-9A-HJKMNP-Z]{4}", code)


@given(CODES, st.integers(0, 6), st.sampled_from(paper.SIGNS))
def test_every_single_slip_is_found(code: str, place: int, sign: str) -> None:
    signs = code.replace("-", "")
    slipped = signs[:place] + sign + signs[place + 1 :]
    if slipped != signs:
        with pytest.raises(paper.Mistyped):
            paper.read_code(slipped, TODAY)


@given(CODES, st.integers(0, 5))
def test_two_signs_exchanged_are_found(code: str, place: int) -> None:
    signs = code.replace("-", "")
    turned = signs[:place] + signs[place + 1] + signs[place] + signs[place + 2 :]
    if turned != signs:
        with pytest.raises(paper.Mistyped):
            paper.read_code(turned, TODAY)


@given(st.text(max_size=12))
def test_nonsense_is_mistyped_or_a_code(text: str) -> None:
    with suppress(paper.Mistyped):
        assert paper.read_code(text, TODAY).monday.weekday() == 0


def test_capitals_blanks_and_dashes_do_not_matter() -> None:
    code = paper.code_of("0123456789abcdef-12", MONDAY, has_halves=False)
    assert paper.read_code(f"  {code.lower().replace('-', ' – ')} ", TODAY).monday == MONDAY


# ---- the sheet


def _sheet(world: World, on: str = "2026-03-02", more: str = "") -> str:
    return f"/attendance/{world.cohort.id}/week/{on}{more}"


def test_the_sheet_has_everybody_and_a_box_for_each_workday(client: Browser, world: World) -> None:
    text = client.sign_in("amina").get(_sheet(world)).text
    assert all(person.full_name in text and str(person.number) in text for person in world.people)
    assert "Attendance register, 2 March 2026 to 6 March 2026" in text
    assert "Chuo cha Ziwa" in text
    assert text.count('<td class="box">') == 4 * 5 + 5  # the people, and the row for the rest
    assert "Printed on 2 March 2026, 08:00" in text


def test_any_day_opens_its_week(client: Browser, world: World) -> None:
    assert "2 March 2026 to 6 March 2026" in client.sign_in("amina").get(_sheet(world, "2026-03-08")).text


def test_a_holiday_is_named_and_has_no_boxes(client: Browser, world: World) -> None:
    text = client.sign_in("amina").get(_sheet(world, "2026-01-12")).text
    assert "Public holiday: " in text
    assert text.count('<td class="box">') == 4 * 4 + 4


def test_a_saturday_stands_on_the_sheet_once_it_was_taught(world: World, teacher: Actor) -> None:
    assert len(paper_queries.week_for(teacher, world.cohort.id, date(2026, 2, 28)).days) == 5
    actions.teach_anyway(teacher, world.cohort.id, date(2026, 2, 28), "Makeup day")
    assert [each.on.day for each in paper_queries.week_for(teacher, world.cohort.id, date(2026, 2, 28)).days][-1] == 28


def test_halved_days_have_two_boxes(client: Browser, world: World) -> None:
    text = client.sign_in("amina").get(_sheet(world, more="?halves=1")).text
    assert text.count('<td class="box">') == (4 + 1) * 10
    assert "a.m." in text


def test_a_cohort_that_took_halves_lately_gets_boxes_for_halves(world: World, teacher: Actor) -> None:
    assert not paper_queries.week_for(teacher, world.cohort.id, MONDAY).has_halves
    actions.take_register(teacher, world.cohort.id, date(2026, 2, 26), "am")
    assert paper_queries.week_for(teacher, world.cohort.id, MONDAY).has_halves


def test_what_is_marked_already_stands_in_the_boxes_in_the_readers_letters(client: Browser, world: World, teacher: Actor) -> None:
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "absent")
    browser = client.sign_in("amina")
    assert '<td class="box">A</td>' in browser.get(_sheet(world)).text
    assert '<td class="box">H</td>' in browser.get(_sheet(world, more="?lang=sw")).text


def test_who_is_at_a_workplace_or_not_enrolled_yet_has_no_box(world: World, amina: Actor) -> None:
    with write(OPERATOR) as session:
        hotel = Employer(partition=world.partition, name="Hoteli ya Meru")
        session.add(hotel)
        session.flush()
        span = {"starts_on": date(2026, 3, 4), "ends_on": date(2026, 3, 31)}
        session.add(Placement(partition=world.partition, apprentice_id=world.people[0].id, employer_id=hotel.id, **span))
        for enrolment in session.query(Enrolment).filter_by(apprentice_id=world.people[1].id):
            enrolment.starts_on = date(2026, 3, 5)
    week = paper_queries.week_for(amina, world.cohort.id, MONDAY)
    by_id = {line.id: line for line in week.lines}
    assert [cell.workplace for cell in by_id[world.people[0].id].cells] == [None, None, *["Hoteli ya Meru"] * 3]
    assert [cell.is_enrolled for cell in by_id[world.people[1].id].cells] == [False] * 3 + [True] * 2


def test_an_outsider_finds_no_sheet(client: Browser, world: World) -> None:
    browser = client.sign_in("chausiku")
    assert browser.get(_sheet(world)).status_code == 404
    assert browser.get(_sheet(world, more="/enter")).status_code == 404


@pytest.mark.parametrize("on", ["9999-12-31", "0001-01-01", "2026-02-30", "x"])
def test_a_week_that_is_none_is_not_found(client: Browser, world: World, on: str) -> None:
    assert client.sign_in("amina").get(_sheet(world, on)).status_code == 404


def test_the_sheet_loads_its_own_style_and_the_common_one_does_not_carry_it(client: Browser, world: World) -> None:
    browser = client.sign_in("amina")
    text = browser.get(_sheet(world)).text
    own = re.search(r'href="(/static/[^"]+/css/pages/paper\.css)"', text)
    common = re.search(r'href="(/static/[^"]+/css/daftari\.css)"', text)
    assert own
    assert common
    assert ".sheet" in browser.get(own[1]).text
    assert ".sheet" not in browser.get(common[1]).text
    assert "pages/paper.css" not in browser.get(f"/attendance/{world.cohort.id}/2026-03-02").text


def test_the_picture_opens_the_week_on_a_phone_while_phones_are_let_in(app: Flask, client: Browser, world: World, amina: Actor) -> None:
    code = paper_queries.week_for(amina, world.cohort.id, MONDAY).code
    browser = client.sign_in("amina")
    assert _picture(f"http://localhost/attendance/paper?code={code}") in unescape(browser.get(_sheet(world)).text)
    app.extensions["reach"] = Reach(("https://192.168.43.7:8443/",), is_secure=True)
    assert _picture(f"https://192.168.43.7:8443/attendance/paper?code={code}") in unescape(browser.get(_sheet(world)).text)


def _picture(address: str) -> str:
    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=3, border=2))


# ---- from the code back to the week


def _typed(browser: Browser, code: str) -> str:
    answer = browser.get("/attendance/paper", query_string={"code": code})
    assert answer.status_code == 302
    return str(answer.location)


def test_the_code_of_the_sheet_opens_its_week_for_entering(client: Browser, world: World) -> None:
    browser = client.sign_in("amina")
    text = browser.get(_sheet(world, "2026-02-18", "?halves=1")).text
    code = re.search(r"<b>(\w{3}-\w{4})</b>", text)
    assert code
    assert 'name="code"' in browser.get("/attendance/").text
    assert _typed(browser, code[1]) == f"/attendance/{world.cohort.id}/week/2026-02-16/enter?halves=1"


def test_a_mistyped_code_is_told_apart_from_an_unknown_one(client: Browser, world: World) -> None:
    browser = client.sign_in("amina")
    code = paper.code_of(world.cohort.id, MONDAY, has_halves=False)
    wrong = ("3" if code[0] != "3" else "4") + code[1:]
    assert f"The code {wrong} is mistyped" in browser.get(_typed(browser, wrong)).text
    unknown = paper.code_of("0000000000000000-1", MONDAY, has_halves=False)
    assert f"The code {unknown} is right, but" in browser.get(_typed(browser, unknown)).text


@pytest.mark.parametrize("code", ["", "%", "%(code)s", "<b>", "A" * 500, "Ω", "-------"])
def test_odd_codes_are_mistyped(client: Browser, world: World, code: str) -> None:
    del world
    browser = client.sign_in("amina")
    assert "is mistyped" in browser.get(_typed(browser, code)).text


def test_the_code_of_another_centre_is_unknown_here(client: Browser, world: World) -> None:
    browser = client.sign_in("chausiku")
    page = browser.get(_typed(browser, paper.code_of(world.cohort.id, MONDAY, has_halves=False))).text
    assert "Perhaps the paper comes from another centre." in page


def test_who_may_not_mark_the_cohort_reads_the_sheet(client: Browser, make: Make, world: World) -> None:
    make.user("Fatma Salim", "central", partition="nation")
    browser = client.sign_in("fatma")
    assert _typed(browser, paper.code_of(world.cohort.id, MONDAY, has_halves=False)).startswith(f"{_sheet(world)}?")


def test_a_mistyped_code_is_explained_to_who_belongs_to_no_centre(client: Browser, make: Make, world: World) -> None:
    make.user("Fatma Salim", "central", partition="nation")
    browser, today = client.sign_in("fatma"), f"/attendance/?centre={world.partition}"
    assert f'name="centre" value="{world.partition}"' in browser.get(today).text
    for address in ("/attendance/paper?code=7K4", f"/attendance/paper?code=7K4&centre={world.partition}"):
        answer = browser.get(address, follow_redirects=True)
        assert answer.status_code == 200
        assert "The code 7K4 is mistyped" in answer.text


def test_a_code_of_two_cohorts_asks_for_the_right_one(client: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "COHORTS", 1)  # so few numbers that all cohorts share one
    world.add_cohort()
    browser = client.sign_in("amina")
    page = browser.get(_typed(browser, paper.code_of(world.cohort.id, MONDAY, has_halves=False))).text
    assert "Two cohorts share the code" in page


# ---- an apprentice's sheet


def test_an_apprentices_sheet_shows_months_absences_closures_and_both_percentages(
    client: Browser, world: World, teacher: Actor, amina: Actor
) -> None:
    person = world.people[0]
    for on, status in ((date(2026, 2, 23), "absent"), (date(2026, 2, 24), "present"), (date(2026, 2, 25), "present")):
        actions.mark(teacher, world.partition, person.id, on, status, reason="Mvua kubwa" if status == "absent" else None)
        actions.take_register(teacher, world.cohort.id, on)
    calendar.close(amina, world.partition, "cohort", world.cohort.id, "centres", "covid-19", MONDAY)
    page = client.sign_in("amina").get(f"/attendance/apprentice/{person.id}").text
    assert f"Attendance sheet of {person.full_name}" in page
    assert ">January 2026</th>" in page
    assert "So far: <b>66 %</b>" in page
    assert "23 February 2026: Absent · Mvua kubwa" in page
    assert "2 March 2026: COVID-19, since 2 March 2026" in page


def test_a_sheet_has_each_day_of_the_time_in_the_cohort_until_today(world: World, teacher: Actor) -> None:
    (found,) = apprentice_sheet(teacher, world.people[0].id).cohorts
    assert [(month.first.month, min(month.days), max(month.days)) for month in found.months] == [(1, 5, 31), (2, 1, 28), (3, 1, 2)]


def test_who_moved_has_a_sheet_with_both_cohorts(world: World, teacher: Actor) -> None:
    person, other = world.people[0], world.add_cohort()
    with write(OPERATOR) as session:
        for enrolment in session.query(Enrolment).filter_by(apprentice_id=person.id):
            enrolment.ended_on, enrolment.status = date(2026, 1, 31), "transferred"
        span = {"starts_on": date(2026, 2, 1), "status": "active"}
        session.add(Enrolment(partition=world.partition, apprentice_id=person.id, cohort_id=other.id, **span))
    new, old = apprentice_sheet(teacher, person.id).cohorts
    assert ([month.first.month for month in new.months], [month.first.month for month in old.months]) == ([2, 3], [1])
    assert new.cohort is other


def test_a_new_apprentice_without_cohort_has_an_empty_sheet(client: Browser, make: Make, world: World) -> None:
    del world
    person = make.apprentice("Zuhura Ally")
    assert "has not been enrolled in a cohort yet" in client.sign_in("amina").get(f"/attendance/apprentice/{person.id}").text


def test_one_who_begins_next_month_has_no_days_yet(client: Browser, world: World) -> None:
    with write(OPERATOR) as session:
        for enrolment in session.query(Enrolment).filter_by(apprentice_id=world.people[0].id):
            enrolment.starts_on = date(2026, 4, 1)
    assert "has not begun yet" in client.sign_in("amina").get(f"/attendance/apprentice/{world.people[0].id}").text


def test_an_outsider_finds_no_sheet_of_an_apprentice(client: Browser, world: World) -> None:
    assert client.sign_in("chausiku").get(f"/attendance/apprentice/{world.people[0].id}").status_code == 404


def test_the_apprentices_page_leads_to_the_sheet(client: Browser, world: World) -> None:
    person = world.people[0]
    assert f'href="/attendance/apprentice/{person.id}"' in client.sign_in("amina").get(f"/people/{person.id}").text


# ---- what the printer gets


def test_the_frame_stays_off_the_paper(client: Browser, world: World) -> None:
    """The sheets that follow say how the frame lies on the screen; the rule for the printer has to be heavier than theirs."""
    text = client.sign_in("amina").get(_sheet(world)).text
    common = re.search(r'href="(/static/[^"]+/css/daftari\.css)"', text)
    assert common
    assert "html :is(.top,.button,.actions,.skip,.notice){display: none;}" in client.get(common[1]).text


@pytest.mark.parametrize("path", ["{cohort}/week/2026-03-02", "{cohort}/month/2026-03", "apprentice/{person}", "workplace/2026-03-02"])
def test_every_sheet_has_a_print_button_that_waits_for_the_script(client: Browser, world: World, amina: Actor, path: str) -> None:
    hotel = employers.add_employer(amina, world.partition, {"name": "Hoteli ya Meru"})
    values = {"apprentice_id": world.people[0].id, "employer_id": hotel.id, "starts_on": MONDAY}
    placements.open_placement(amina, world.partition, values)
    page = client.sign_in("amina").get("/attendance/" + path.format(cohort=world.cohort.id, person=world.people[0].id)).text
    assert re.search(r'<button class="[^"]*" type="button" data-module="print" hidden>Print</button>', page)
