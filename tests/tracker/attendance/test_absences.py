"""Leave given beforehand, excusing several at once, and follow-ups: the acts and their pages."""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from tests.conftest import Browser, PinnedClock
from tests.tracker.attendance.conftest import MONDAY, World
from tracker import replication
from tracker.attendance import absence_actions, absence_queries, absence_rules, actions, queries
from tracker.attendance.absence_actions import Excuse
from tracker.attendance.models import ExpectedAbsence, FollowUp, Mark
from tracker.attendance.rules import Act, Entry
from tracker.db import db, write
from tracker.employers.models import Employer
from tracker.erasure import actions as erasure
from tracker.errors import NotAllowed, NotFound
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR

pytestmark = pytest.mark.usefixtures("teacher")

FRIDAY = date(2026, 2, 27)


def _leave(world: World, person: int = 0, since: date = MONDAY, until: date = MONDAY, reason: str = "family") -> ExpectedAbsence:
    return absence_actions.enter_leave(OPERATOR, world.people[person].id, since, until, reason)


def _marks(world: World, on: date = MONDAY) -> list[tuple[str | None, str | None]]:
    return [(row.status, row.reason) for row in queries.register_for(OPERATOR, world.cohort.id, on).rows]


# ---- leave


def test_leave_marks_nobody(world: World) -> None:
    _leave(world)
    page = queries.register_for(OPERATOR, world.cohort.id, MONDAY)
    assert [row.status for row in page.rows] == [None] * 4
    assert [row.leave_until for row in page.rows] == [MONDAY, None, None, None]
    assert page.on_leave == 1


def test_all_remaining_present_leaves_who_is_on_leave(world: World) -> None:
    _leave(world)
    actions.mark_remaining_present(OPERATOR, world.cohort.id, MONDAY)
    page = queries.register_for(OPERATOR, world.cohort.id, MONDAY)
    assert [row.status for row in page.rows] == [None, "present", "present", "present"]
    assert page.on_leave == 1


@pytest.mark.parametrize(("since", "until", "expected"), [(-3, -1, 0), (-3, 0, 1), (0, 5, 1), (1, 5, 0)])
def test_both_days_belong_to_the_leave(world: World, since: int, until: int, expected: int) -> None:
    _leave(world, 0, MONDAY + timedelta(days=since), MONDAY + timedelta(days=until))
    assert queries.register_for(OPERATOR, world.cohort.id, MONDAY).on_leave == expected


def test_withdrawn_leave_is_no_hint(world: World) -> None:
    absence_actions.withdraw_leave(OPERATOR, _leave(world).id, "She came")
    assert queries.register_for(OPERATOR, world.cohort.id, MONDAY).on_leave == 0


def test_leave_that_ends_before_it_begins_is_refused(world: World) -> None:
    with pytest.raises(absence_rules.LeaveBackwards):
        _leave(world, until=FRIDAY)
    with pytest.raises(absence_rules.LeaveTooLong):
        _leave(world, until=date(2036, 3, 2))


def test_leave_of_a_mistyped_year_is_refused_beside_its_first_day(client: Browser, world: World) -> None:
    page = client.sign_in("amina").send(f"/attendance/leave/{world.people[0].id}", since="2/3/2016", until="6/3/2016", reason="Sick").text
    assert page.count("This leave begins more than a year from today. Check the years.") == 2
    assert "No leave is entered." in page


def test_an_instructor_gives_leave_to_the_own_cohort_only(teacher: Actor, chausiku: Actor, world: World) -> None:
    stranger = world.add_people(1, world.add_cohort())[0]
    assert absence_actions.enter_leave(teacher, world.people[0].id, MONDAY, MONDAY, "sick").by == teacher.id
    with pytest.raises(NotAllowed):
        absence_actions.enter_leave(teacher, stranger.id, MONDAY, MONDAY, "sick")
    with pytest.raises(NotFound):
        absence_actions.enter_leave(chausiku, world.people[0].id, MONDAY, MONDAY, "sick")


def test_others_withdraw_neither_leave_nor_follow_ups(teacher: Actor, chausiku: Actor, world: World) -> None:
    stranger = world.add_people(1, world.add_cohort())[0]
    leave = absence_actions.enter_leave(OPERATOR, stranger.id, MONDAY, MONDAY, "sick")
    call = absence_actions.record_follow_up(OPERATOR, stranger.id, MONDAY, "call", "reached")
    for actor, refusal in ((teacher, NotAllowed), (chausiku, NotFound)):
        with pytest.raises(refusal):
            absence_actions.withdraw_leave(actor, leave.id, "no")
        with pytest.raises(refusal):
            absence_actions.withdraw_follow_up(actor, call.id, "no")


# ---- excusing together


def test_those_on_leave_are_excused_with_its_reason(teacher: Actor, world: World) -> None:
    _leave(world, 0)
    _leave(world, 2, reason="bereavement")
    assert absence_actions.excuse(teacher, world.cohort.id, MONDAY, "day", Excuse.LEAVE)
    assert _marks(world) == [("excused", "family"), (None, None), ("excused", "bereavement"), (None, None)]


def test_who_is_marked_already_is_not_excused(teacher: Actor, world: World) -> None:
    _leave(world, 0)
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "present")
    assert absence_actions.excuse(teacher, world.cohort.id, MONDAY, "day", Excuse.LEAVE) is None
    assert _marks(world)[0] == ("present", None)


def test_who_is_at_the_workplace_is_not_excused(teacher: Actor, world: World) -> None:
    _leave(world, 0)
    with write(OPERATOR) as session:
        host = Employer(partition=world.partition, name="Hoteli ya Bahari")
        session.add(host)
        session.add(Placement(partition=world.partition, apprentice_id=world.people[0].id, employer_id=host.id, starts_on=FRIDAY))
    assert queries.register_for(teacher, world.cohort.id, MONDAY).on_leave == 0
    assert absence_actions.excuse(teacher, world.cohort.id, MONDAY, "day", Excuse.LEAVE) is None


def test_the_excused_of_the_day_before_are_excused_again(teacher: Actor, world: World) -> None:
    """The day before Monday is Friday."""
    actions.mark(teacher, world.partition, world.people[1].id, FRIDAY, "excused", reason="sick")
    actions.mark(teacher, world.partition, world.people[2].id, FRIDAY, "absent")
    assert queries.register_for(teacher, world.cohort.id, MONDAY).as_before == 1
    absence_actions.excuse(teacher, world.cohort.id, MONDAY, "day", Excuse.AS_BEFORE)
    assert _marks(world) == [(None, None), ("excused", "sick"), (None, None), (None, None)]


def test_excusing_the_last_ones_completes_the_register_and_undo_brings_all_back(teacher: Actor, world: World) -> None:
    _leave(world, 3)
    for person in world.people[:2]:
        actions.mark(teacher, world.partition, person.id, MONDAY, "present")
    act = absence_actions.excuse(teacher, world.cohort.id, MONDAY, "day", Excuse.LEAVE, {world.people[2].id: Entry("late")})
    assert act
    page = queries.register_for(teacher, world.cohort.id, MONDAY)
    assert (page.is_taken, [row.status for row in page.rows]) == (True, ["present", "present", "late", "excused"])
    actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
    page = queries.register_for(teacher, world.cohort.id, MONDAY)
    assert (page.is_taken, [row.status for row in page.rows]) == (False, ["present", "present", None, None])


def test_leave_is_excused_on_a_day_to_come(teacher: Actor, world: World) -> None:
    tomorrow = MONDAY + timedelta(days=1)
    _leave(world, 0, until=tomorrow)
    absence_actions.excuse(teacher, world.cohort.id, tomorrow, "day", Excuse.LEAVE)
    assert _marks(world, tomorrow)[0] == ("excused", "family")


def test_an_instructor_excuses_only_the_own_cohort(teacher: Actor, world: World) -> None:
    with pytest.raises(NotAllowed):
        absence_actions.excuse(teacher, world.add_cohort().id, MONDAY, "day", Excuse.LEAVE)


def _address(world: World) -> str:
    return f"/attendance/{world.cohort.id}/2026-03-02"


def test_the_register_offers_to_excuse_those_on_leave(client: Browser, world: World) -> None:
    _leave(world, 0, until=MONDAY + timedelta(days=10))
    browser = client.sign_in("baraka")
    page = browser.get(_address(world)).text
    assert "leave until 12/3" in page
    assert "Excuse those on leave (1)" in page
    after = browser.get(browser.send(_address(world), do="leave").location).text
    assert _marks(world)[0] == ("excused", "family")
    act = re.search(r'name="act" value="([^"]+)"', after)
    assert act
    assert Act.read(act[1])
    browser.send(_address(world), do="undo", act=act[1])
    assert _marks(world)[0] == (None, None)


def test_the_register_offers_to_excuse_as_on_the_day_before(client: Browser, teacher: Actor, world: World) -> None:
    actions.mark(teacher, world.partition, world.people[1].id, FRIDAY, "excused", reason="sick")
    browser = client.sign_in("baraka")
    assert "Excuse as on 27/2 (1)" in browser.get(_address(world)).text
    answer = browser.send(_address(world), do="as-before", part="1")
    assert answer.text.count("<fieldset") == 1
    assert 'id="excuse" hidden' in answer.text
    assert _marks(world)[1] == ("excused", "sick")
    actions.mark(teacher, world.partition, world.people[0].id, MONDAY, "excused")
    assert "Excuse as yesterday (2)" in browser.get(f"/attendance/{world.cohort.id}/2026-03-03").text


def test_nothing_is_offered_where_nobody_is_concerned(client: Browser, world: World) -> None:
    assert 'value="leave"' not in client.sign_in("baraka").get(_address(world)).text


# ---- follow-ups


def test_the_latest_follow_up_that_stands_counts(world: World) -> None:
    person = world.people[0].id
    absence_actions.record_follow_up(OPERATOR, person, FRIDAY, "call", "not_reached")
    later = absence_actions.record_follow_up(OPERATOR, person, MONDAY, "visit", "promised", "Will come on Tuesday")
    assert absence_queries.last_follow_ups(world.partition)[person].outcome == "promised"
    absence_actions.withdraw_follow_up(OPERATOR, later.id, "It was her sister")
    assert absence_queries.last_follow_ups(world.partition)[person].outcome == "not_reached"
    assert [each.row.void_reason for each in absence_queries.follow_ups_of(world.people[0])] == ["It was her sister", None]


def test_nobody_has_called_tomorrow(world: World) -> None:
    with pytest.raises(absence_rules.AheadOfToday):
        absence_actions.record_follow_up(OPERATOR, world.people[0].id, date(2026, 3, 3), "call", "reached")


@pytest.mark.parametrize(("means", "outcome"), [("pigeon", "reached"), ("call", "lost"), ("", "")])
def test_only_what_stands_in_the_lists_is_recorded(world: World, means: str, outcome: str) -> None:
    with pytest.raises(absence_rules.UnknownChoice):
        absence_actions.record_follow_up(OPERATOR, world.people[0].id, MONDAY, means, outcome)


def test_nothing_is_withdrawn_without_a_reason(world: World) -> None:
    call = absence_actions.record_follow_up(OPERATOR, world.people[0].id, MONDAY, "call", "reached")
    with pytest.raises(absence_rules.SayWhy):
        absence_actions.withdraw_follow_up(OPERATOR, call.id, " ")


def test_the_page_records_a_call_and_goes_back_to_the_lists(client: Browser, world: World) -> None:
    browser, url = client.sign_in("amina"), f"/attendance/follow-up/{world.people[0].id}"
    values = {"on": "02/03/2026", "means": "call", "outcome": "promised", "note": "Kesho"}
    answer = browser.send(f"{url}?from=lists", **values)
    assert answer.location == "/attendance/lists"
    page = browser.get(url).text
    assert "Call: Promised to come" in page
    assert "Kesho" in page
    assert "2 March 2026 · Call: Promised to come" in unescape(browser.get(f"/people/{world.people[0].id}").text)


def test_the_page_says_what_is_missing(client: Browser, world: World) -> None:
    browser, url = client.sign_in("amina"), f"/attendance/follow-up/{world.people[0].id}"
    page = browser.send(url, on="31/02/2026", note="x").text
    assert "31/02/2026 is not a date." in page
    assert page.count("Choose one from the list.") >= 2
    assert "This day is yet to come." in browser.send(url, on="03/03/2026", means="call", outcome="reached").text
    assert db.session.query(FollowUp).count() == 0


def test_a_wrong_follow_up_is_shown_as_withdrawn(client: Browser, world: World) -> None:
    browser = client.sign_in("amina")
    row = absence_actions.record_follow_up(OPERATOR, world.people[0].id, MONDAY, "call", "reached")
    url = f"/attendance/follow-up/{row.id}/withdraw"
    assert "Call: Reached" in browser.get(url).text
    assert "Nothing is withdrawn without a reason." in browser.send(url, why=" ").text
    browser.send(url, why="It was her sister")
    for page in (f"/attendance/follow-up/{world.people[0].id}", f"/people/{world.people[0].id}"):
        text = browser.get(page).text
        assert "Withdrawn" in text
        assert "It was her sister" in text


def test_the_page_enters_leave_by_the_words_of_the_list(client: Browser, world: World) -> None:
    browser, url = client.sign_in("amina"), f"/attendance/leave/{world.people[0].id}"
    assert browser.send(url, since="02/03/2026", until="12/03/2026", reason="Sick").status_code == 302
    assert db.session.query(ExpectedAbsence).one().reason == "sick"
    assert "2 March 2026 to 12 March 2026: Sick" in browser.get(url).text
    assert "2 March 2026 to 12 March 2026: Sick" in browser.get(f"/people/{world.people[0].id}").text
    assert "cannot be before 12 March 2026" in browser.send(url, since="12/03/2026", until="02/03/2026", reason="Sick").text
    assert db.session.query(ExpectedAbsence).count() == 1


def test_withdrawn_leave_is_shown_as_withdrawn(client: Browser, world: World) -> None:
    browser, leave = client.sign_in("amina"), _leave(world)
    browser.send(f"/attendance/leave/{leave.id}/withdraw", why="She came")
    for page in (f"/attendance/leave/{world.people[0].id}", f"/people/{world.people[0].id}"):
        assert "She came" in browser.get(page).text


@pytest.mark.parametrize("page", ["leave", "follow-up"])
def test_outsiders_find_nothing_and_readers_may_not_write(client: Browser, world: World, page: str) -> None:
    stranger = world.add_people(1, world.add_cohort())[0]
    assert client.sign_in("chausiku").get(f"/attendance/{page}/{world.people[0].id}").status_code == 404
    assert client.sign_in("baraka").get(f"/attendance/{page}/{stranger.id}").status_code == 403
    assert client.sign_in("baraka").get(f"/attendance/{page}/{world.people[0].id}").status_code == 200
    assert client.sign_in("amina").get(f"/attendance/{page}/nobody").status_code == 404


def test_an_erasure_takes_leave_and_follow_ups_along(world: World) -> None:
    person = world.people[0]
    _leave(world)
    _leave(world, 1)
    absence_actions.record_follow_up(OPERATOR, person.id, MONDAY, "call", "reached", "Simu ya mama")
    actions.mark(OPERATOR, world.partition, person.id, MONDAY, "absent")
    assert {"expected_absence", "follow_up"} <= {row[0] for row in replication.rows_about(world.partition, {("apprentice", person.id)})}
    erasure.erase_person(OPERATOR, person.id, reason="own-request", typed=person.number or "")
    assert [row.apprentice_id for row in db.session.query(ExpectedAbsence)] == [world.people[1].id]
    assert db.session.query(FollowUp).count() == db.session.query(Mark).count() == 0


# ---- a second press on the button, which without script sends the form twice


def test_the_same_leave_twice_is_one(world: World) -> None:
    assert _leave(world).id == _leave(world).id
    assert _leave(world, reason="sick").id != _leave(world).id


def test_leave_that_was_withdrawn_can_be_entered_again(world: World) -> None:
    withdrawn = _leave(world)
    absence_actions.withdraw_leave(OPERATOR, withdrawn.id, "She came")
    assert _leave(world).id != withdrawn.id


def test_a_follow_up_sent_twice_is_one_and_a_later_call_is_another(amina: Actor, clock: PinnedClock, world: World) -> None:
    about = (world.people[0].id, MONDAY, "call", "not_reached")
    first = absence_actions.record_follow_up(amina, *about).id
    clock.set_by_s += 5
    assert absence_actions.record_follow_up(amina, *about).id == first
    assert absence_actions.record_follow_up(OPERATOR, *about).id != first
    clock.set_by_s += 3600
    assert absence_actions.record_follow_up(amina, *about).id != first
