"""The register as a page without script, the partial answers for the script, and the list of today."""

import re
from datetime import date
from html import unescape

import pytest

from tests.conftest import Browser
from tests.tracker.attendance.conftest import MONDAY, World
from tracker.attendance import absence_actions, actions, queries
from tracker.policy import Actor

pytestmark = pytest.mark.usefixtures("teacher")

FIELD = re.compile(r'<input type="(radio|hidden)" name="([ms][0-9a-f]{16}-\d+)" value="([^"]*)"([^>]*)>')


def _address(world: World, on: str = "2026-03-02") -> str:
    return f"/attendance/{world.cohort.id}/{on}"


def _form(page: str) -> dict[str, str]:
    """What a browser without script would send of the marks on a page."""
    return {name: unescape(value) for kind, name, value, more in FIELD.findall(page) if kind == "hidden" or "checked" in more}


def _statuses(actor: Actor, world: World) -> list[str | None]:
    return [row.status for row in queries.register_for(actor, world.cohort.id, MONDAY).rows]


def test_nothing_is_preset(client: Browser, world: World) -> None:
    page = client.sign_in("baraka").get(_address(world)).text
    assert page.count('type="radio"') == 20
    assert "checked" not in page
    assert "4 left" in page


def test_the_plain_form_saves_what_was_chosen(client: Browser, world: World, teacher: Actor) -> None:
    browser = client.sign_in("baraka")
    chosen = {f"m{world.people[0].id}": "absent", f"m{world.people[1].id}": "late"}
    answer = browser.send(_address(world), **_form(browser.get(_address(world)).text) | chosen, do="save")
    assert answer.status_code == 302
    assert "The register is saved." in browser.get(answer.location).text
    assert _statuses(teacher, world) == ["absent", "late", None, None]


def test_the_plain_form_saves_choices_before_all_remaining(client: Browser, world: World, teacher: Actor) -> None:
    client.sign_in("baraka").send(_address(world), **{f"m{world.people[2].id}": "absent"}, do="rest")
    assert _statuses(teacher, world) == ["present", "present", "absent", "present"]


@pytest.mark.parametrize("wish", ["done", "sure"])
def test_a_register_finished_by_mistake_is_taken_back_by_undo(client: Browser, world: World, teacher: Actor, wish: str) -> None:
    browser = client.sign_in("baraka")
    after = browser.get(browser.send(_address(world), do=wish).location).text
    act = re.search(r'name="act" value="([^"]+)"', after)
    assert act
    browser.send(_address(world), do="undo", act=act[1])
    page = queries.register_for(teacher, world.cohort.id, MONDAY)
    assert not page.is_taken
    assert page.register
    assert page.register.note is None


def test_the_registers_of_the_halves_are_found_on_the_page_of_the_day(client: Browser, world: World) -> None:
    page = client.sign_in("baraka").get(_address(world)).text
    assert 'href="2026-03-02?slot=am">Morning</a>' in page
    assert 'href="2026-03-02">Whole day</a>' in client.get(_address(world) + "?slot=pm").text


def test_today_asks_for_the_afternoon_while_only_the_morning_is_taken(client: Browser, world: World, teacher: Actor) -> None:
    browser = client.sign_in("baraka")
    actions.mark_remaining_present(teacher, world.cohort.id, MONDAY, "am")
    page = browser.get("/attendance/").text
    assert "Afternoon: Due" in page
    assert f'href="{_address(world)}?slot=pm"' in page
    actions.mark_remaining_present(teacher, world.cohort.id, MONDAY, "pm")
    assert "✓ Taken" in browser.get("/attendance/").text


def test_a_half_shows_what_is_marked_for_the_whole_day_and_overrules_none_of_it(client: Browser, world: World, teacher: Actor) -> None:
    for place, status in enumerate(["absent", "excused", "late"]):
        actions.mark(teacher, world.partition, world.people[place].id, MONDAY, status)
    browser = client.sign_in("baraka")
    page = browser.get(_address(world) + "?slot=am").text
    assert "Whole day: Absent" in page
    assert "1 left" in page
    browser.send(_address(world) + "?slot=am", slot="am", do="rest")
    shown = queries.register_for(teacher, world.cohort.id, MONDAY, "am")
    assert ([row.status for row in shown.rows], shown.is_taken) == ([None, None, None, "present"], True)


def test_who_is_marked_in_both_halves_is_not_waited_for_in_the_whole_day(client: Browser, world: World, teacher: Actor) -> None:
    for slot, status in (("am", "present"), ("pm", "absent")):
        actions.mark(teacher, world.partition, world.people[0].id, MONDAY, status, slot=slot)
    actions.mark(teacher, world.partition, world.people[1].id, MONDAY, "absent", slot="am")
    page = client.sign_in("baraka").get(_address(world)).text
    assert "Morning: Present, Afternoon: Absent" in page
    assert "3 left" in page


def test_an_untouched_row_of_an_old_page_is_no_edit(client: Browser, world: World, teacher: Actor, amina: Actor) -> None:
    browser = client.sign_in("baraka")
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "present")
    old = _form(browser.get(_address(world)).text)
    actions.mark(amina, world.partition, world.people[0].id, MONDAY, "excused")
    browser.send(_address(world), **old | {f"m{world.people[1].id}": "present"}, do="save")
    page = queries.register_for(teacher, world.cohort.id, MONDAY)
    assert [row.status for row in page.rows][:2] == ["excused", "present"]
    assert not page.rows[0].has_conflict


def test_a_choice_on_an_old_page_shows_as_a_conflict(client: Browser, world: World, amina: Actor) -> None:
    browser = client.sign_in("baraka")
    old = _form(browser.get(_address(world)).text)
    actions.mark(amina, world.partition, world.people[0].id, MONDAY, "excused")
    browser.send(_address(world), **old | {f"m{world.people[0].id}": "absent"}, do="save")
    page = browser.get(_address(world)).text
    assert "Two versions" in page
    assert 'href="/conflicts' in page


def test_undo_works_without_script(client: Browser, world: World, teacher: Actor) -> None:
    browser = client.sign_in("baraka")
    after = browser.get(browser.send(_address(world), do="rest").location).text
    act = re.search(r'name="act" value="([^"]+)"', after)
    assert act
    browser.send(_address(world), do="undo", act=act[1])
    assert _statuses(teacher, world) == [None] * 4


def test_the_script_gets_the_row_and_the_counts_back(client: Browser, world: World) -> None:
    answer = client.sign_in("baraka").send(_address(world), **{f"m{world.people[0].id}": "late"}, part="1")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert answer.text.count("<fieldset") == 1
    assert "3 left" in answer.text


def test_an_undo_whose_answer_was_lost_shows_what_it_brought_back(client: Browser, world: World) -> None:
    browser = client.sign_in("baraka")
    row = f"m{world.people[0].id}"
    act = re.search(r'name="act" value="([^"]+)"', browser.send(_address(world), part="1", **{row: "absent"}).text)
    assert act
    for _time in range(2):
        answer = browser.send(_address(world), part="1", do="undo", act=act[1])
        assert f'name="{row}"' in answer.text
        assert " checked" not in answer.text


def test_a_rest_day_offers_no_register_and_says_why(client: Browser, world: World) -> None:
    page = client.sign_in("baraka").get(_address(world, "2026-03-01")).text
    assert "No training on this day of the week" in page
    assert 'type="radio"' not in page


def test_a_holiday_is_named(client: Browser, world: World) -> None:
    page = client.sign_in("baraka").get(_address(world, "2026-01-12")).text
    assert "Public holiday: " in page
    assert 'type="radio"' not in page


def test_a_day_taught_anyway_opens_its_register(client: Browser, world: World) -> None:
    browser = client.sign_in("baraka")
    browser.send(f"{_address(world, '2026-02-28')}/taught", reason="Makeup day")
    page = browser.get(_address(world, "2026-02-28")).text
    assert "Taught anyway: Makeup day" in page
    assert page.count('type="radio"') == 20


def test_a_day_taught_by_mistake_closes_again_and_keeps_its_marks(client: Browser, world: World) -> None:
    browser = client.sign_in("baraka")
    browser.send(f"{_address(world, '2026-02-28')}/taught", reason="Makeup day")
    browser.send(_address(world, "2026-02-28"), do="rest")
    browser.send(f"{_address(world, '2026-02-28')}/taught", do="withdraw", reason="It was the week after")
    page = browser.get(_address(world, "2026-02-28")).text
    assert "4 marks are kept for this day" in page
    assert 'type="radio"' not in page


def test_on_a_day_to_come_only_leave_can_be_entered(client: Browser, world: World) -> None:
    browser = client.sign_in("baraka")
    page = browser.get(_address(world, "2026-03-03")).text
    assert page.count(" disabled") == 16
    assert browser.send(_address(world, "2026-03-03"), **{f"m{world.people[0].id}": "present"}).status_code == 409


def test_a_reason_may_follow_later(client: Browser, world: World, teacher: Actor) -> None:
    browser = client.sign_in("baraka")
    browser.send(_address(world), **{f"m{world.people[0].id}": "excused"})
    address = f"{_address(world)}/{world.people[0].id}"
    seen = re.search(r'name="seen" value="([^"]*)"', browser.get(address).text)
    assert seen
    browser.send(address, status="excused", place="centre", reason="Sick", minutes="", seen=unescape(seen[1]))
    assert queries.register_for(teacher, world.cohort.id, MONDAY).rows[0].reason == "sick"
    assert "Baraka Mollel" in browser.get(address).text


def test_the_own_page_of_a_mark_takes_it_back(client: Browser, world: World, teacher: Actor) -> None:
    browser = client.sign_in("baraka")
    browser.send(_address(world), **{f"m{world.people[0].id}": "absent"})
    browser.send(f"{_address(world)}/{world.people[0].id}", status="", place="centre", reason="", minutes="")
    assert _statuses(teacher, world)[0] is None


def test_an_outsider_finds_no_register(client: Browser, world: World) -> None:
    assert client.sign_in("chausiku").get(_address(world)).status_code == 404


def test_an_instructor_of_another_cohort_reads_and_marks_nothing(client: Browser, world: World) -> None:
    other = world.add_cohort()
    person = world.add_people(1, other)[0]
    browser = client.sign_in("baraka")
    page = browser.get(f"/attendance/{other.id}/2026-03-02").text
    assert page.count(" disabled") == 5
    assert browser.send(f"/attendance/{other.id}/2026-03-02", **{f"m{person.id}": "present"}).status_code == 403


def test_today_lists_the_cohorts_and_what_was_not_taken(client: Browser, world: World) -> None:
    browser = client.sign_in("baraka")
    for on in ("2026-02-25", "2026-02-27"):
        browser.send(_address(world, on), do="rest")
    page = browser.get("/attendance/").text
    assert "4 apprentices to mark" in page
    assert "26/2" in page
    assert "27/2" not in page


def test_days_before_the_first_register_are_one_line(client: Browser, world: World) -> None:
    """From 2 to 26 February are nineteen weekdays."""
    browser = client.sign_in("baraka")
    assert "No register was ever taken: 20 days" in browser.get("/attendance/").text
    browser.send(_address(world, "2026-02-27"), do="rest")
    page = browser.get("/attendance/").text
    assert "19 days before the first register" in page
    assert "26/2" not in page


def test_today_asks_for_the_half_that_is_left_of_a_day_before(client: Browser, world: World, teacher: Actor) -> None:
    actions.mark_remaining_present(teacher, world.cohort.id, date(2026, 2, 27), "am")
    browser = client.sign_in("baraka")
    page = browser.get("/attendance/").text
    assert f'href="{_address(world, "2026-02-27")}?slot=pm"' in page
    assert "27/2 Afternoon" in page
    actions.mark_remaining_present(teacher, world.cohort.id, date(2026, 2, 27), "pm")
    assert "27/2" not in browser.get("/attendance/").text


def test_all_remaining_says_how_many_and_leaves_out_who_is_on_leave(client: Browser, world: World, teacher: Actor) -> None:
    absence_actions.enter_leave(teacher, world.people[0].id, MONDAY, MONDAY, "family")
    assert "All remaining: present (3)" in client.sign_in("baraka").get(_address(world)).text


@pytest.mark.parametrize("on", ["2026-02-30", "yesterday"])
def test_no_such_day(client: Browser, world: World, on: str) -> None:
    assert client.sign_in("baraka").get(_address(world, on)).status_code == 404


def test_forty_apprentices_fit_the_budget_of_a_slow_line(client: Browser, world: World) -> None:
    """14 KB at the first visit with style and script, 6 KB later (design.md 8)."""
    world.add_people(36)
    browser = client.sign_in("baraka")
    packed = {"Accept-Encoding": "gzip"}
    browser.send(_address(world), do="rest")
    page = browser.get(_address(world))
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    script = files[1].replace("app.js", "attendance-grid.js")
    later = len(browser.get(_address(world), headers=packed).data)
    first = later + sum(len(browser.get(file, headers=packed).data) for file in [*files, script])
    assert later <= 6 * 1024
    assert first <= 14 * 1024


@pytest.mark.parametrize("on", ["9999-12-31", "0001-01-01", "2026-02-30", "x"])
def test_a_day_that_is_none_is_not_found(client: Browser, world: World, on: str) -> None:
    assert client.sign_in("baraka").get(_address(world, on)).status_code == 404


def test_a_day_is_typed_with_the_day_first(client: Browser, world: World) -> None:
    browser = client.sign_in("baraka")
    assert 'name="on" value="02/03/2026"' in browser.get(_address(world)).text
    assert browser.get(f"/attendance/{world.cohort.id}?on=03/03/2026").location == _address(world, "2026-03-03")
    answer = browser.get(f"/attendance/{world.cohort.id}?on=31/02/2026")
    assert answer.status_code == 302
    assert "31/02/2026 is not a date." in browser.get(answer.location).text


def test_a_nul_in_a_reason_breaks_nothing(client: Browser, world: World, teacher: Actor) -> None:
    address = f"{_address(world)}/{world.people[0].id}"
    assert client.sign_in("baraka").send(address, status="excused", place="centre", reason="mv\0ua").status_code == 302
    assert queries.register_for(teacher, world.cohort.id, MONDAY).rows[0].reason == "mvua"


def test_going_back_shows_what_is_stored_not_what_was_chosen_then(client: Browser, world: World) -> None:
    assert 'method="post" autocomplete="off" data-module="attendance-grid"' in client.sign_in("baraka").get(_address(world)).text


def test_an_empty_room_is_asked_about_once_and_refused_never(client: Browser, world: World) -> None:
    browser = client.sign_in("baraka")
    browser.send(_address(world), **{f"m{each.id}": "absent" for each in world.people}, do="save")
    page = browser.get(_address(world)).text
    assert "✓ Taken" in page
    assert "Yes, nobody came" in page
    browser.send(_address(world), do="sure")
    assert "Yes, nobody came" not in browser.get(_address(world)).text
