"""Breaks between terms, and the days of them, and Saturdays, that are taught to make up for lost time."""

from datetime import date

import pytest

from tests.conftest import Browser
from tests.make import Make
from tracker.attendance.queries import due_and_taken
from tracker.calendar import actions, checks, queries
from tracker.calendar.models import CatchUp
from tracker.calendar.queries import calendar_for
from tracker.db import write
from tracker.errors import NotAllowed, NotFound
from tracker.people.models import Cohort
from tracker.places.models import Campus, Centre
from tracker.policy import Actor, OPERATOR

MONDAY, FRIDAY, SATURDAY, SUNDAY = date(2026, 3, 9), date(2026, 3, 13), date(2026, 3, 14), date(2026, 3, 15)
SEEN = 'name="seen" value="'


@pytest.fixture
def cohort(make: Make) -> Cohort:
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Bustani", region="TZ-03"))
        campus = Campus(partition=make.centre, name="Bustani", region="TZ-03")
        session.add(campus)
        row = Cohort(partition=make.centre, name="2026 A", campus_id=campus.id, starts_on=date(2026, 1, 5))
        session.add(row)
    return row


def _kinds(actor: Actor, cohort: Cohort, *days: date) -> list[str]:
    calendar = calendar_for(actor, cohort.partition)
    return [str(calendar.day(cohort, on).kind) for on in days]


def _order(cohort: Cohort, kind: str, since: date, until: date | None, minutes: int | None = None) -> None:
    with write(OPERATOR) as session:
        session.add(CatchUp(partition=cohort.partition, cohort_id=cohort.id, kind=kind, since=since, until=until, minutes=minutes))


def test_the_days_of_a_break_are_not_days_of_training(amina: Actor, make: Make, cohort: Cohort) -> None:
    actions.add_break(amina, make.centre, MONDAY, SUNDAY, "Easter")
    day = calendar_for(amina, make.centre).day(cohort, MONDAY)
    assert _kinds(amina, cohort, date(2026, 3, 6), MONDAY, SATURDAY, SUNDAY, date(2026, 3, 16)) == [
        "training",
        "break",
        "break",
        "break",
        "training",
    ]
    assert day.term_break
    assert day.term_break.name == "Easter"


def test_a_break_concerns_its_cohort_or_its_campus_only(amina: Actor, make: Make, cohort: Cohort) -> None:
    other = make.cohort("2026 B")
    actions.add_break(amina, make.centre, MONDAY, MONDAY, cohort_id=cohort.id)
    actions.add_break(amina, make.centre, FRIDAY, FRIDAY, campus_id=cohort.campus_id)
    assert _kinds(amina, cohort, MONDAY, FRIDAY) == ["break", "break"]
    assert _kinds(amina, other, MONDAY, FRIDAY) == ["training", "training"]


def test_a_workplace_has_no_break(amina: Actor, make: Make, cohort: Cohort) -> None:
    actions.add_break(amina, make.centre, MONDAY, SUNDAY)
    calendar = calendar_for(amina, make.centre)
    assert calendar.day_at(calendar.site_of_employer(make.employer(), cohort), MONDAY).kind == "training"


def test_no_register_is_due_in_a_break_and_the_break_takes_no_days_away(amina: Actor, make: Make, cohort: Cohort) -> None:
    make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    actions.add_break(amina, make.centre, date(2026, 2, 23), date(2026, 2, 27))
    due = due_and_taken(amina, make.centre, date(2026, 2, 20), date(2026, 3, 2))
    assert [each.on.day for each in due] == [20, 2]
    assert calendar_for(amina, make.centre).lost_days(cohort, date(2026, 2, 1), MONDAY) == []


def test_a_closure_is_stronger_than_a_break_and_takes_none_of_its_days(amina: Actor, make: Make, cohort: Cohort) -> None:
    actions.add_break(amina, make.centre, MONDAY, date(2026, 3, 11))
    actions.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", MONDAY)
    assert _kinds(amina, cohort, MONDAY) == ["closed"]
    assert calendar_for(amina, make.centre).lost_days(cohort, MONDAY, SUNDAY) == [date(2026, 3, 12), FRIDAY]


def test_a_withdrawn_break_is_taught(amina: Actor, make: Make, cohort: Cohort) -> None:
    row = actions.add_break(amina, make.centre, MONDAY, SUNDAY)
    actions.withdraw_break(amina, row.id, "The ministry moved it.")
    assert _kinds(amina, cohort, MONDAY) == ["training"]


def test_a_break_that_is_given_up_is_taught_by_the_week_of_the_cohort(amina: Actor, make: Make, cohort: Cohort) -> None:
    actions.add_break(amina, make.centre, MONDAY, SUNDAY)
    _order(cohort, "no_break", MONDAY, FRIDAY)
    assert _kinds(amina, cohort, MONDAY, FRIDAY, SATURDAY) == ["training", "training", "break"]
    assert _kinds(amina, make.cohort("2026 B"), MONDAY) == ["break"]


def test_ordered_saturdays_are_due_until_the_order_ends(amina: Actor, cohort: Cohort) -> None:
    _order(cohort, "saturdays", date(2026, 3, 7), SATURDAY, minutes=240)
    saturdays = [date(2026, 2, 28), date(2026, 3, 7), SATURDAY, date(2026, 3, 28)]
    assert _kinds(amina, cohort, *saturdays) == ["rest", "training", "training", "rest"]


def test_a_closed_saturday_of_catching_up_is_not_lost_again(amina: Actor, make: Make, cohort: Cohort) -> None:
    _order(cohort, "saturdays", date(2026, 3, 7), None)
    actions.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", FRIDAY)
    assert calendar_for(amina, make.centre).lost_days(cohort, MONDAY, SUNDAY) == [FRIDAY]


@pytest.mark.parametrize(
    ("since", "until", "refused"),
    [
        (FRIDAY, MONDAY, checks.BreakBackwards),
        (date(1926, 3, 2), date(2026, 3, 6), checks.FarDate),
        (MONDAY, date(2027, 3, 6), checks.BreakTooLong),
    ],
)
def test_days_that_can_be_no_break_are_refused(amina: Actor, make: Make, since: date, until: date, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        actions.add_break(amina, make.centre, since, until)


def test_a_campus_of_another_centre_is_not_found(amina: Actor, make: Make) -> None:
    with pytest.raises(NotFound):
        actions.add_break(amina, make.centre, MONDAY, FRIDAY, campus_id="elsewhere")


def test_an_instructor_records_no_break(baraka: Actor, make: Make) -> None:
    with pytest.raises(NotAllowed):
        actions.add_break(baraka, make.centre, MONDAY, FRIDAY)


# The page


def test_the_registrar_records_corrects_and_withdraws_a_break(client: Browser, amina: Actor, make: Make, cohort: Cohort) -> None:
    client.sign_in("amina").send("/calendar/breaks", since="09/03/2026", until="13/03/2026", place=f"cohort:{cohort.id}", name="Pasaka")
    (row,) = queries.breaks(make.centre)
    text = client.get("/calendar/breaks").text
    assert "Pasaka" in text
    assert "Cohort: 2026 A" in text

    seen = client.get(f"/calendar/breaks/{row.id}/edit").text.split(SEEN)[1].split('"', maxsplit=1)[0].replace("&#34;", '"')
    answer = client.send(f"/calendar/breaks/{row.id}/edit", since="10/03/2026", until="13/03/2026", place="", name="Pasaka", seen=seen)
    assert answer.status_code == 302
    assert _kinds(amina, make.cohort("2026 B"), MONDAY, FRIDAY) == ["training", "break"]

    client.send(f"/calendar/breaks/{row.id}/withdraw", why="Imeahirishwa.")
    assert "Imeahirishwa." in client.get("/calendar/breaks").text
    assert _kinds(amina, cohort, FRIDAY) == ["training"]


def test_a_break_typed_backwards_is_explained_beside_the_field(client: Browser, make: Make) -> None:
    text = client.sign_in("amina").send("/calendar/breaks", since="13/03/2026", until="09/03/2026", place="", name="").text
    assert 'id="until-error"' in text
    assert "cannot be before 13 March 2026" in text
    assert queries.breaks(make.centre) == []


def test_the_month_shows_the_break_once_with_its_name(client: Browser, amina: Actor, make: Make) -> None:
    actions.add_break(amina, make.centre, MONDAY, SUNDAY, "Pasaka")
    text = client.sign_in("amina").get("/calendar/?month=2026-03").text
    assert text.count('class="is-break') == 7
    assert "9 March 2026 to 15 March 2026" in text


def test_another_centres_break_is_not_found(client: Browser, amina: Actor, make: Make) -> None:
    row = actions.add_break(amina, make.centre, MONDAY, SUNDAY)
    assert client.sign_in("chausiku").get(f"/calendar/breaks/{row.id}/edit").status_code == 404
