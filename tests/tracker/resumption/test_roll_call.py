"""The roll call as the records give it: whose place reopened when, who was seen, who left, and the curve of return."""

from datetime import date

import pytest

from tests.make import Make
from tests.tracker.resumption.conftest import REOPENED, TODAY, World
from tracker.calendar import actions as calendar
from tracker.calendar.rules import Rate
from tracker.db import write
from tracker.errors import NotFound
from tracker.people import actions as people
from tracker.policy import Actor, OPERATOR
from tracker.resumption import queries
from tracker.resumption.queries import RollCall
from tracker.resumption.rules import Point, StateKind, Totals


def _roll(world: World, on: date = TODAY) -> RollCall:
    return queries.roll_call(OPERATOR, world.partition, world.closure.id, on)


def _kinds(world: World, on: date = TODAY) -> dict[str, StateKind]:
    return {each.apprentice.given_name or "": each.state.kind for each in _roll(world, on).people}


def test_expected_is_who_was_enrolled_on_the_day_before_the_closure(world: World) -> None:
    world.person("Asha")
    world.person("Bahati", starts_on=date(2026, 1, 11))
    world.person("Chiku", starts_on=date(2026, 1, 12))
    world.person("Daudi", status="left", ended_on=date(2026, 1, 10), end_reason="moved")
    world.person("Eliya", status="left", ended_on=date(2026, 1, 11), end_reason="moved")
    world.person("Fatuma", status="left", end_reason="moved")  # nobody wrote when
    world.reopen()
    assert _kinds(world) == {"Asha": StateKind.NOT_SEEN, "Bahati": StateKind.NOT_SEEN, "Eliya": StateKind.LEFT}


def test_while_it_is_closed_nobody_is_expected(world: World) -> None:
    world.person("Asha")
    assert _roll(world).totals == Totals(still_closed=1)
    world.reopen(since=date(2026, 3, 9))
    assert _roll(world).totals == Totals(still_closed=1)


@pytest.mark.parametrize(
    ("on", "status", "place", "is_back"),
    [
        (REOPENED, "present", "centre", True),
        (REOPENED, "late", "centre", True),
        (REOPENED, "present", "workplace", True),
        (REOPENED, "absent", "centre", False),
        (REOPENED, "excused", "centre", False),
        (REOPENED, "remote", "remote", False),
        (REOPENED, "present", "remote", False),
        (date(2026, 1, 9), "present", "centre", False),
        (date(2026, 2, 13), "present", "centre", False),  # a closed day, which nobody confirmed as taught
        (date(2026, 2, 22), "present", "centre", False),  # a Sunday
        (date(2026, 2, 22), "present", "workplace", True),  # hotels know none
        (date(2026, 3, 3), "present", "centre", False),  # tomorrow
    ],
)
def test_who_is_back_attended_since_the_reopening(world: World, on: date, status: str, place: str, is_back: bool) -> None:
    world.mark(world.person("Asha"), on, status, place)
    world.reopen()
    assert _kinds(world)["Asha"] == (StateKind.RETURNED if is_back else StateKind.NOT_SEEN)


def test_the_first_day_that_counts_is_shown(world: World) -> None:
    asha = world.person("Asha")
    for on in (date(2026, 2, 20), date(2026, 2, 22), date(2026, 2, 18), date(2026, 2, 19)):
        world.mark(asha, on)
    world.mark(asha, date(2026, 2, 17), "absent")
    world.reopen()
    assert _roll(world).people[0].state.seen_on == date(2026, 2, 18)


def test_after_a_first_mark_that_does_not_count_the_next_one_does(world: World) -> None:
    asha = world.person("Asha")
    for on in (date(2026, 2, 22), date(2026, 2, 24)):
        world.mark(asha, on)
    world.reopen()
    assert _roll(world).people[0].state.seen_on == date(2026, 2, 24)


def test_cohorts_reopen_one_after_the_other(world: World) -> None:
    second, third = world.add_cohort("Hotel 2025 B"), world.add_cohort("Hotel 2025 C")
    for name, cohort in (("Asha", world.cohort), ("Bahati", second), ("Chiku", third)):
        # Bahati was seen with the first cohort, before his own reopened: that is no return of his.
        world.mark(world.person(name, cohort=cohort), date(2026, 2, 18))
    world.reopen(cohort=world.cohort)
    world.reopen(cohort=second, since=date(2026, 2, 23))
    assert _kinds(world) == {"Asha": StateKind.RETURNED, "Bahati": StateKind.NOT_SEEN, "Chiku": StateKind.STILL_CLOSED}
    assert _roll(world).reopened == (REOPENED, date(2026, 2, 23))
    assert _roll(world).by_cohort() == {
        world.cohort.id: Totals(returned=1),
        second.id: Totals(not_seen=1),
        third.id: Totals(still_closed=1),
    }
    assert [each.apprentice.given_name for each in _roll(world).of_cohort(second.id).people] == ["Bahati"]


def test_who_moved_to_another_cohort_while_it_was_closed_has_not_left(world: World) -> None:
    second = world.add_cohort("Hotel 2025 B")
    asha = world.person("Asha", status="transferred", ended_on=date(2026, 1, 31))
    world.enrol(asha, second, starts_on=date(2026, 2, 1))
    world.reopen(cohort=world.cohort)
    assert _kinds(world) == {"Asha": StateKind.STILL_CLOSED}
    world.reopen(cohort=second, since=date(2026, 2, 23))
    (person,) = _roll(world).people
    assert (person.state.kind, person.state.reopened, person.cohort) == (StateKind.NOT_SEEN, date(2026, 2, 23), world.cohort)


def test_who_left_is_told_with_the_reason(world: World) -> None:
    asha = world.person("Asha")
    world.reopen()
    enrolment = _roll(world).people[0].enrolment
    people.end_enrolment(OPERATOR, enrolment.id, "left", TODAY, "employment")
    (person,) = _roll(world).people
    assert (person.apprentice, person.state.kind, person.enrolment.end_reason) == (asha, StateKind.LEFT, "employment")


def test_a_withdrawn_reopening_leaves_no_trace(world: World) -> None:
    world.mark(world.person("Asha"), date(2026, 2, 18))
    found = world.reopen()
    assert _roll(world).totals.returned == 1
    calendar.withdraw_resumption(OPERATOR, found.id, "Announced too early")
    assert _roll(world).totals == Totals(still_closed=1)
    assert queries.roll_calls(OPERATOR, world.partition) == []


def test_who_must_be_called_next_stands_first(world: World) -> None:
    for name in ("Asha", "Bahati", "Chiku", "Daudi", "Eliya", "Fatuma"):
        world.person(name)
    people_by_name = {each.apprentice.given_name: each.apprentice for each in _roll(world).people}
    world.call(people_by_name["Asha"], date(2026, 2, 25), "promised", date(2026, 3, 9))
    world.call(people_by_name["Bahati"], date(2026, 2, 17), "promised", date(2026, 2, 23))
    world.call(people_by_name["Chiku"], date(2026, 2, 27), "not_reached")
    world.mark(people_by_name["Daudi"], date(2026, 2, 18))
    world.reopen()
    # Never tried; promise broken on the 23rd; nobody answered on the 27th; the promise of the 9th still stands; back.
    assert [each.apprentice.given_name for each in _roll(world).people] == ["Eliya", "Fatuma", "Bahati", "Chiku", "Asha", "Daudi"]


def test_calls_from_before_the_closure_are_another_story(world: World) -> None:
    asha = world.person("Asha")
    world.call(asha, date(2026, 1, 11), "reached")
    world.reopen()
    assert _roll(world).people[0].last is None
    world.call(asha, date(2026, 1, 12), "not_reached")
    (person,) = _roll(world).people
    assert person.last is not None
    assert (person.last.on, person.state.kind) == (date(2026, 1, 12), StateKind.NOT_SEEN)


def test_totals_and_rates_by_sex_by_hand(world: World) -> None:
    for name, sex, seen in (("Asha", "F", 16), ("Bahati", "F", 25), ("Chiku", "F", None), ("Daudi", "M", 17), ("Eliya", "", None)):
        person = world.person(name, sex)
        if seen:
            world.mark(person, date(2026, 2, seen))
    world.reopen()
    roll = _roll(world)
    assert roll.totals == Totals(returned=3, not_seen=2)
    assert {code: totals.rate for code, totals in roll.by_sex().items()} == {"": Rate(0, 1), "F": Rate(2, 3), "M": Rate(1, 1)}


def test_the_curve_of_return_by_hand(world: World) -> None:
    for name, sex, seen in (("Asha", "F", 16), ("Bahati", "F", 25), ("Chiku", "F", None), ("Daudi", "M", 17)):
        person = world.person(name, sex)
        if seen:
            world.mark(person, date(2026, 2, seen))
    world.reopen()
    curve = queries.return_curve(OPERATOR, world.partition, world.closure.id)
    assert curve.points == [Point(date(2026, 2, 22), 4, 2), Point(date(2026, 3, 1), 4, 3), Point(TODAY, 4, 3)]
    assert curve.by_sex["F"] == [Point(date(2026, 2, 22), 3, 1), Point(date(2026, 3, 1), 3, 2), Point(TODAY, 3, 2)]
    assert curve.by_sex["M"] == [Point(date(2026, 2, 22), 1, 1), Point(date(2026, 3, 1), 1, 1), Point(TODAY, 1, 1)]


def test_the_first_page_asks_for_sixty_days_who_has_not_come_back(world: World, amina: Actor) -> None:
    asha = world.person("Asha")
    assert queries.not_back(amina) is None
    world.reopen(since=date(2026, 1, 1))  # before the notice: it belongs to another story
    assert queries.not_back(amina) is None
    world.reopen()
    found = queries.not_back(amina)
    assert found is not None
    assert found.story.row.id == world.closure.id
    world.mark(asha, date(2026, 2, 18))
    assert queries.not_back(amina) is None


def test_a_reopening_of_long_ago_is_asked_about_no_more(world: World, amina: Actor) -> None:
    old = world.add_cohort("Hotel 2025 B")
    closure = world.close("cohort", old.id, date(2025, 10, 1))
    world.person("Asha", cohort=old)
    world.reopen(closure, since=date(2025, 12, 31))
    assert queries.not_back(amina) is None
    with write(OPERATOR):
        world.closure.void_reason = "Never was"
    assert [each.totals.missing for each in queries.roll_calls(OPERATOR, world.partition)] == [1]


def test_a_centre_that_one_does_not_see_has_no_roll_call(world: World, chausiku: Actor, make: Make) -> None:
    with pytest.raises(NotFound):
        queries.roll_call(chausiku, world.partition, world.closure.id)
    with pytest.raises(NotFound):
        queries.roll_call(chausiku, make.other, world.closure.id)
    with pytest.raises(NotFound):
        queries.return_curve(OPERATOR, world.partition, "no such closure")
