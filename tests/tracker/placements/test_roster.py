"""The days and hours that a placement works: setting, reading back, withdrawing, and what a page shows of it."""

from datetime import date

import pytest

from tests.conftest import Browser
from tests.make import Make
from tracker import replication
from tracker.db import write
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, NotFound
from tracker.hours import minutes_of, NoHours
from tracker.people.models import Apprentice
from tracker.placements import actions, queries, rules
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR

MONDAY, WEDNESDAY, SUNDAY, NEXT_MONDAY = date(2026, 3, 2), date(2026, 3, 4), date(2026, 3, 8), date(2026, 3, 9)
FRIDAY_OF_MAY = date(2026, 5, 29)


@pytest.fixture
def placement(amina: Actor, make: Make) -> Placement:
    """Halima at the hotel from Monday until the end of May."""
    with write(OPERATOR) as session:
        halima = Apprentice(partition=make.centre, number="B/001", given_name="Halima", family_name="Said")
        hotel = Employer(partition=make.centre, name="Hoteli ya Meru")
        session.add_all([halima, hotel])
    values = {"apprentice_id": halima.id, "employer_id": hotel.id, "starts_on": MONDAY, "ends_on": FRIDAY_OF_MAY}
    return actions.open_placement(amina, make.centre, values)


def _minutes(placement: Placement, *days: date) -> list[int | None]:
    standing = queries.hours(queries.rosters(placement))
    return [rules.rostered(standing, on) for on in days]


def test_nobody_knows_the_hours_of_a_placement_without_a_roster(placement: Placement) -> None:
    assert _minutes(placement, MONDAY) == [None]


def test_a_roster_counts_from_its_day_on(amina: Actor, placement: Placement) -> None:
    actions.set_roster(amina, placement.id, WEDNESDAY, "137", 450)
    assert _minutes(placement, MONDAY, WEDNESDAY, date(2026, 3, 5), SUNDAY) == [None, 450, 0, 450]


def test_a_later_roster_leaves_the_days_before_alone(amina: Actor, placement: Placement) -> None:
    actions.set_roster(amina, placement.id, MONDAY, "12345", 480)
    actions.set_roster(amina, placement.id, NEXT_MONDAY, "67", 240)
    assert _minutes(placement, MONDAY, SUNDAY, NEXT_MONDAY, date(2026, 3, 14)) == [480, 0, 0, 240]


def test_the_same_day_again_corrects_the_roster(amina: Actor, placement: Placement) -> None:
    actions.set_roster(amina, placement.id, MONDAY, "12345", 480)
    actions.set_roster(amina, placement.id, MONDAY, "54321", 420)
    assert [(row.weekdays, row.minutes) for row in queries.rosters(placement)] == [("12345", 420)]


def test_a_withdrawn_roster_counts_no_longer_and_stays_in_the_history(amina: Actor, placement: Placement) -> None:
    roster = actions.set_roster(amina, placement.id, MONDAY, "12345", 480)
    actions.withdraw_roster(amina, roster.id, "Wrong hotel.")
    assert _minutes(placement, MONDAY) == [None]
    kept = {line.version.group: line.version.values for line in queries.history(placement) if line.row is roster}
    assert kept["void_reason"] == {"void_reason": "Wrong hotel."}
    assert kept["week"] == {"weekdays": "12345", "minutes": 480}


@pytest.mark.parametrize(
    ("since", "weekdays", "minutes", "error"),
    [
        (date(2026, 3, 1), "12345", 480, rules.RosterOutside),
        (date(2026, 5, 30), "12345", 480, rules.RosterOutside),
        (MONDAY, "", 480, rules.NoWorkdays),
        (MONDAY, "18", 480, rules.NoWorkdays),
        (MONDAY, "1", 0, NoHours),
        (MONDAY, "1", 1441, NoHours),
        (MONDAY, "1", None, NoHours),
    ],
)
def test_a_roster_that_cannot_be_is_refused(
    amina: Actor, placement: Placement, since: date, weekdays: str, minutes: int | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        actions.set_roster(amina, placement.id, since, weekdays, minutes)
    assert queries.rosters(placement) == []


def test_an_instructor_sets_no_roster_and_an_outsider_finds_none(
    baraka: Actor, amina: Actor, chausiku: Actor, placement: Placement
) -> None:
    with pytest.raises(NotAllowed):
        actions.set_roster(baraka, placement.id, MONDAY, "1", 480)
    roster = actions.set_roster(amina, placement.id, MONDAY, "1", 480)
    with pytest.raises(NotFound):
        actions.withdraw_roster(chausiku, roster.id, "Not mine.")


@pytest.mark.parametrize(("text", "minutes"), [("8", 480), ("7:30", 450), (" 7.5 ", 450), ("7,25", 435), ("24", 1440), ("0:05", 5)])
def test_hours_are_read_as_people_write_them(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["", "0", "24:01", "25", "7:60", "7:3", "-8", "acht", "8h", "٨", "7:30:00", "7.30", "7,45", "8.3"])
def test_what_is_no_number_of_hours_is_refused(text: str) -> None:
    with pytest.raises(NoHours):
        minutes_of(text)


def test_the_stretch_of_a_week_says_state_and_hours_of_each_day(amina: Actor, placement: Placement) -> None:
    actions.set_roster(amina, placement.id, MONDAY, "12345", 480)
    actions.suspend_placement(amina, placement.id, WEDNESDAY, "illness", WEDNESDAY)
    (found,) = queries.stretches(amina, placement.partition, date(2026, 3, 1), SUNDAY)
    assert [str(state.kind) for state in found.states.values()] == [
        "not-started",
        "open",
        "open",
        "suspended",
        "open",
        "open",
        "open",
        "open",
    ]
    assert list(found.rostered.values()) == [None, 480, 480, 480, 480, 480, 0, 0]


def test_the_erasure_of_an_apprentice_takes_the_roster_along(amina: Actor, placement: Placement) -> None:
    roster = actions.set_roster(amina, placement.id, MONDAY, "12345", 480)
    assert ("roster", roster.id) in replication.rows_about(placement.partition, {("apprentice", placement.apprentice_id)})


# ---- pages


def _send(client: Browser, placement: Placement, **fields: object) -> str:
    answer = client.sign_in("amina").send(f"/placements/{placement.id}/roster", **fields)
    return client.get(answer.location).text if answer.status_code == 302 else answer.text


def test_the_registrar_says_the_days_and_hours(client: Browser, placement: Placement) -> None:
    text = _send(client, placement, since="02/03/2026", weekdays=["1", "2", "7"], hours="7:30")
    assert "Mon Tue Sun, 7:30 hours a day" in text
    assert "Roster · Days and hours of work: Mon Tue Sun, 7:30 hours a day" in text


def test_faults_stand_beside_their_fields(client: Browser, placement: Placement) -> None:
    text = _send(client, placement, since="02/03/2026", hours="acht")
    assert 'id="hours-error"' in text
    text = _send(client, placement, since="02/03/2026", hours="8")
    assert 'id="weekdays-error"' in text
    assert queries.rosters(placement) == []


def test_a_roster_is_withdrawn_with_a_reason(client: Browser, amina: Actor, placement: Placement) -> None:
    roster = actions.set_roster(amina, placement.id, MONDAY, "12345", 480)
    browser = client.sign_in("amina")
    assert browser.send(f"/placements/rosters/{roster.id}/withdraw", why="").status_code == 200
    browser.send(f"/placements/rosters/{roster.id}/withdraw", why="Wrong hotel.")
    assert "Wrong hotel." in browser.get(f"/placements/{placement.id}").text


@pytest.mark.parametrize("person", ["baraka", "chausiku"])
def test_who_may_not_edit_gets_no_form(client: Browser, placement: Placement, person: str) -> None:
    status = client.sign_in(person).get(f"/placements/{placement.id}/roster").status_code
    assert status == {"baraka": 403, "chausiku": 404}[person]
