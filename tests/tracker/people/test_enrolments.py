"""Registering, enrolling, moving and ending."""

from datetime import date

import pytest

from tests.make import Make
from tracker.errors import NotAllowed, NotFound
from tracker.people import actions, queries, rules
from tracker.people.models import Apprentice, Enrolment
from tracker.policy import Actor

START, MOVE, LAST = date(2026, 1, 5), date(2026, 2, 2), date(2026, 2, 27)


def _enrolment(apprentice: Apprentice) -> Enrolment:
    return queries.enrolments_of(apprentice)[0]


def test_registering_enrols_from_the_cohorts_first_day(amina: Actor, make: Make) -> None:
    cohort = make.cohort(starts_on=START)
    apprentice = actions.register_apprentice(amina, make.centre, {"given_name": "Asha", "cohort_id": cohort.id, "occupation": "laundry"})
    enrolment = _enrolment(apprentice)
    assert (enrolment.cohort_id, enrolment.starts_on, enrolment.status, enrolment.occupation) == (cohort.id, START, "active", "laundry")


def test_an_apprentice_may_wait_for_a_cohort(amina: Actor, make: Make) -> None:
    apprentice = actions.register_apprentice(amina, make.centre, {"given_name": "Asha"})
    assert _enrolment(apprentice).cohort_id is None
    cohort = make.cohort()
    actions.move(amina, _enrolment(apprentice).id, cohort.id, MOVE)
    assert [pair[0].id for pair in queries.members(amina, cohort, MOVE)] == [apprentice.id]
    assert len(queries.enrolments_of(apprentice)) == 1


def test_who_left_and_came_back_is_a_member_in_both_spans(amina: Actor, make: Make) -> None:
    cohort, other = make.cohort("A", START), make.cohort("B", START)
    apprentice = make.apprentice("Asha Juma", cohort)
    actions.move(amina, _enrolment(apprentice).id, other.id, MOVE)
    actions.move(amina, _enrolment(apprentice).id, cohort.id, LAST)

    def is_member(on: date, until: date | None = None) -> bool:
        return [pair[0].id for pair in queries.members(amina, cohort, on, until)] == [apprentice.id]

    assert is_member(START)
    assert is_member(LAST)
    assert not is_member(MOVE)
    assert is_member(MOVE, LAST)
    assert len(queries.all_members(amina, cohort)) == 1


def test_a_move_leaves_the_days_before_with_the_old_cohort(amina: Actor, make: Make) -> None:
    old, new = make.cohort("A"), make.cohort("B")
    apprentice = make.apprentice("Asha Juma", old)
    actions.move(amina, _enrolment(apprentice).id, new.id, MOVE)
    assert len(queries.members(amina, old, date(2026, 2, 1))) == 1
    assert queries.members(amina, old, MOVE) == []
    assert queries.members(amina, new, date(2026, 2, 1)) == []
    assert len(queries.members(amina, new, MOVE)) == 1


def test_the_last_day_belongs_to_the_enrolment(amina: Actor, make: Make) -> None:
    cohort = make.cohort()
    apprentice = make.apprentice("Asha Juma", cohort)
    actions.end_enrolment(amina, _enrolment(apprentice).id, "completed", LAST)
    assert len(queries.members(amina, cohort, LAST)) == 1
    assert queries.members(amina, cohort, date(2026, 2, 28)) == []


def test_nobody_is_enrolled_twice_at_once(amina: Actor, make: Make) -> None:
    apprentice = make.apprentice("Asha Juma", make.cohort())
    with pytest.raises(rules.StillEnrolled):
        actions.enrol(amina, apprentice.id, {})
    actions.end_enrolment(amina, _enrolment(apprentice).id, "left", LAST, "moved")
    actions.enrol(amina, apprentice.id, {"starts_on": date(2026, 3, 2)})
    assert [each.status for each in queries.enrolments_of(apprentice)] == ["active", "left"]
    with pytest.raises(rules.StillEnrolled):
        actions.reopen_enrolment(amina, queries.enrolments_of(apprentice)[1].id)


def test_an_enrolment_ends_once_and_after_it_began(amina: Actor, make: Make) -> None:
    enrolment = _enrolment(make.apprentice("Asha Juma", make.cohort(starts_on=START)))
    with pytest.raises(rules.EndsBeforeStart):
        actions.end_enrolment(amina, enrolment.id, "completed", date(2026, 1, 4))
    actions.end_enrolment(amina, enrolment.id, "completed", LAST)
    with pytest.raises(rules.NotActive):
        actions.end_enrolment(amina, enrolment.id, "completed", LAST)


def test_a_cohort_of_another_centre_takes_nobody(amina: Actor, make: Make) -> None:
    foreign = make.cohort(partition=make.other)
    with pytest.raises(rules.ForeignCohort):
        actions.register_apprentice(amina, make.centre, {"given_name": "Asha", "cohort_id": foreign.id})


def test_an_import_corrects_the_present_enrolment_too(amina: Actor, make: Make) -> None:
    cohort, apprentice = make.cohort(), make.apprentice("Asha Juma", number="Z-1")
    values = {"number": "Z-1", "occupation": "bakery", "cohort_id": cohort.id}
    actions.correct_apprentice(amina, queries.by_number(amina, make.centre)["Z-1"].id, values, None)
    assert (_enrolment(apprentice).occupation, _enrolment(apprentice).cohort_id) == ("bakery", cohort.id)


def test_equal_values_change_nothing(amina: Actor, make: Make) -> None:
    apprentice = make.apprentice("Asha Juma", number="Z-1")
    before = (apprentice.dot, apprentice.groups)
    actions.correct_apprentice(amina, apprentice.id, {"number": "Z-1", "given_name": "Asha", "family_name": "Juma"}, None)
    assert (apprentice.dot, apprentice.groups) == before


def test_the_number_of_a_withdrawn_apprentice_is_free_until_he_returns(amina: Actor, make: Make) -> None:
    old = make.apprentice("Asha Juma", number="Z-1")
    actions.void_apprentice(amina, old.id, "Entered twice")
    make.apprentice("Zuhura Said", number="Z-1")
    with pytest.raises(rules.NumberTaken):
        actions.void_apprentice(amina, old.id, None)


@pytest.mark.parametrize("username", ["baraka", "chausiku", "dalali"])
def test_only_the_registrar_of_the_centre_writes(make: Make, username: str) -> None:
    actor, apprentice = make.actor(username), make.apprentice("Asha Juma")
    with pytest.raises(NotAllowed):
        actions.register_apprentice(actor, make.centre, {"given_name": "X"})
    with pytest.raises((NotAllowed, NotFound)):
        actions.correct_apprentice(actor, apprentice.id, {"given_name": "X"}, None)
    with pytest.raises((NotAllowed, NotFound)):
        actions.end_enrolment(actor, _enrolment(apprentice).id, "completed", LAST)
