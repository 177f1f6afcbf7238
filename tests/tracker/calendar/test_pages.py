"""The calendar's pages: who sees what, and what a registrar does there."""

import time
from datetime import date, datetime, UTC

import pytest

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tracker.calendar import actions, queries
from tracker.calendar.queries import code_of_centre
from tracker.db import write
from tracker.employers.models import Employer
from tracker.places.models import Campus, Centre
from tracker.policy import Actor, OPERATOR

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)
SEEN = 'name="seen" value="'


@pytest.fixture(autouse=True)
def bustani(make: Make) -> None:
    """A centre in Dodoma with a campus and a hotel."""
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Bustani", region="TZ-03"))
        session.add(Campus(partition=make.centre, name="Kampasi ya Bustani", region="TZ-03"))
        session.add(Employer(partition=make.centre, name="Hoteli ya Meru"))


def _closed(amina: Actor, make: Make) -> str:
    closure = actions.close(
        amina, make.centre, "centre", code_of_centre(make.centre), "centres", "flood", MONDAY, authority="The principal"
    )
    return closure.id


def _seen(page: str) -> str:
    return page.split(SEEN)[1].split('"', maxsplit=1)[0].replace("&#34;", '"')


def test_the_month_shows_training_rest_and_holidays(client: Browser) -> None:
    text = client.sign_in("amina").get("/calendar/?month=2026-04").text
    assert text.count('class="is-holiday') >= 3
    assert "Public holiday: <b>" in text


def test_an_estimated_holiday_says_so(client: Browser) -> None:
    assert "(estimate)" in client.sign_in("amina").get("/calendar/?month=2027-03").text


@pytest.mark.parametrize("month", ["2026-99", "9999-12", "0001-01"])
def test_a_wrong_month_shows_this_one(client: Browser, month: str) -> None:
    assert "March 2026" in client.sign_in("amina").get(f"/calendar/?month={month}&site=nowhere").text


def test_the_registrar_closes_the_centre(client: Browser, amina: Actor, make: Make) -> None:
    form = {
        "place": f"centre:{code_of_centre(make.centre)}",
        "sites": "centres",
        "reason": "flood",
        "since": "02/03/2026",
        "authority": "The principal",
    }
    answer = client.sign_in("amina").send("/calendar/closures/new", **form)
    assert answer.status_code == 302
    assert "In force today" in client.get(answer.location).text
    (story,) = queries.closures(amina, make.centre)
    assert (story.since, story.counting and story.counting.authority) == (MONDAY, "The principal")


def test_a_wrong_closure_says_what_is_wrong_beside_the_field(client: Browser, make: Make) -> None:
    form = {
        "place": f"centre:{code_of_centre(make.centre)}",
        "sites": "centres",
        "reason": "flood",
        "since": "2026-03-06",
        "expected_until": "2026-03-02",
    }
    text = client.sign_in("amina").send("/calendar/closures/new", **form).text
    assert 'id="expected_until-error"' in text
    assert "cannot be before 6 March 2026" in text


def test_an_employer_is_closed_as_a_workplace_whatever_was_ticked(client: Browser, amina: Actor, make: Make) -> None:
    (hotel,) = queries.employers_in(make.centre)
    form = {"place": f"employer:{hotel.id}", "sites": "centres", "reason": "covid-19", "since": "2026-03-02"}
    client.sign_in("amina").send("/calendar/closures/new", **form)
    (story,) = queries.closures(amina, make.centre)
    assert story.row.sites == "workplaces"


def test_the_closed_day_says_so_and_offers_the_reopening(client: Browser, amina: Actor, make: Make) -> None:
    _closed(amina, make)
    text = client.sign_in("amina").get("/calendar/").text
    assert "Closed today" in text
    assert "/calendar/reopen" in text


def test_the_registrar_reopens(client: Browser, amina: Actor, make: Make) -> None:
    closure_id = _closed(amina, make)
    page = client.sign_in("amina").get(f"/calendar/reopen?closure={closure_id}").text
    assert f'<option selected value="centre:{code_of_centre(make.centre)}">' in page
    form = {
        "place": f"centre:{code_of_centre(make.centre)}",
        "sites": "centres",
        "kind": "reopened",
        "since": "2026-03-06",
        "closure_id": "",
    }
    client.send("/calendar/reopen", **form)
    assert "Nothing is closed today" not in client.get("/calendar/closures").text
    assert queries.in_force(amina, make.centre, FRIDAY) == {}


def test_a_second_press_on_the_button_reopens_once_and_says_so(client: Browser, amina: Actor, make: Make) -> None:
    code = code_of_centre(make.centre)
    closure = actions.close(amina, make.centre, "centre", code, "centres", "flood", MONDAY)
    form = {"kind": "reopened", "place": f"centre:{code}", "sites": "centres", "since": "06/03/2026", "closure_id": closure.id}
    client.sign_in("amina")
    assert [client.send("/calendar/reopen", **form).status_code for _press in range(2)] == [302, 302]
    assert len(queries.story_for(amina, closure.id).resumptions) == 1


def test_whoever_comes_from_closed_workplaces_is_offered_to_open_workplaces(client: Browser) -> None:
    closure = actions.close(OPERATOR, "nation", "nation", None, "workplaces", "covid-19", MONDAY)
    page = client.sign_in("amina").get(f"/calendar/reopen?closure={closure.id}").text
    chosen = page.split('value="workplaces"')[0].rsplit("<input", 1)[1]
    assert "checked" in chosen


def test_a_permission_is_not_a_reopening(client: Browser, amina: Actor, make: Make) -> None:
    closure_id = _closed(amina, make)
    form = {
        "place": f"centre:{code_of_centre(make.centre)}",
        "sites": "centres",
        "kind": "permitted",
        "since": "2026-03-06",
        "closure_id": closure_id,
    }
    client.sign_in("amina").send("/calendar/reopen", **form)
    assert closure_id in queries.in_force(amina, make.centre, FRIDAY)


def test_contradicting_notices_stand_side_by_side(client: Browser, amina: Actor, make: Make) -> None:
    closure_id = _closed(amina, make)
    client.sign_in("amina").send(f"/calendar/closures/{closure_id}/notice", since="2026-03-05", authority="The council", counts="y")
    text = client.get(f"/calendar/closures/{closure_id}").text
    assert "The notices differ" in text
    assert queries.story_for(amina, closure_id).since == date(2026, 3, 5)
    other = next(each for each in queries.story_for(amina, closure_id).notices if each.since == MONDAY)
    client.send(f"/calendar/notices/{other.id}/choose")
    assert queries.story_for(amina, closure_id).since == MONDAY


def test_a_notice_is_corrected_and_withdrawn(client: Browser, amina: Actor, make: Make) -> None:
    closure_id = _closed(amina, make)
    (notice,) = queries.story_for(amina, closure_id).notices
    address = f"/calendar/notices/{notice.id}"
    seen = _seen(client.sign_in("amina").get(f"{address}/edit").text)
    client.send(f"{address}/edit", since="2026-03-03", authority="The principal", seen=seen)
    assert queries.story_for(amina, closure_id).since == date(2026, 3, 3)
    client.send(f"{address}/withdraw", why="A rumour.")
    assert queries.story_for(amina, closure_id).since is None


def test_a_closure_is_extended_corrected_withdrawn_and_restored(client: Browser, amina: Actor, make: Make) -> None:
    address = f"/calendar/closures/{_closed(amina, make)}"
    client.sign_in("amina").send(f"{address}/extend", expected_until="2026-03-20", authority="The council")
    assert "20 March 2026" in client.get(address).text
    client.send(f"{address}/edit", reason="power", note="Transformer", seen=_seen(client.get(f"{address}/edit").text))
    assert "Power failure" in client.get(address).text
    client.send(f"{address}/withdraw", why="Entered twice.")
    assert "Entered twice." in client.get(address).text
    client.send(f"{address}/restore")
    assert "In force today" in client.get(address).text


def test_a_reopening_before_the_notice_that_counts_says_that_it_opens_nothing(client: Browser, amina: Actor, make: Make) -> None:
    closure, code = _closed(amina, make), code_of_centre(make.centre)
    actions.reopen(amina, make.centre, date(2026, 3, 4), "centre", code, "centres", closure)
    sentence = "It lies before the first closed day of the notice that counts, so it opens nothing."
    assert sentence not in client.sign_in("amina").get(f"/calendar/closures/{closure}").text
    actions.add_notice(amina, closure, FRIDAY, counts=True)
    assert sentence in client.get(f"/calendar/closures/{closure}").text


def test_a_closure_whose_expected_end_has_passed_asks_whether_it_has_reopened(client: Browser, amina: Actor, make: Make) -> None:
    """Nobody recorded the reopening: no register is due, and whoever wrote down an end would never think of it."""
    code = code_of_centre(make.centre)
    since, until = date(2026, 2, 16), date(2026, 2, 20)
    closure = actions.close(amina, make.centre, "centre", code, "centres", "flood", since, until)
    sentence = "It was expected to end on 20 February 2026, and nobody has recorded the reopening: its days stay closed until then."
    client.sign_in("amina")
    for address in ("/calendar/closures", f"/calendar/closures/{closure.id}"):
        text = client.get(address).text
        assert sentence in text
        assert f"/calendar/reopen?closure={closure.id}" in text
        assert f"/calendar/closures/{closure.id}/extend" in text
    actions.extend(amina, closure.id, MONDAY)  # today is the last day
    assert "nobody has recorded the reopening" not in client.get("/calendar/closures").text
    actions.reopen(amina, make.centre, date(2026, 2, 23), "centre", code, "centres")
    actions.extend(amina, closure.id, until)
    assert "nobody has recorded the reopening" not in client.get(f"/calendar/closures/{closure.id}").text


def test_withdrawing_without_a_reason_asks_for_one(client: Browser, amina: Actor, make: Make) -> None:
    address = f"/calendar/closures/{_closed(amina, make)}"
    assert 'id="why-error"' in client.sign_in("amina").send(f"{address}/withdraw", why=" ").text


def test_the_training_week_is_set(client: Browser, make: Make) -> None:
    client.sign_in("amina").send("/calendar/week", since="2026-03-02", campus_id="", weekdays=["1", "2", "3", "4", "5", "6"])
    (pattern,) = queries.weekly_patterns(make.centre)
    assert pattern.weekdays == "123456"
    client.send(f"/calendar/week/{pattern.id}/withdraw", why="A mistake.")
    assert queries.weekly_patterns(make.centre) == []


def test_the_hours_of_the_halves_are_set_with_the_week(client: Browser, make: Make) -> None:
    week = {"since": "2026-03-02", "campus_id": "", "weekdays": ["1", "2"]}
    wrong = client.sign_in("amina").send("/calendar/week", **week, am_minutes="25", pm_minutes="2:30")
    assert "Write the hours a day as 8 or 7:30" in wrong.text
    client.send("/calendar/week", **week, am_minutes="4", pm_minutes="2:30")
    (pattern,) = queries.weekly_patterns(make.centre)
    assert (pattern.am_minutes, pattern.pm_minutes) == (240, 150)
    page = client.get("/calendar/week").text
    assert "4:00 + 2:30" in page
    assert 'value="2:30"' in page


def test_a_week_without_days_says_so(client: Browser) -> None:
    assert "Choose at least one training day." in client.sign_in("amina").send("/calendar/week", since="2026-03-02", campus_id="").text


@pytest.mark.parametrize("address", ["/calendar/", "/calendar/closures", "/calendar/week", "/calendar/holidays"])
def test_an_instructor_reads(client: Browser, address: str) -> None:
    assert client.sign_in("baraka").get(address).status_code == 200


@pytest.mark.parametrize("address", ["/calendar/closures/new", "/calendar/reopen", "/calendar/holidays/correct"])
def test_an_instructor_changes_nothing(client: Browser, address: str) -> None:
    assert client.sign_in("baraka").get(address).status_code == 403


def test_the_week_is_not_the_instructors(client: Browser, make: Make) -> None:
    client.sign_in("baraka").send("/calendar/week", since="2026-03-02", campus_id="", weekdays="1")
    assert queries.weekly_patterns(make.centre) == []


def test_it_hides_the_closure_from_an_outsider(client: Browser, amina: Actor, make: Make) -> None:
    address = f"/calendar/closures/{_closed(amina, make)}"
    assert client.sign_in("chausiku").get(address).status_code == 404
    assert client.get(f"/calendar/?centre={make.centre}").status_code == 404


def test_the_holidays_of_a_year_nobody_knows_say_so(client: Browser) -> None:
    assert "not known here" in client.sign_in("amina").get("/calendar/holidays?year=1999").text


def test_central_corrects_a_holiday_and_closes_the_nation(client: Browser, amina: Actor, make: Make) -> None:
    make.user("Fatma Salim", "central", partition="nation")
    form = {"on": "2026-03-06", "kind": "holiday", "name": "Siku ya maombolezo", "jurisdiction": ""}
    client.sign_in("fatma").send("/calendar/holidays/correct", **form)
    assert "Siku ya maombolezo" in client.get("/calendar/holidays?year=2026").text
    (correction,) = queries.corrections()
    client.send(f"/calendar/holidays/{correction.id}/withdraw", why="Another day.")
    assert list(queries.corrections()) == []
    client.send("/calendar/closures/new", place="nation:", sites="both", reason="covid-19", since="2026-03-02", centre="nation")
    assert len(queries.in_force(amina, make.centre, MONDAY)) == 1
    assert "The whole country" in client.get("/calendar/closures").text
    assert client.get(f"/calendar/?centre={make.centre}").status_code == 200


def test_above_a_centre_one_sees_which_centres_have_reopened_by_themselves(client: Browser, amina: Actor, make: Make) -> None:
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Moshi", region="TZ-09"))
    closure = actions.close(OPERATOR, "nation", "nation", None, "centres", "covid-19", date(2026, 2, 2))
    actions.permit(OPERATOR, "nation", date(2026, 2, 9), "nation", None, "centres", closure.id)
    scope = "centre", code_of_centre(make.centre), "centres"
    (heard,) = actions.reopen(amina, make.centre, date(2026, 2, 16), *scope, closure.id)
    make.user("Fatma Salim", "central", partition="nation")
    make.user("Ester Mushi", "coordinator", partition="region/TZ-03")
    page = client.sign_in("fatma").get(f"/calendar/closures/{closure.id}").text
    assert "Chuo cha Moshi</a>: Reopened, 16 February 2026" in page
    assert "closure_id:" not in page
    assert "Chuo cha Moshi</a>: Reopened" not in client.sign_in("ester").get(f"/calendar/closures/{closure.id}").text
    actions.withdraw_resumption(amina, heard.id, "Bado.")
    assert "Chuo cha Moshi</a>: Reopened" not in client.sign_in("fatma").get(f"/calendar/closures/{closure.id}").text


def test_a_coordinator_closes_the_own_region(client: Browser, amina: Actor, make: Make) -> None:
    make.user("Ester Mushi", "coordinator", partition="region/TZ-03")
    client.sign_in("ester").send("/calendar/closures/new", place="region:TZ-03", sites="both", reason="flood", since="2026-03-02")
    assert len(queries.in_force(amina, make.centre, MONDAY)) == 1
    assert client.get("/calendar/closures?centre=nation").status_code == 404


def test_a_closure_that_arrives_late_asks_whether_it_still_holds(client: Browser, amina: Actor, make: Make) -> None:
    _closed(amina, make)
    (campus,) = queries.codes_in(make.centre)["campus"]
    actions.reopen(amina, make.centre, MONDAY, "campus", campus, "centres")
    actions.close(OPERATOR, "nation", "nation", None, "both", "covid-19", date(2026, 2, 23))
    assert "Does the reopening hold for this closure too?" in client.sign_in("amina").get("/calendar/closures").text


# What changed


def _cohort_of_the_year(make: Make) -> str:
    cohort = make.cohort("Mapishi 2026", starts_on=date(2026, 1, 5))
    make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    return cohort.id


def test_after_a_retroactive_closure_the_page_tells_before_and_after(client: Browser, make: Make) -> None:
    _cohort_of_the_year(make)
    form = {"place": f"centre:{code_of_centre(make.centre)}", "sites": "centres", "reason": "flood", "since": "23/02/2026"}
    answer = client.sign_in("amina").send("/calendar/closures/new", **form)
    text = client.get(answer.location).text
    assert "What the last entry changed here" in text
    assert "Mapishi 2026" in text
    assert "0, now " in text
    assert "6 are no longer due" in text  # Monday, 23 February, to today, Monday, 2 March


def test_a_withdrawal_tells_what_is_due_again(client: Browser, amina: Actor, make: Make) -> None:
    _cohort_of_the_year(make)
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "flood", date(2026, 2, 23))
    answer = client.sign_in("amina").send(f"/calendar/closures/{closure.id}/withdraw", why="It was a rumour.")
    assert "6 are due again" in client.get(answer.location).text


def test_a_reopening_tells_what_is_due_again(client: Browser, amina: Actor, make: Make) -> None:
    _cohort_of_the_year(make)
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "flood", date(2026, 2, 23))
    form = {"place": f"centre:{code_of_centre(make.centre)}", "sites": "centres", "kind": "reopened", "since": "26/02/2026"}
    answer = client.sign_in("amina").send("/calendar/reopen", closure_id=closure.id, conditions="", **form)
    assert "3 are due again" in client.get(answer.location).text  # 26 and 27 February, 2 March


def test_choosing_another_notice_tells_what_it_changed(client: Browser, amina: Actor, make: Make) -> None:
    _cohort_of_the_year(make)
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "flood", date(2026, 2, 23))
    later = actions.add_notice(amina, closure.id, date(2026, 2, 26))
    answer = client.sign_in("amina").send(f"/calendar/notices/{later.id}/choose")
    assert "3 are due again" in client.get(answer.location).text  # 23, 24 and 25 February


def test_a_date_in_the_address_that_is_none_is_not_found(client: Browser, amina: Actor, make: Make) -> None:
    assert client.sign_in("amina").get(f"/calendar/closures/{_closed(amina, make)}?was=yesterday").status_code == 404


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its zone in a running process")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_today_is_the_day_in_tanzania_whatever_zone_the_machine_is_in(
    client: Browser, amina: Actor, make: Make, clock: PinnedClock, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "flood", date(2026, 3, 3))
    client.sign_in("amina")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        clock.moment = datetime(2026, 3, 2, 20, 59, tzinfo=UTC)  # a minute to midnight in Tanzania
        assert "Closed today" not in client.get("/calendar/").text
        clock.moment = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
        assert "Closed today" in client.get("/calendar/").text
    time.tzset()
