"""Marks that were made before anybody knew of a closure: kept, told about, and counted only once somebody says so."""

from datetime import date, datetime, timedelta, UTC

import pytest

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tracker.attendance import closed_actions
from tracker.attendance.actions import mark
from tracker.attendance.closed_queries import marked_days, undecided
from tracker.attendance.queries import register_for
from tracker.attendance.sheet_queries import ground_of
from tracker.calendar import actions as calendar
from tracker.calendar.queries import calendar_for, MISTAKE
from tracker.errors import NotFound
from tracker.people.models import Apprentice, Cohort
from tracker.policy import Actor

# Today is Monday, 2 March 2026.
MONDAY, TUESDAY, FRIDAY = date(2026, 2, 23), date(2026, 2, 24), date(2026, 2, 27)
WHY = "The letter reached us a week late."


@pytest.fixture
def cohort(make: Make) -> Cohort:
    return make.cohort(starts_on=date(2026, 1, 5))


@pytest.fixture
def asha(amina: Actor, make: Make, cohort: Cohort) -> Apprentice:
    """Present on Monday, absent on Tuesday and Friday; then the news of a closure since Tuesday comes."""
    person = make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    for on, status in ((MONDAY, "present"), (TUESDAY, "absent"), (FRIDAY, "absent")):
        mark(amina, make.centre, person.id, on, status)
    calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "covid-19", TUESDAY)
    return person


def _rate(actor: Actor, cohort: Cohort, person: Apprentice) -> float | None:
    return ground_of(actor, cohort).reckon(person.id).so_far.share


def _waiting(actor: Actor, make: Make) -> list[date]:
    return [each.on for each in undecided(actor, make.centre)]


def test_marks_on_closed_days_wait_and_count_in_no_rate(amina: Actor, make: Make, cohort: Cohort, asha: Apprentice) -> None:
    assert _waiting(amina, make) == [FRIDAY, TUESDAY]
    assert _rate(amina, cohort, asha) == 1


def test_what_was_taught_anyway_counts_and_waits_no_longer(amina: Actor, make: Make, cohort: Cohort, asha: Apprentice) -> None:
    assert closed_actions.decide(amina, make.centre, [(cohort.id, TUESDAY)], WHY, decision=None) == 1
    assert _waiting(amina, make) == [FRIDAY]
    assert _rate(amina, cohort, asha) == 0.5


def test_a_mistake_waits_no_longer_and_never_counts(amina: Actor, make: Make, cohort: Cohort, asha: Apprentice) -> None:
    assert closed_actions.decide(amina, make.centre, None, WHY, decision=MISTAKE) == 2
    assert _waiting(amina, make) == []
    assert _rate(amina, cohort, asha) == 1
    assert register_for(amina, cohort, TUESDAY).row(asha.id).status == "absent"


def test_a_mistake_does_not_count_even_when_the_closure_is_withdrawn(amina: Actor, make: Make, cohort: Cohort, asha: Apprentice) -> None:
    closed_actions.decide(amina, make.centre, [(cohort.id, TUESDAY)], WHY, decision=MISTAKE)
    (fact,) = calendar_for(amina, make.centre).closures_of(cohort, TUESDAY)
    calendar.withdraw_closure(amina, fact.id, "A rumour.")
    assert _rate(amina, cohort, asha) == 0.5  # Monday present, Friday absent
    assert not register_for(amina, cohort, TUESDAY).is_offered
    assert [each.on for each in marked_days(amina, make.centre)] == [TUESDAY]


def test_a_decision_can_be_taken_back(amina: Actor, make: Make, cohort: Cohort, asha: Apprentice) -> None:
    closed_actions.decide(amina, make.centre, None, WHY, decision=None)
    assert _rate(amina, cohort, asha) == pytest.approx(1 / 3)
    closed_actions.decide_again(amina, cohort.id, FRIDAY, "Nobody taught.")
    assert _waiting(amina, make) == [FRIDAY]
    closed_actions.decide(amina, make.centre, None, WHY, decision=MISTAKE)
    assert _rate(amina, cohort, asha) == 0.5


def test_a_mistake_becomes_taught_where_the_register_is_opened_after_all(
    amina: Actor, make: Make, cohort: Cohort, asha: Apprentice
) -> None:
    closed_actions.decide(amina, make.centre, None, WHY, decision=MISTAKE)
    calendar.teach_anyway(amina, cohort.id, TUESDAY, "We did teach.")
    assert _rate(amina, cohort, asha) == 0.5


def test_marks_at_the_workplace_and_marks_taken_back_do_not_wait(amina: Actor, make: Make, asha: Apprentice) -> None:
    mark(amina, make.centre, asha.id, TUESDAY, "present", place="workplace")
    mark(amina, make.centre, asha.id, FRIDAY, None)
    assert _waiting(amina, make) == []


@pytest.mark.usefixtures("asha")
def test_an_instructor_hears_of_the_own_cohorts_only(baraka: Actor, amina: Actor, make: Make) -> None:
    assert _waiting(baraka, make) == []
    assert len(_waiting(amina, make)) == 2


@pytest.mark.usefixtures("asha")
def test_an_outsider_finds_nothing(chausiku: Actor, make: Make) -> None:
    with pytest.raises(NotFound):
        marked_days(chausiku, make.centre)


# The pages


def test_many_days_stand_closed_by_cohort_until_one_is_chosen(client: Browser, amina: Actor, make: Make, cohort: Cohort) -> None:
    person = make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    days = [date(2026, 2, 2) + timedelta(days=n) for n in range(18) if n % 7 < 5]
    for on in days:
        mark(amina, make.centre, person.id, on, "present")
    calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", days[0])
    assert '<details class="card">' in client.sign_in("amina").get("/attendance/closed-days").text
    again = client.send("/attendance/closed-days", day=f"{cohort.id} {days[3]}", decision="taught", reason="").text
    assert '<details class="card" open>' in again
    assert again.count("checked") == 2  # the day and the decision that were chosen


@pytest.mark.usefixtures("asha")
def test_the_first_page_says_that_marks_wait(client: Browser) -> None:
    text = client.sign_in("amina").get("/attendance/").text
    assert "On 2 days without training apprentices were marked." in text
    assert "/attendance/closed-days" in text


@pytest.mark.usefixtures("cohort")
def test_nothing_is_said_where_nothing_waits(client: Browser) -> None:
    assert "/attendance/closed-days" not in client.sign_in("amina").get("/attendance/").text


@pytest.mark.usefixtures("asha")
def test_the_registrar_decides_for_one_day_then_for_all_and_takes_one_back(
    client: Browser, amina: Actor, make: Make, cohort: Cohort
) -> None:
    text = client.sign_in("amina").get("/attendance/closed-days").text
    assert "Tuesday, 24 February 2026" in text
    assert "Closed since 24 February 2026: COVID-19" in text

    client.send("/attendance/closed-days", day=f"{cohort.id} {TUESDAY}", decision="taught", reason=WHY)
    assert _waiting(amina, make) == [FRIDAY]
    client.send("/attendance/closed-days", everything="y", decision="mistake", reason=WHY)
    assert _waiting(amina, make) == []
    assert "entered by mistake" in client.get("/attendance/closed-days").text
    assert "Its marks were entered by mistake" in client.get(f"/attendance/{cohort.id}/{FRIDAY}").text

    client.send(f"/attendance/closed-days/{cohort.id}/{FRIDAY}/again")
    assert _waiting(amina, make) == [FRIDAY]


@pytest.mark.usefixtures("asha")
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"decision": "taught", "reason": WHY}, "Choose the days that you mean"),
        ({"everything": "y", "reason": WHY}, "Choose whether there was training"),
        ({"everything": "y", "decision": "mistake", "reason": ""}, "Say why."),
    ],
)
def test_what_is_left_open_is_asked_for(client: Browser, amina: Actor, make: Make, fields: dict[str, str], sentence: str) -> None:
    assert sentence in client.sign_in("amina").send("/attendance/closed-days", **fields).text
    assert len(_waiting(amina, make)) == 2


@pytest.mark.usefixtures("asha")
@pytest.mark.parametrize("day", ["nonsense", "elsewhere 2026-02-24", "elsewhere 2026-99-99"])
def test_days_that_do_not_wait_change_nothing(client: Browser, amina: Actor, make: Make, day: str) -> None:
    answer = client.sign_in("amina").send("/attendance/closed-days", day=day, decision="taught", reason=WHY)
    assert answer.status_code in {302, 404}
    assert len(_waiting(amina, make)) == 2


@pytest.mark.usefixtures("asha")
def test_a_second_press_on_the_button_says_that_these_days_wait_no_longer(client: Browser, cohort: Cohort) -> None:
    client.sign_in("amina")
    sent = [client.send("/attendance/closed-days", day=f"{cohort.id} {FRIDAY}", decision="mistake", reason=WHY) for _press in range(2)]
    assert [answer.status_code for answer in sent] == [302, 302]
    text = client.get("/attendance/closed-days").text
    assert "These days wait for no decision any more. Look at the list again." in text
    assert "0 days" not in text


def test_an_outsider_takes_no_decision_back(client: Browser, amina: Actor, make: Make, cohort: Cohort) -> None:
    closed_actions.decide(amina, make.centre, None, WHY, decision=MISTAKE)
    assert client.sign_in("chausiku").send(f"/attendance/closed-days/{cohort.id}/{FRIDAY}/again").status_code == 404
    assert client.get(f"/attendance/closed-days?centre={make.centre}").status_code == 404


def test_marks_of_a_day_to_come_do_not_wait(amina: Actor, make: Make, asha: Apprentice, clock: PinnedClock) -> None:
    mark(amina, make.centre, asha.id, date(2026, 3, 4), "excused")
    assert date(2026, 3, 4) not in _waiting(amina, make)
    clock.moment = datetime(2026, 3, 5, 5, 0, tzinfo=UTC)
    assert date(2026, 3, 4) in _waiting(amina, make)
