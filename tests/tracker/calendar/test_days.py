"""Weekly patterns, holidays with the nation's corrections, and days taught anyway."""

from datetime import date

import pytest

from tests.make import Make
from tracker.calendar import actions, checks
from tracker.calendar.queries import calendar_for
from tracker.db import write
from tracker.errors import NotAllowed
from tracker.people.models import Cohort
from tracker.places.models import Campus, Centre
from tracker.policy import Actor, OPERATOR

MONDAY, FRIDAY, SATURDAY, NEXT_SATURDAY = date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 14)
UNION_DAY = date(2026, 4, 26)


@pytest.fixture
def cohort(make: Make) -> Cohort:
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Bustani", region="TZ-03"))
        campus = Campus(partition=make.centre, name="Bustani", region="TZ-03")
        session.add(campus)
        row = Cohort(partition=make.centre, name="2026 A", campus_id=campus.id, starts_on=MONDAY)
        session.add(row)
    return row


def _kind(actor: Actor, cohort: Cohort, on: date) -> str:
    return calendar_for(actor, cohort.partition).day(cohort, on).kind


def test_a_new_pattern_leaves_the_past_alone(amina: Actor, make: Make, cohort: Cohort) -> None:
    actions.set_weekly_pattern(amina, make.centre, date(2026, 3, 9), "123456")
    assert [_kind(amina, cohort, on) for on in (SATURDAY, NEXT_SATURDAY)] == ["rest", "training"]


def test_the_pattern_of_the_campus_goes_before_that_of_all(amina: Actor, make: Make, cohort: Cohort) -> None:
    actions.set_weekly_pattern(amina, make.centre, MONDAY, "123456", cohort.campus_id)
    actions.set_weekly_pattern(amina, make.centre, MONDAY, "12345")
    assert _kind(amina, cohort, SATURDAY) == "training"


def test_a_pattern_set_twice_for_one_day_is_one_pattern(amina: Actor, make: Make, cohort: Cohort) -> None:
    first = actions.set_weekly_pattern(amina, make.centre, MONDAY, "123456")
    again = actions.set_weekly_pattern(amina, make.centre, MONDAY, "12345")
    assert (first.id, _kind(amina, cohort, SATURDAY)) == (again.id, "rest")


def test_a_withdrawn_pattern_gives_way_to_the_one_before(amina: Actor, make: Make, cohort: Cohort) -> None:
    pattern = actions.set_weekly_pattern(amina, make.centre, MONDAY, "123456")
    actions.withdraw_weekly_pattern(amina, pattern.id, "A mistake.")
    assert _kind(amina, cohort, SATURDAY) == "rest"


def test_a_week_without_training_is_refused(amina: Actor, make: Make) -> None:
    with pytest.raises(checks.NoWeekdays):
        actions.set_weekly_pattern(amina, make.centre, MONDAY, "89")


def test_the_packs_holidays_are_kept(amina: Actor, cohort: Cohort) -> None:
    day = calendar_for(amina, cohort.partition).day(cohort, UNION_DAY)
    assert day.kind == "holiday"
    assert day.holiday
    assert "Muungano" in day.holiday.sw


def test_central_adds_a_holiday(amina: Actor, cohort: Cohort) -> None:
    actions.correct_holiday(OPERATOR, None, FRIDAY, "Siku ya maombolezo", is_holiday=True)
    assert _kind(amina, cohort, FRIDAY) == "holiday"


def test_a_holiday_of_zanzibar_is_none_on_the_mainland(amina: Actor, cohort: Cohort) -> None:
    actions.correct_holiday(OPERATOR, "zanzibar", FRIDAY, "Siku ya maombolezo", is_holiday=True)
    assert _kind(amina, cohort, FRIDAY) == "training"


def test_the_later_correction_of_a_day_replaces_the_first(amina: Actor, cohort: Cohort) -> None:
    first = actions.correct_holiday(OPERATOR, None, FRIDAY, "Sikukuu", is_holiday=True)
    again = actions.correct_holiday(OPERATOR, None, FRIDAY, "", is_holiday=False)
    assert (first.id, _kind(amina, cohort, FRIDAY)) == (again.id, "training")


def test_a_confirmed_estimate_keeps_the_packs_name(amina: Actor, cohort: Cohort) -> None:
    estimated = next(
        holiday
        for on, holiday in calendar_for(amina, cohort.partition).holidays("mainland").items()
        if holiday.estimated and on.year == 2026
    )
    actions.correct_holiday(OPERATOR, None, estimated.on, "", is_holiday=True)
    found = calendar_for(amina, cohort.partition).holidays("mainland")[estimated.on]
    assert (found.sw, found.estimated) == (estimated.sw, False)


@pytest.mark.usefixtures("app")
def test_a_new_holiday_needs_a_name() -> None:
    with pytest.raises(checks.NoName):
        actions.correct_holiday(OPERATOR, None, FRIDAY, " ", is_holiday=True)


def test_a_registrar_corrects_no_holiday(amina: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.correct_holiday(amina, None, FRIDAY, "Sikukuu", is_holiday=True)


def test_a_withdrawn_correction_gives_the_packs_day_back(amina: Actor, cohort: Cohort) -> None:
    row = actions.correct_holiday(OPERATOR, None, UNION_DAY, "", is_holiday=False)
    actions.withdraw_correction(OPERATOR, row.id, "The order was withdrawn.")
    assert _kind(amina, cohort, UNION_DAY) == "holiday"


def test_a_day_taught_anyway_counts_until_it_is_withdrawn(amina: Actor, cohort: Cohort) -> None:
    actions.teach_anyway(amina, cohort.id, SATURDAY, "To make up for lost days.")
    assert calendar_for(amina, cohort.partition).counts(cohort, SATURDAY)
    actions.withdraw_taught_day(amina, cohort.id, SATURDAY, "The wrong day.")
    assert not calendar_for(amina, cohort.partition).counts(cohort, SATURDAY)
    actions.teach_anyway(amina, cohort.id, SATURDAY, "It was that day.")
    assert calendar_for(amina, cohort.partition).was_taught(cohort.id, SATURDAY)


def test_a_training_day_needs_no_confirmation(amina: Actor, cohort: Cohort) -> None:
    with pytest.raises(checks.AlreadyTraining):
        actions.teach_anyway(amina, cohort.id, FRIDAY, "We were there.")


def test_an_instructor_confirms_days_of_his_own_cohorts_only(baraka: Actor, cohort: Cohort) -> None:
    with pytest.raises(NotAllowed):
        actions.teach_anyway(baraka, cohort.id, SATURDAY, "To make up for lost days.")
