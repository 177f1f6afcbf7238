"""The taps of phones: saved once each, at their own time, for the person who made them, and never at the cost of another's."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import Browser, MORNING, PinnedClock, TOKEN
from tests.make import Make
from tests.tracker.attendance.conftest import MONDAY, World
from tracker import replication
from tracker.accounts.queries import credential_named
from tracker.attendance import actions, queries
from tracker.attendance.models import Mark, SavedTap
from tracker.db import db
from tracker.phones import actions as phones
from tracker.policy import Actor

pytestmark = pytest.mark.usefixtures("teacher")
NOW_S = int(MORNING.timestamp())
Tapping = Callable[..., dict[str, object]]


@pytest.fixture
def tap(world: World, teacher: Actor) -> Tapping:
    """A tap of Baraka's on the first apprentice; the number names it."""

    def tapped(number: int = 1, status: str = "absent", row: int = 0, **values: object) -> dict[str, object]:
        named = {"id": f"{number:032x}", "by": teacher.id, "cohort": world.cohort.id, "apprentice": world.people[row].id}
        return {**named, "on": "2026-03-02", "slot": "day", "status": status, "seen": "", "age_s": 0, **values}

    return tapped


def _greeting(browser: Browser) -> dict[str, str]:
    found = browser.get("/attendance/marks").json
    assert found
    return dict(found)


def _send(browser: Browser, *taps: object, **more: object) -> Any:
    headers = {"X-CSRFToken": _greeting(browser)["token"]}
    return browser.post("/attendance/marks", json={"taps": taps, **more}, headers=headers)


def _states(answer: Any) -> list[str]:
    return [each["state"] for each in answer.json["taps"]]


def _mark(world: World, row: int = 0) -> Mark:
    found = queries.mark_of(world.cohort, world.people[row].id, MONDAY, "day")
    assert found
    return found


def test_a_tap_is_saved_at_the_second_at_which_it_was_made(client: Browser, world: World, tap: Tapping) -> None:
    answer = _send(client.sign_in("baraka"), tap(age_s=754.4))
    assert _states(answer) == ["saved"]
    assert (_mark(world).status, _mark(world).at) == ("absent", NOW_S - 754)


def test_the_same_tap_again_changes_nothing(client: Browser, world: World, tap: Tapping) -> None:
    browser = client.sign_in("baraka")
    _send(browser, tap())
    before = _mark(world).dot
    assert _states(_send(browser, tap(age_s=30))) == ["already"]
    assert _mark(world).dot == before


def test_a_tap_whose_answer_was_lost_is_no_conflict_with_what_followed(client: Browser, world: World, amina: Actor, tap: Tapping) -> None:
    browser = client.sign_in("baraka")
    _send(browser, tap())
    actions.mark(amina, world.partition, world.people[0].id, MONDAY, "excused")
    assert _states(_send(browser, tap(age_s=30))) == ["already"]
    assert _mark(world).status == "excused"
    assert replication.open_conflicts() == []


def test_a_mark_changed_meanwhile_stands_beside_the_tap(client: Browser, world: World, amina: Actor, tap: Tapping) -> None:
    actions.mark(amina, world.partition, world.people[0].id, MONDAY, "excused")
    assert _states(_send(client.sign_in("baraka"), tap(age_s=600))) == ["conflict"]
    (conflict,) = replication.open_conflicts()
    assert {version.values["status"] for version in conflict.versions} == {"absent", "excused"}
    assert {version.at for version in conflict.versions} == {NOW_S, NOW_S - 600}


def test_a_second_tap_of_the_same_phone_replaces_the_first(client: Browser, world: World, tap: Tapping) -> None:
    answer = _send(client.sign_in("baraka"), tap(1, "absent", age_s=9), tap(2, "late", age_s=5, after=f"{1:032x}"))
    assert _states(answer) == ["saved", "saved"]
    assert _mark(world).status == "late"
    assert replication.open_conflicts() == []


def test_a_second_tap_leaves_a_conflict_of_the_first_to_be_seen(client: Browser, world: World, amina: Actor, tap: Tapping) -> None:
    actions.mark(amina, world.partition, world.people[0].id, MONDAY, "excused")
    answer = _send(client.sign_in("baraka"), tap(1, "absent", age_s=9), tap(2, "late", age_s=5, after=f"{1:032x}"))
    assert _states(answer) == ["conflict", "conflict"]
    (conflict,) = replication.open_conflicts()
    assert {version.values["status"] for version in conflict.versions} == {"late", "excused"}


def test_an_empty_status_takes_the_mark_back(client: Browser, world: World, tap: Tapping) -> None:
    _send(client.sign_in("baraka"), tap(1, "absent"), tap(2, "", after=f"{1:032x}"))
    assert _mark(world).status is None


def test_all_remaining_spares_who_was_marked_meanwhile(client: Browser, world: World, teacher: Actor, amina: Actor, tap: Tapping) -> None:
    actions.mark(amina, world.partition, world.people[1].id, MONDAY, "absent")
    _send(client.sign_in("baraka"), tap(status="present", rest=[each.id for each in world.people[:3]], age_s=60))
    page = queries.register_for(teacher, world.cohort.id, MONDAY)
    assert [row.status for row in page.rows] == ["present", "absent", "present", None]
    assert page.register
    assert page.register.method == "bulk"


def test_the_last_tap_completes_the_register(client: Browser, world: World, teacher: Actor, tap: Tapping) -> None:
    _send(client.sign_in("baraka"), *(tap(row + 1, "present", row) for row in range(4)))
    assert queries.register_for(teacher, world.cohort.id, MONDAY).is_taken


def test_an_open_register_gets_the_rows_and_the_undo_of_the_last_tap(client: Browser, world: World, tap: Tapping) -> None:
    wish = {"cohort": world.cohort.id, "on": "2026-03-02", "slot": "day", "rows": [world.people[0].id]}
    html = _send(client.sign_in("baraka"), tap(), draw=wish).json["html"]
    assert html.count("<fieldset") == 1
    assert "3 left" in html
    assert 'value="undo"' in html


def test_the_undo_of_a_register_is_not_that_of_another_one(client: Browser, world: World, tap: Tapping) -> None:
    browser = client.sign_in("baraka")
    wish = {"cohort": world.cohort.id, "on": "2026-03-02", "slot": "day", "rows": [world.people[0].id]}
    html = _send(browser, tap(1, age_s=9), tap(2, slot="am", row=1), draw=wish).json["html"]
    act = re.search(r'name="act" value="([^"]+)"', html)
    assert act
    browser.send(f"/attendance/{world.cohort.id}/2026-03-02", do="undo", act=act[1])
    assert _mark(world).status is None


def test_a_tap_whose_answer_was_lost_can_still_be_undone(client: Browser, world: World, tap: Tapping) -> None:
    browser = client.sign_in("baraka")
    wish = {"cohort": world.cohort.id, "on": "2026-03-02", "slot": "day", "rows": [world.people[0].id]}
    _send(browser, tap())
    assert 'value="undo"' in _send(browser, tap(age_s=5), draw=wish).json["html"]


@pytest.mark.parametrize(("age_s", "kept_s"), [(-50, 0), (0.4, 0), (31 * 86400, 30 * 86400), (1e300, 30 * 86400)])
def test_an_age_is_held_between_now_and_thirty_days(client: Browser, world: World, tap: Tapping, age_s: float, kept_s: int) -> None:
    _send(client.sign_in("baraka"), tap(age_s=age_s))
    assert _mark(world).at == NOW_S - kept_s


def test_a_tap_waits_for_the_person_who_made_it(client: Browser, world: World, amina: Actor, tap: Tapping) -> None:
    answer = _send(client.sign_in("amina"), tap(), tap(2, "late", 1, by=amina.id))
    assert _states(answer) == ["other", "saved"]
    assert queries.mark_of(world.cohort, world.people[0].id, MONDAY, "day") is None


def test_an_outsider_marks_nothing_and_learns_nothing(client: Browser, world: World, chausiku: Actor, tap: Tapping) -> None:
    answer = _send(client.sign_in("chausiku"), tap(by=chausiku.id), tap(2, by=chausiku.id, cohort="0000000000000000-1"))
    assert [each["code"] for each in answer.json["taps"]] == ["not_found", "not_found"]
    assert queries.mark_of(world.cohort, world.people[0].id, MONDAY, "day") is None


def test_an_apprentice_of_another_cohort_is_refused(client: Browser, world: World, tap: Tapping) -> None:
    person = world.add_people(1, world.add_cohort())[0]
    assert _states(_send(client.sign_in("baraka"), tap(apprentice=person.id))) == ["refused"]


def test_a_bad_tap_is_refused_and_the_others_are_saved(client: Browser, world: World, tap: Tapping) -> None:
    answer = _send(
        client.sign_in("baraka"),
        7,
        {"id": "x"},
        tap(3, "perhaps"),
        tap(4, "present", on="2026-03-03"),
        tap(5, on="0001-01-01"),
        tap(6, slot="night"),
        tap(7, age_s="soon"),
        tap(8, age_s=float("nan")),
        tap(9, seen="x" * 101),
        tap(10, rest=[7]),
        tap(11, "late", 2),
    )
    assert _states(answer) == ["refused"] * 3 + ["later"] + ["refused"] * 6 + ["saved"]
    assert all(each["sentence"] for each in answer.json["taps"][:10])
    assert _mark(world, 2).status == "late"


def test_a_computer_whose_clock_has_fallen_back_refuses_no_tap_for_good(client: Browser, clock: PinnedClock, tap: Tapping) -> None:
    browser = client.sign_in("baraka")
    clock.day = MONDAY - timedelta(days=3000)
    assert _states(_send(browser, tap())) == ["later"]
    clock.day = MONDAY
    assert _states(_send(browser, tap())) == ["saved"]


@pytest.mark.parametrize("field", ["by", "cohort", "apprentice", "slot", "status", "seen"])
def test_half_a_character_is_refused_like_any_nonsense(field: str, client: Browser, tap: Tapping) -> None:
    answer = _send(client.sign_in("baraka"), tap(1, **{field: "\ud800"}), tap(2, "late", 1))
    assert _states(answer) == ["refused", "saved"]


def test_a_number_that_no_float_holds_is_held_to_thirty_days(client: Browser, world: World, tap: Tapping) -> None:
    assert _states(_send(client.sign_in("baraka"), tap(age_s=10**400))) == ["saved"]
    assert _mark(world).at == NOW_S - 30 * 24 * 3600


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"taps": {}}', b'"taps"', b"\xff", b"[" * 5000])
def test_garbage_is_no_message(client: Browser, body: bytes) -> None:
    browser = client.sign_in("baraka")
    headers = {"X-CSRFToken": _greeting(browser)["token"], "Content-Type": "application/json"}
    answer: Any = browser.post("/attendance/marks", data=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "attendance.bad_tap"


def test_too_many_taps_are_refused_together(client: Browser, tap: Tapping) -> None:
    answer = _send(client.sign_in("baraka"), *(tap(number) for number in range(201)))
    assert answer.status_code == 413
    assert "200" in answer.json["error"]["sentence"]


def test_who_is_not_signed_in_is_told_so(client: Browser, tap: Tapping) -> None:
    assert client.get("/attendance/marks", headers={"Accept": "application/json"}).status_code == 401
    assert client.post("/attendance/marks", json={"taps": [tap()]}).status_code in {400, 401}


def test_a_tap_without_the_form_token_is_refused(client: Browser, world: World, tap: Tapping) -> None:
    answer: Any = client.sign_in("baraka").post("/attendance/marks", json={"taps": [tap()]})
    assert answer.json["error"]["code"] == "stale_form"
    assert queries.mark_of(world.cohort, world.people[0].id, MONDAY, "day") is None


def test_what_is_kept_of_old_taps_is_forgotten(client: Browser, clock: PinnedClock, tap: Tapping) -> None:
    _send(client.sign_in("baraka"), tap())
    clock.moment = MORNING + timedelta(days=41)
    _send(client, tap(2, "late", 1))
    assert db.session.scalar(select(func.count()).select_from(SavedTap)) == 1


def test_each_person_has_a_key_of_the_own(client: Browser) -> None:
    keys = [_greeting(client.sign_in(name))["key"] for name in ("baraka", "amina", "baraka")]
    assert keys[0] == keys[2] != keys[1]


def test_the_page_that_opens_without_the_computer_holds_nobody(client: Browser, world: World) -> None:
    answer = client.sign_in("baraka").get("/attendance/shell?in=sw")
    assert answer.headers["Cache-Control"] == "max-age=604800"
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert not any(word in answer.text for word in ("Baraka", "Chuo cha Ziwa", world.cohort.name or "", "csrf"))


def test_the_worker_reaches_the_register_only(client: Browser) -> None:
    answer = client.get("/attendance/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.text.startswith('const VERSION = "')


def _upload(browser: Browser, content: bytes) -> Any:
    token = TOKEN.search(browser.get("/attendance/file").text)
    assert token
    return browser.post("/attendance/file", data={"csrf_token": token[1], "file": (BytesIO(content), "daftari-marks.json")})


def test_a_phones_file_is_read_in_once(client: Browser, world: World, tap: Tapping) -> None:
    content = json.dumps({"kind": "daftari marks", "version": 1, "written_s": NOW_S - 100, "taps": [tap(age_s=20)]}).encode()
    browser = client.sign_in("baraka")
    assert "1 mark is saved." in _upload(browser, content).text
    assert _mark(world).at == NOW_S - 120
    assert "1 mark had arrived before." in _upload(browser, content).text


def test_a_file_with_numbers_that_no_float_holds_is_read_in(client: Browser, tap: Tapping) -> None:
    content = json.dumps({"kind": "daftari marks", "version": 1, "written_s": 10**400, "taps": [tap(age_s=10**400)]}).encode()
    assert "1 mark is saved." in _upload(client.sign_in("baraka"), content).text


def test_a_phones_file_is_read_in_by_its_own_person_only(client: Browser, world: World, tap: Tapping) -> None:
    content = json.dumps({"kind": "daftari marks", "version": 1, "written_s": NOW_S, "taps": [tap()]}).encode()
    assert "belongs to another person" in _upload(client.sign_in("amina"), content).text
    assert queries.mark_of(world.cohort, world.people[0].id, MONDAY, "day") is None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"taps": []}', b"\xff\xd8", b'{"kind": "daftari marks", "written_s": "x", "taps": []}'])
def test_another_file_is_refused_with_a_sentence(client: Browser, content: bytes) -> None:
    answer = _upload(client.sign_in("baraka"), content)
    assert answer.status_code == 422
    assert "daftari-marks.json" in answer.text or "Choose a file." in answer.text


def test_a_file_may_hold_weeks_of_marks(client: Browser, tap: Tapping) -> None:
    taps = [tap(number, "late" if number % 2 else "absent", after=f"{number - 1:032x}" if number else None) for number in range(201)]
    content = json.dumps({"kind": "daftari marks", "version": 1, "written_s": NOW_S, "taps": taps}).encode()
    assert "201 marks are saved." in _upload(client.sign_in("baraka"), content).text
    assert replication.open_conflicts() == []


def test_over_a_clear_line_no_key_is_given(client: Browser, app: Flask, make: Make, world: World) -> None:
    app.extensions["settings"] = replace(app.extensions["settings"], lan_http=True)
    credential = credential_named("baraka")
    assert credential
    opened = phones.enrol(phones.make_code(make.actor("baraka"), credential), "2748", key=None, user_agent="phone")
    for name, value in (("s", opened.token), ("d", opened.key)):
        client.set_cookie(name, value)
    afar = {"REMOTE_ADDR": "192.168.1.20"}
    assert 'data-key=""' in client.get(f"/attendance/{world.cohort.id}/2026-03-02", environ_base=afar).text
    answer: Any = client.get("/attendance/marks", environ_base=afar)
    assert (answer.json["by"], answer.json["key"]) == (make.actor("baraka").id, "")
