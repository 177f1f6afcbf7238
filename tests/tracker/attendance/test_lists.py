"""The lists of whom to call: who stays away, who is below the threshold, which registers nobody took."""

from datetime import date

import pytest

from tests.conftest import Browser
from tests.tracker.attendance.conftest import MONDAY, World
from tracker.attendance import absence_actions, actions, queries, sheet_queries
from tracker.attendance.sheet_queries import Lists, MOST_DAYS_LISTED
from tracker.calendar import actions as calendar
from tracker.db import write
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.people import actions as people
from tracker.people.queries import enrolments_of
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR

WEEK = [date(2026, 2, day) for day in range(23, 28)]  # the week before "today"
LETTERS = {"P": "present", "A": "absent", "E": "excused"}


def _take(world: World, *marks: str) -> None:
    """Take the registers of the week with these letters, a text for each person."""
    for person, letters in zip(world.people, marks, strict=False):
        for on, letter in zip(WEEK, letters, strict=True):
            if letter in LETTERS:
                actions.mark(OPERATOR, world.partition, person.id, on, LETTERS[letter])
    for on in WEEK:
        actions.take_register(OPERATOR, world.cohort.id, on)


def _lists(world: World) -> Lists:
    return sheet_queries.lists(OPERATOR, world.partition)


def test_three_absences_in_a_row_are_listed_the_longest_first(world: World) -> None:
    _take(world, "PPAAA", "AAAAA", "PPPAA", "AAAAP")
    assert [each.apprentice.id for each in _lists(world).in_a_row] == [world.people[1].id, world.people[0].id]


def test_who_can_no_longer_reach_the_threshold_stands_first(world: World) -> None:
    """The cohort ends on 6 March: ten days, of which five are over. Four missed leave six of ten, two leave eight."""
    people.correct_cohort(OPERATOR, world.cohort.id, {"starts_on": WEEK[0], "ends_on": date(2026, 3, 6)}, None)
    _take(world, "PPPAA", "PAAAA", "PPPPA", "-----")
    below = _lists(world).below
    assert [(each.apprentice.id, str(each.reckoning.verdict)) for each in below] == [
        (world.people[1].id, "can-no-longer"),
        (world.people[0].id, "can-still"),
    ]


def test_who_has_left_is_called_no_more(world: World) -> None:
    _take(world, "AAAAA")
    (enrolment,) = enrolments_of(world.people[0])
    people.end_enrolment(OPERATOR, enrolment.id, "left", WEEK[4], "family")
    assert _lists(world).in_a_row == ()


def test_a_follow_up_stands_beside_the_apprentice(world: World) -> None:
    _take(world, "AAAAA")
    absence_actions.record_follow_up(OPERATOR, world.people[0].id, MONDAY, "call", "promised")
    (each,) = _lists(world).in_a_row
    assert each.last
    assert each.last.outcome == "promised"


def test_registers_not_taken_are_counted_and_the_latest_named(world: World) -> None:
    """From Monday 5 January to Friday 27 February are 40 weekdays; 12 January is a holiday, six registers are taken: 33."""
    _take(world, "PPPPP")
    actions.take_register(OPERATOR, world.cohort.id, date(2026, 1, 5))
    (found,) = _lists(world).not_taken
    assert (found.count, len(found.days), found.days[0], found.before) == (33, MOST_DAYS_LISTED, (date(2026, 2, 20), "day"), 0)


def test_days_before_the_first_register_are_counted_apart(client: Browser, world: World) -> None:
    """Of the same 39 days of training the last five are taken."""
    (found,) = _lists(world).not_taken
    assert (found.days, found.count, found.before, found.has_begun) == ((), 0, 39, False)
    _take(world, "PPPPP")
    (found,) = _lists(world).not_taken
    assert (found.days, found.count, found.before, found.has_begun) == ((), 0, 34, True)
    page = client.sign_in("amina").get("/attendance/lists").text
    assert "34 days before the first register" in page
    assert "0 days" not in page


def test_lists_sheet_and_today_agree_on_the_half_that_is_left(world: World) -> None:
    for on in WEEK:
        actions.mark_remaining_present(OPERATOR, world.cohort.id, on, "am" if on == WEEK[2] else "day")
    (found,) = _lists(world).not_taken
    assert found.days == ((WEEK[2], "pm"),)
    sheet = sheet_queries.month_sheet(OPERATOR, world.cohort.id, 2026, 2)
    assert [(each.on, each.left) for each in sheet.missing] == [(WEEK[2], "pm")]
    due = queries.due_and_taken(OPERATOR, world.partition, WEEK[0], WEEK[-1])
    assert [(each.on, each.left) for each in due if not each.is_taken] == [(WEEK[2], "pm")]
    actions.mark_remaining_present(OPERATOR, world.cohort.id, WEEK[2], "pm")
    assert [each.count for each in _lists(world).not_taken] == [0]


def test_no_afternoon_is_left_where_there_is_training_in_the_morning_only(world: World) -> None:
    calendar.set_weekly_pattern(OPERATOR, world.partition, date(2026, 1, 5), "12345", am_minutes=240, pm_minutes=0)
    actions.mark_remaining_present(OPERATOR, world.cohort.id, WEEK[4], "am")
    due = queries.due_and_taken(OPERATOR, world.partition, WEEK[4], WEEK[4])
    assert [each.left for each in due] == [None]
    assert not any(each.count for each in _lists(world).not_taken)


def test_three_days_missing_at_a_workplace_are_listed(world: World) -> None:
    _take(world, "PP---", "PPPPP", "PPPPP", "PPPPP")
    for on in WEEK[2:]:
        actions.mark(OPERATOR, world.partition, world.people[0].id, on, "absent", place="workplace")
    assert [(each.apprentice.id, [*each.reckoning.absent_on]) for each in _lists(world).in_a_row] == [(world.people[0].id, WEEK[2:])]


def _place(world: World, until: date) -> None:
    with write(OPERATOR) as session:
        host = Employer(partition=world.partition, name="Tausi Hotel")
        session.add(host)
        for person in world.people:
            span = {"starts_on": date(2026, 1, 5), "ends_on": until}
            session.add(Placement(partition=world.partition, apprentice_id=person.id, employer_id=host.id, **span))


def test_no_register_is_missed_while_everybody_is_at_a_workplace(world: World) -> None:
    _place(world, date(2026, 2, 25))
    actions.take_register(OPERATOR, world.cohort.id, date(2026, 1, 5))
    (found,) = _lists(world).not_taken
    assert found.days == ((date(2026, 2, 27), "day"), (date(2026, 2, 26), "day"))
    sheet = sheet_queries.month_sheet(OPERATOR, world.cohort.id, 2026, 2)
    assert [each.on for each in sheet.missing] == [date(2026, 2, 26), date(2026, 2, 27)]


def test_today_asks_for_no_register_while_everybody_is_at_a_workplace(client: Browser, world: World) -> None:
    _place(world, MONDAY)
    page = client.sign_in("amina").get("/attendance/").text
    assert "Everybody is at the workplace on this day." in page
    assert "Not taken in the last four weeks" not in page


def test_an_instructor_sees_the_own_cohorts_and_a_registrar_all(teacher: Actor, amina: Actor, world: World) -> None:
    world.add_people(1, world.add_cohort())
    assert [each.cohort.name for each in sheet_queries.lists(teacher, world.partition).not_taken] == ["Hotel 2026 A"]
    assert len(sheet_queries.lists(amina, world.partition).not_taken) == 2


def test_another_centre_sees_no_lists(chausiku: Actor, client: Browser, world: World) -> None:
    with pytest.raises(NotFound):
        sheet_queries.lists(chausiku, world.partition)
    assert client.sign_in("chausiku").get(f"/attendance/lists?centre={world.partition}").status_code == 404


def test_the_page_gives_the_numbers_to_call(client: Browser, world: World) -> None:
    values = {"phone": "+255712345678", "guardian": "Mama Asha", "guardian_phone": "0755 917 346 au 0713"}
    people.correct_apprentice(OPERATOR, world.people[0].id, values, None)
    _take(world, "AAAAA")
    page = client.sign_in("amina").get("/attendance/lists").text
    assert 'href="tel:+255712345678">+255712345678</a>' in page
    assert 'href="tel:0755917346">0755 917 346 au 0713</a>' in page
    assert "Mama Asha" in page
    assert "absent on 5 days of training in a row, since 23 February 2026" in page
    assert f"/attendance/follow-up/{world.people[0].id}?from=lists" in page


@pytest.mark.usefixtures("world")
def test_an_empty_list_says_so_and_today_leads_here(client: Browser) -> None:
    browser = client.sign_in("amina")
    assert "Nobody has been absent three times in a row without excuse." in browser.get("/attendance/lists").text
    assert 'href="/attendance/lists"' in browser.get("/attendance/").text
    assert "Hotel 2026 A</b>" in browser.get("/attendance/lists").text
