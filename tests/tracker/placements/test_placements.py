"""Placing apprentices: states, suspensions, and what decent work finds missing."""

from datetime import date

import pytest

from tests.make import Make
from tracker.calendar import actions as calendar_actions
from tracker.calendar.queries import calendar_for
from tracker.db import seen_token, write
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, NotFound
from tracker.people.models import Apprentice
from tracker.placements import actions, queries, rules
from tracker.placements.models import Placement
from tracker.placements.schemas import PlacementSchema
from tracker.policy import Actor, OPERATOR

MONDAY, TUESDAY, FRIDAY, NEXT_MONDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6), date(2026, 3, 9)
GOOD = {"supervisor": "Juma Khamis", "contract_signed_on": date(2026, 2, 20)}


@pytest.fixture
def halima(make: Make) -> Apprentice:
    """An apprentice of age."""
    with write(OPERATOR) as session:
        row = Apprentice(partition=make.centre, number="B/001", given_name="Halima", family_name="Said", birth_date=date(2004, 5, 1))
        session.add(row)
    return row


@pytest.fixture
def hotel(make: Make) -> Employer:
    with write(OPERATOR) as session:
        row = Employer(partition=make.centre, name="Hoteli ya Meru", departments="Jikoni; Usafi; Mapokezi", capacity=1)
        session.add(row)
    return row


@pytest.fixture
def placement(amina: Actor, make: Make, halima: Apprentice, hotel: Employer) -> Placement:
    """From Monday until the end of May, with everything in order."""
    values = {"apprentice_id": halima.id, "employer_id": hotel.id, "starts_on": MONDAY, "ends_on": date(2026, 5, 29), **GOOD}
    return actions.open_placement(amina, make.centre, values)


def _state(actor: Actor, placement: Placement, on: date) -> rules.State:
    return queries.state_on(placement, on, calendar_for(actor, placement.partition))


def _columns(placement: Placement) -> list[str | None]:
    return [problem.column for problem in queries.warnings_of(placement)]


@pytest.mark.parametrize(
    ("on", "kind"), [(date(2026, 3, 1), "not-started"), (MONDAY, "open"), (date(2026, 5, 29), "open"), (date(2026, 5, 30), "ended")]
)
def test_both_days_belong_to_the_placement(amina: Actor, placement: Placement, on: date, kind: str) -> None:
    assert _state(amina, placement, on).kind == kind


def test_a_closed_hotel_suspends_the_placement(amina: Actor, placement: Placement) -> None:
    closure = calendar_actions.close(
        amina, placement.partition, "employer", placement.employer_id, "workplaces", "covid-19", TUESDAY, source="The hotel's manager"
    )
    assert _state(amina, placement, MONDAY).kind == "open"
    state = _state(amina, placement, FRIDAY)
    assert (state.kind, [fact.id for fact in state.closures]) == ("suspended", [closure.id])


def test_the_placement_goes_on_when_the_hotel_reopens(amina: Actor, placement: Placement) -> None:
    calendar_actions.close(amina, placement.partition, "employer", placement.employer_id, "workplaces", "covid-19", TUESDAY)
    calendar_actions.reopen(amina, placement.partition, FRIDAY, "employer", placement.employer_id, "workplaces")
    assert _state(amina, placement, FRIDAY).is_open


def test_a_closed_college_does_not_suspend_it(amina: Actor, placement: Placement) -> None:
    code = placement.partition.removeprefix("centre/")
    calendar_actions.close(amina, placement.partition, "centre", code, "centres", "flood", MONDAY)
    assert _state(amina, placement, MONDAY).is_open


def test_a_person_suspends_and_resumes(amina: Actor, placement: Placement) -> None:
    actions.suspend_placement(amina, placement.id, TUESDAY, "illness")
    actions.resume_placement(amina, placement.id, FRIDAY)
    kinds = [_state(amina, placement, on).kind for on in (MONDAY, TUESDAY, date(2026, 3, 5), FRIDAY)]
    assert kinds == ["open", "suspended", "suspended", "open"]


def test_a_suspension_lifted_on_its_first_day_lasts_no_day(amina: Actor, placement: Placement) -> None:
    actions.suspend_placement(amina, placement.id, TUESDAY, "illness")
    actions.resume_placement(amina, placement.id, TUESDAY)
    assert _state(amina, placement, TUESDAY).is_open
    actions.suspend_placement(amina, placement.id, TUESDAY, "family")
    assert _state(amina, placement, TUESDAY).kind == "suspended"


def test_a_withdrawn_suspension_suspends_nothing(amina: Actor, placement: Placement) -> None:
    suspension = actions.suspend_placement(amina, placement.id, TUESDAY, "illness")
    actions.withdraw_suspension(amina, suspension.id, "Another apprentice.")
    assert _state(amina, placement, FRIDAY).is_open


def test_it_is_not_suspended_twice(amina: Actor, placement: Placement) -> None:
    actions.suspend_placement(amina, placement.id, TUESDAY, "illness")
    with pytest.raises(rules.AlreadySuspended):
        actions.suspend_placement(amina, placement.id, FRIDAY, "family")


def test_it_is_not_suspended_before_it_starts(amina: Actor, placement: Placement) -> None:
    with pytest.raises(rules.SuspendsOutside):
        actions.suspend_placement(amina, placement.id, date(2026, 3, 1), "illness")


def test_what_nobody_suspended_is_not_resumed(amina: Actor, placement: Placement) -> None:
    with pytest.raises(rules.NotSuspended):
        actions.resume_placement(amina, placement.id, FRIDAY)


def test_nobody_works_at_two_employers_at_once(amina: Actor, make: Make, placement: Placement) -> None:
    with write(OPERATOR) as session:
        other = Employer(partition=make.centre, name="Hoteli ya Ziwa")
        session.add(other)
    values = {"apprentice_id": placement.apprentice_id, "employer_id": other.id, "starts_on": FRIDAY}
    with pytest.raises(rules.AlreadyPlaced):
        actions.open_placement(amina, make.centre, values)
    actions.end_placement(amina, placement.id, date(2026, 3, 5))
    assert actions.open_placement(amina, make.centre, values).id


def test_an_end_before_the_start_is_refused(amina: Actor, placement: Placement) -> None:
    with pytest.raises(rules.EndsBeforeStart):
        actions.end_placement(amina, placement.id, date(2026, 3, 1))
    assert placement.ends_on == date(2026, 5, 29)


def test_an_apprentice_of_another_centre_is_not_placed(chausiku: Actor, make: Make, placement: Placement) -> None:
    with pytest.raises(rules.UnknownApprentice):
        actions.open_placement(chausiku, make.other, {"apprentice_id": placement.apprentice_id, "starts_on": MONDAY})


def test_an_instructor_places_nobody(baraka: Actor, make: Make) -> None:
    with pytest.raises(NotAllowed):
        actions.open_placement(baraka, make.centre, {})


def test_it_hides_the_placement_from_an_outsider(chausiku: Actor, placement: Placement) -> None:
    with pytest.raises(NotFound):
        queries.placement_for(chausiku, placement.id)


def test_a_void_placement_can_come_back(amina: Actor, placement: Placement) -> None:
    actions.void_placement(amina, placement.id, "Entered twice.")
    assert queries.placed_on(amina, placement.partition, FRIDAY) == {}
    actions.restore_placement(amina, placement.id)
    assert queries.placed_on(amina, placement.partition, FRIDAY) == {placement.apprentice_id: placement}


def test_a_stale_form_changes_only_what_was_typed(amina: Actor, placement: Placement) -> None:
    seen = seen_token(placement)
    shown = {name: getattr(placement, name) for name in actions.FIELDS}
    actions.correct_placement(amina, placement.id, {"supervisor": "Neema Kessy"}, None)
    actions.correct_placement(amina, placement.id, {**shown, "department": "Jikoni"}, seen)
    assert (placement.supervisor, placement.department) == ("Neema Kessy", "Jikoni")


def test_decent_work_finds_nothing_where_all_is_in_order(placement: Placement) -> None:
    assert _columns(placement) == []


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"supervisor": None}, "supervisor"),
        ({"contract_signed_on": None}, "contract_signed_on"),
        ({"contract_signed_on": TUESDAY}, "contract_signed_on"),
        ({"starts_on": date(2022, 4, 1)}, "birth_date"),
    ],
)
def test_decent_work_warns(amina: Actor, placement: Placement, values: dict[str, object], column: str) -> None:
    actions.correct_placement(amina, placement.id, values, None)
    assert column in _columns(placement)


def test_decent_work_counts_places_and_departments(amina: Actor, make: Make, placement: Placement, hotel: Employer) -> None:
    with write(OPERATOR) as session:
        hotel.departments = "Jikoni"
        neema = Apprentice(partition=make.centre, given_name="Neema", birth_date=date(2004, 1, 1))
        session.add(neema)
    second = actions.open_placement(
        amina, make.centre, {"apprentice_id": neema.id, "employer_id": placement.employer_id, "starts_on": NEXT_MONDAY, **GOOD}
    )
    assert _columns(second) == ["employer_id", "department"]


@pytest.mark.parametrize(("on", "age"), [(date(2026, 5, 1), 18), (date(2026, 4, 30), 17), (date(2024, 2, 29), 15)])
def test_age_counts_completed_years(on: date, age: int) -> None:
    assert rules.age_on(date(2008, 5, 1), on) == age


def test_a_line_of_a_file_becomes_a_placement(halima: Apprentice, hotel: Employer) -> None:
    schema = PlacementSchema(apprentices={"B/001": halima.id}, employers={"hoteli ya meru": hotel.id})
    raw = {"apprentice_number": "B/001", "employer": "Hoteli ya  MERU", "start": "02/03/2026", "contract_signed": "2026-02-20"}
    entry = schema.read(raw, row=2)
    assert entry.problems == []
    assert entry.values == {
        "apprentice_id": halima.id,
        "employer_id": hotel.id,
        "starts_on": MONDAY,
        "contract_signed_on": date(2026, 2, 20),
    }


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"apprentice_number": "X/9"}, "apprentice_number"),
        ({"employer": "Unknown"}, "employer"),
        ({"start": "31/02/2026"}, "start"),
        ({"end": "01/03/2026"}, "end"),
        ({"start": ""}, "start"),
    ],
)
def test_a_wrong_line_says_what_is_wrong(changed: dict[str, str], column: str) -> None:
    schema = PlacementSchema(apprentices={"B/001": "a"}, employers={"hoteli ya meru": "e"})
    raw = {"apprentice_number": "B/001", "employer": "Hoteli ya Meru", "start": "02/03/2026", **changed}
    assert [(problem.row, problem.column) for problem in schema.read(raw, row=7).faults] == [(7, column)]
