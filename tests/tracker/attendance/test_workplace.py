"""Hours at the workplaces: reading them, entering a week, what the rosters ask for, and what the centre's register makes of it."""

import re
from collections.abc import Mapping
from datetime import date
from html import unescape

import pytest

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tests.tracker.attendance.conftest import MONDAY, World
from tracker.attendance import actions, queries, workplace, workplace_queries
from tracker.attendance.models import Mark
from tracker.attendance.paper import Box, Entered
from tracker.attendance.rules import MarkValue, UNMARKED
from tracker.attendance.workplace import Hours, hours_of, read_hours
from tracker.calendar import actions as calendar
from tracker.db import db, write
from tracker.employers.models import Employer
from tracker.errors import NotAllowed
from tracker.people import actions as people
from tracker.people.queries import enrolments_of
from tracker.placements import actions as placements
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SUNDAY = (date(2026, 3, day) for day in (3, 4, 5, 6, 8))
LETTERS = {"p": "present", "l": "late", "a": "absent", "e": "excused", "r": "remote"}
ADDRESS = "/attendance/workplace/2026-03-04"
TOKEN = re.compile(r'<input type="hidden" name="(s[^"]+)" value="([^"]*)">')


@pytest.fixture
def hotel(world: World, clock: PinnedClock) -> Employer:
    """It is Thursday."""
    clock.day = THURSDAY
    with write(OPERATOR) as session:
        row = Employer(partition=world.partition, name="Hoteli ya Meru")
        session.add(row)
    return row


@pytest.fixture
def placed(world: World, amina: Actor, hotel: Employer) -> list[Placement]:
    """The first two at the hotel since February, Monday to Friday, eight hours a day."""
    made = []
    for person in world.people[:2]:
        values = {"apprentice_id": person.id, "employer_id": hotel.id, "starts_on": date(2026, 2, 2)}
        row = placements.open_placement(amina, world.partition, values)
        placements.set_roster(amina, row.id, date(2026, 2, 2), "12345", 480)
        made.append(row)
    return made


def _box(world: World, person: int, on: date = MONDAY) -> str:
    return f"b{Box(world.people[person].id, on, 'day').name}"


def _tokens(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in TOKEN.findall(page)}


def _send(browser: Browser, fields: Mapping[str, object], address: str = ADDRESS) -> str:
    answer = browser.send(address, **{**_tokens(browser.get(address).text), **fields})
    return browser.get(answer.location).text if answer.status_code == 302 else answer.text


def _mark(world: World, person: int, on: date = MONDAY) -> MarkValue | None:
    key = {"partition": world.partition, "apprentice_id": world.people[person].id, "on": on, "slot": "day"}
    row = db.session.get(Mark, key)
    return queries.value_of(row) if row else None


# ---- reading


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("8", MarkValue("present", "workplace", None, 480)),
        (" 7:30 ", MarkValue("present", "workplace", None, 450)),
        ("7,5", MarkValue("present", "workplace", None, 450)),
        ("P", MarkValue("present", "workplace", None, 420)),
        ("P 8", MarkValue("present", "workplace", None, 480)),
        ("a", MarkValue("absent", "workplace")),
        ("E", MarkValue("excused", "workplace")),
        ("L", MarkValue("late", "workplace")),
        ("L6:30", MarkValue("late", "workplace", None, 390)),
        ("-", UNMARKED),
    ],
)
def test_a_box_is_read(text: str, value: MarkValue | None) -> None:
    assert read_hours(text, LETTERS, "P L A E", 420) == value


@pytest.mark.parametrize("text", ["0", "25", "7:60", "A 8", "E8", "R", "x", "8 P", "PP", "--", "8:00:00", "\n1\n2"])
def test_what_is_neither_hours_nor_a_letter_is_a_fault(text: str) -> None:
    with pytest.raises(workplace.NotHours):
        read_hours(text, LETTERS, "P L A E", 420)


@pytest.mark.parametrize("rostered", [None, 0])
def test_present_without_a_roster_says_nothing_of_hours(rostered: int | None) -> None:
    assert read_hours("P", LETTERS, "P L A E", rostered) == MarkValue("present", "workplace")


def test_a_week_is_added_up_by_hand() -> None:
    present, late = MarkValue("present", "workplace", minutes=450), MarkValue("late", "workplace")
    days = [
        (480, present),  # 7:30 of 8
        (480, late),  # without hours: the roster's 8 of 8
        (480, MarkValue("absent", "workplace")),  # 0 of 8
        (480, MarkValue("excused", "workplace")),  # in neither number
        (480, None),  # 0 of 8, and somebody should ask
        (0, MarkValue("present", "workplace", minutes=120)),  # 2 hours on a day off
        (None, None),  # no roster
    ]
    assert hours_of(days) == Hours(rostered=4 * 480, attended=450 + 480 + 120, unmarked=1)
    assert hours_of([]).rate == (0, 0)


# ---- entering


def test_hours_and_letters_are_saved_with_place_and_minutes(client: Browser, world: World, placed: list[Placement]) -> None:
    del placed
    fields: dict[str, object] = {_box(world, 0): "8", _box(world, 0, TUESDAY): "7:30", _box(world, 1): "A", _box(world, 1, TUESDAY): "L 6"}
    text = _send(client.sign_in("amina"), fields)
    assert "The week is saved." in text
    assert _mark(world, 0) == MarkValue("present", "workplace", None, 480)
    assert _mark(world, 0, TUESDAY) == MarkValue("present", "workplace", None, 450)
    assert _mark(world, 1) == MarkValue("absent", "workplace", None, None)
    assert _mark(world, 1, TUESDAY) == MarkValue("late", "workplace", None, 360)
    assert "15:30 / 32:00" in text
    assert "6:00 / 32:00" in text


def test_the_page_takes_what_it_shows(client: Browser, world: World, placed: list[Placement]) -> None:
    """What is stored shows as one would type it."""
    del placed
    browser = client.sign_in("amina")
    text = _send(browser, {_box(world, 0): "L 6", _box(world, 1): "A"})
    assert 'placeholder="L 6:00"' in text
    _send(browser, {_box(world, 0): "L 6:00"})
    assert _mark(world, 0) == MarkValue("late", "workplace", None, 360)


def test_a_day_off_the_roster_may_be_filled_too(client: Browser, world: World, clock: PinnedClock, placed: list[Placement]) -> None:
    del placed
    clock.day = SUNDAY
    _send(client.sign_in("amina"), {_box(world, 0, SUNDAY): "4"})
    assert _mark(world, 0, SUNDAY) == MarkValue("present", "workplace", None, 240)


def test_as_rostered_fills_the_days_that_nobody_marked(client: Browser, world: World, amina: Actor, placed: list[Placement]) -> None:
    actions.mark(amina, world.partition, world.people[0].id, TUESDAY, "absent", place="workplace")
    _send(client.sign_in("amina"), {_box(world, 0): "6", "rest": placed[0].id})
    full = MarkValue("present", "workplace", None, 480)
    assert [_mark(world, 0, on) for on in (WEDNESDAY, THURSDAY, FRIDAY)] == [full, full, None]
    assert _mark(world, 0) == MarkValue("present", "workplace", None, 360)
    assert _mark(world, 0, TUESDAY) == MarkValue("absent", "workplace", None, None)
    assert _mark(world, 1) is None


def test_all_faults_stand_beside_their_boxes_and_nothing_is_saved(client: Browser, world: World, placed: list[Placement]) -> None:
    fields: dict[str, object] = {_box(world, 0): "8", _box(world, 1): "25", _box(world, 1, TUESDAY): "R", _box(world, 0, TUESDAY): "-"}
    text = _send(client.sign_in("amina"), {**fields, "rest": placed[0].id})
    assert text.count('class="error"') == 3
    assert text.count("Write hours as 8 or 7:30, or P L A E, or - to take the mark back.") == 4
    assert f'name="{_box(world, 0)}" value="8"' in text
    assert f'value="{placed[0].id}" aria-label="{world.people[0].full_name}: As rostered" checked' in text
    assert _mark(world, 0) is None


def test_what_changed_meanwhile_becomes_a_conflict(client: Browser, world: World, amina: Actor, placed: list[Placement]) -> None:
    del placed
    browser = client.sign_in("amina")
    shown = _tokens(browser.get(ADDRESS).text)
    actions.mark(amina, world.partition, world.people[0].id, MONDAY, "absent", place="workplace")
    browser.send(ADDRESS, **shown, **{_box(world, 0): "8"})
    assert 'aria-label="Two versions"' in browser.get(ADDRESS).text


def test_a_mark_of_the_centre_says_where_it_is_and_counts_no_hours(
    client: Browser, world: World, amina: Actor, placed: list[Placement]
) -> None:
    del placed
    actions.mark(amina, world.partition, world.people[0].id, MONDAY, "present")
    text = client.sign_in("amina").get(ADDRESS).text
    assert "<small>At the centre</small>" in text
    assert workplace_queries.hours_by_apprentice(amina, world.partition, MONDAY)[world.people[0].id].attended == 0


def test_a_suspended_placement_says_why_and_has_no_boxes(client: Browser, world: World, amina: Actor, placed: list[Placement]) -> None:
    placements.suspend_placement(amina, placed[0].id, date(2026, 2, 20), "illness")
    text = client.sign_in("amina").get(ADDRESS).text
    assert "paused since 20 February 2026: Illness or injury" in text
    assert _box(world, 0) not in text
    assert _box(world, 1) in text


def test_a_hotel_that_closed_in_mid_week_has_boxes_for_the_days_before(
    client: Browser, world: World, amina: Actor, hotel: Employer, placed: list[Placement]
) -> None:
    del placed
    calendar.close(amina, world.partition, "employer", hotel.id, "workplaces", "covid-19", WEDNESDAY)
    browser = client.sign_in("amina")
    text = browser.get(ADDRESS).text
    assert "the employer has been closed since 4 March 2026: COVID-19" in text
    assert _box(world, 0, TUESDAY) in text
    assert _box(world, 0, WEDNESDAY) not in text
    assert "has no box any more" in _send(browser, {_box(world, 0, WEDNESDAY): "8", _box(world, 0): "8"})
    assert _mark(world, 0) is None
    assert workplace_queries.hours_by_apprentice(amina, world.partition, MONDAY)[world.people[0].id].rostered == 2 * 480


def test_days_to_come_have_no_box_and_ask_for_nothing_yet(client: Browser, world: World, amina: Actor, placed: list[Placement]) -> None:
    del placed
    assert _box(world, 0, FRIDAY) not in client.sign_in("amina").get(ADDRESS).text
    assert workplace_queries.hours_by_apprentice(amina, world.partition, MONDAY)[world.people[0].id] == Hours(4 * 480, 0, 4)


def test_one_employer_is_shown_alone_on_request(client: Browser, world: World, amina: Actor, placed: list[Placement]) -> None:
    del placed
    with write(OPERATOR) as session:
        lodge = Employer(partition=world.partition, name="Lodge ya Serengeti")
        session.add(lodge)
    values = {"apprentice_id": world.people[2].id, "employer_id": lodge.id, "starts_on": MONDAY}
    placements.open_placement(amina, world.partition, values)
    browser = client.sign_in("amina")
    assert _box(world, 0) in browser.get(ADDRESS).text
    text = browser.get(f"{ADDRESS}?employer={lodge.id}").text
    assert _box(world, 0) not in text
    assert _box(world, 2) in text
    assert "The week is saved." in _send(browser, {_box(world, 2): "P"}, f"{ADDRESS}?employer={lodge.id}")
    assert _mark(world, 2) == MarkValue("present", "workplace", None, None)


def test_more_than_sixty_are_shown_by_employer(world: World, amina: Actor, hotel: Employer, placed: list[Placement]) -> None:
    del placed
    people = world.add_people(61)
    with write(OPERATOR) as session:
        zebra = Employer(partition=world.partition, name="Zebra Lodge")
        session.add(zebra)
        session.flush()
        for person in people:
            session.add(Placement(partition=world.partition, apprentice_id=person.id, employer_id=zebra.id, starts_on=MONDAY))
    week = workplace_queries.workplace_week(amina, world.partition, MONDAY)
    assert ([host.id for host in week.hosts], week.names[zebra.id]) == ([hotel.id], ("Zebra Lodge", 61))
    assert len(workplace_queries.hours_by_apprentice(amina, world.partition, MONDAY)) == 63


def test_an_instructor_sees_and_enters_his_own_apprentices_only(
    client: Browser, make: Make, world: World, teacher: Actor, amina: Actor, hotel: Employer, placed: list[Placement]
) -> None:
    del placed
    stranger = world.add_people(1, world.add_cohort())[0]
    placements.open_placement(amina, make.centre, {"apprentice_id": stranger.id, "employer_id": hotel.id, "starts_on": MONDAY})
    browser = client.sign_in("baraka")
    text = browser.get(ADDRESS).text
    assert _box(world, 0) in text
    assert stranger.full_name not in text
    assert "has no box any more" in _send(browser, {f"b{Box(stranger.id, MONDAY, 'day').name}": "8"})
    with pytest.raises(NotAllowed):
        actions.save_hours(teacher, world.partition, {Box(stranger.id, MONDAY, "day"): Entered(MarkValue("present"), "")})


def test_an_outsider_finds_no_week(client: Browser, world: World, placed: list[Placement]) -> None:
    del placed
    assert client.sign_in("chausiku").get(f"{ADDRESS}?centre={world.partition}").status_code == 404


@pytest.mark.parametrize("on", ["9999-12-31", "0001-01-01", "2026-02-30", "x"])
def test_a_week_that_is_none_is_not_found(client: Browser, world: World, on: str) -> None:
    del world
    assert client.sign_in("amina").get(f"/attendance/workplace/{on}").status_code == 404


def test_the_present_week_is_one_step_from_the_registers(client: Browser, placed: list[Placement]) -> None:
    del placed
    browser = client.sign_in("amina")
    assert 'href="/attendance/workplace"' in browser.get("/attendance/").text
    assert browser.get("/attendance/workplace").location == "/attendance/workplace/2026-03-05"


def test_who_moved_in_mid_week_has_boxes_for_the_days_with_each_instructor(
    client: Browser, world: World, amina: Actor, teacher: Actor, hotel: Employer
) -> None:
    del teacher
    (moved,) = world.add_people(1, world.add_cohort())
    placements.open_placement(amina, world.partition, {"apprentice_id": moved.id, "employer_id": hotel.id, "starts_on": date(2026, 2, 2)})
    people.move(amina, enrolments_of(moved)[0].id, world.cohort.id, WEDNESDAY)
    browser = client.sign_in("baraka")
    assert re.findall(rf'name="b{moved.id}\.2026-03-(\d\d)"', browser.get(ADDRESS).text) == ["04", "05"]
    assert "The week is saved." in _send(browser, {f"b{Box(moved.id, WEDNESDAY, 'day').name}": "8"})


# ---- the centre's register


def test_entering_hours_takes_no_register_of_the_centre(client: Browser, world: World, amina: Actor, placed: list[Placement]) -> None:
    for n in (2, 3):
        values = {"apprentice_id": world.people[n].id, "employer_id": placed[0].employer_id, "starts_on": MONDAY}
        placements.open_placement(amina, world.partition, values)
    _send(client.sign_in("amina"), {_box(world, 0): "8"})
    assert queries.register_for(amina, world.cohort.id, MONDAY).register is None


def test_on_a_day_off_the_roster_the_centre_expects_the_apprentice(world: World, amina: Actor, placed: list[Placement]) -> None:
    placements.set_roster(amina, placed[0].id, MONDAY, "123", 480)
    by_id = {row.id: row for row in queries.register_for(amina, world.cohort.id, THURSDAY).rows}
    assert by_id[world.people[0].id].is_expected
    assert by_id[world.people[1].id].workplace == "Hoteli ya Meru"
    by_id = {row.id: row for row in queries.register_for(amina, world.cohort.id, WEDNESDAY).rows}
    assert by_id[world.people[0].id].workplace == "Hoteli ya Meru"
