"""What a closure touches before it is saved, and what a change of closures changed afterwards."""

from datetime import date, timedelta

import pytest

from tests.make import Make
from tracker.attendance import actions as attendance
from tracker.attendance.effect_queries import changes, effects
from tracker.calendar import actions as calendar
from tracker.calendar.queries import calendar_for, code_of_centre, facts_for
from tracker.calendar.rules import ClosureFact, NoticeFact, Scope
from tracker.db import write
from tracker.errors import NotFound
from tracker.people.models import Cohort
from tracker.placements import actions as placements
from tracker.places.models import Centre
from tracker.policy import Actor, OPERATOR

# Today is Monday, 2 March 2026; no public holiday lies in these four weeks before it.
FEB_9, FEB_13, FEB_16, FEB_27, TODAY = date(2026, 2, 9), date(2026, 2, 13), date(2026, 2, 16), date(2026, 2, 27), date(2026, 3, 2)


@pytest.fixture
def cohort(make: Make) -> Cohort:
    return make.cohort(starts_on=date(2026, 1, 5))


def _closing(make: Make, since: date, until: date | None = None, *, sites: str = "both", scope: Scope | None = None) -> ClosureFact:
    scope = scope or Scope("centre", code_of_centre(make.centre))
    return ClosureFact("new", make.centre, scope, sites, "flood", (NoticeFact("n", "", "", since, until),))


def _place(make: Make, apprentice_id: str, since: date) -> str:
    host = make.employer()
    placements.open_placement(OPERATOR, make.centre, {"apprentice_id": apprentice_id, "employer_id": host.id, "starts_on": since})
    return host.id


def test_a_closure_touches_apprentices_by_sex_and_phase(amina: Actor, make: Make, cohort: Cohort) -> None:
    make.apprentice("Asha Juma", cohort, sex="F", starts_on=date(2026, 1, 5))
    make.apprentice("Juma Ali", cohort, sex="M", starts_on=date(2026, 1, 5))
    neema = make.apprentice("Neema Mushi", cohort, sex="F", starts_on=date(2026, 1, 5))
    _place(make, neema.id, date(2026, 2, 2))

    both = effects(amina, make.centre, _closing(make, FEB_9, FEB_13))
    assert dict(both.apprentices) == {("theory", "F"): 1, ("theory", "M"): 1, ("placement", "F"): 1}
    assert (both.count, both.of(sex="F"), both.placements, both.training_days, both.registers) == (3, 2, 1, 5, 5)

    centre_only = effects(amina, make.centre, _closing(make, FEB_9, FEB_13, sites="centres"))
    assert (centre_only.of(phase="placement"), centre_only.placements, centre_only.count) == (0, 0, 2)


def test_a_closed_hotel_touches_only_those_placed_there(amina: Actor, make: Make, cohort: Cohort) -> None:
    make.apprentice("Asha Juma", cohort, sex="F", starts_on=date(2026, 1, 5))
    neema = make.apprentice("Neema Mushi", cohort, sex="F", starts_on=date(2026, 1, 5))
    hotel = _place(make, neema.id, date(2026, 2, 2))
    found = effects(amina, make.centre, _closing(make, FEB_9, FEB_13, sites="workplaces", scope=Scope("employer", hotel)))
    assert (dict(found.apprentices), found.placements, found.registers, found.training_days) == ({("placement", "F"): 1}, 1, 0, 0)


def test_who_is_back_at_the_centre_because_the_hotel_closed_is_touched_when_the_centre_closes(
    amina: Actor, make: Make, cohort: Cohort
) -> None:
    """He stands in its register and is called afterwards; he was left out of the count."""
    neema = make.apprentice("Neema Mushi", cohort, sex="F", starts_on=date(2026, 1, 5))
    hotel = _place(make, neema.id, date(2026, 2, 2))
    calendar.close(amina, make.centre, "employer", hotel, "workplaces", "flood", date(2026, 2, 3))
    found = effects(amina, make.centre, _closing(make, FEB_9, FEB_13, sites="both"))
    assert (dict(found.apprentices), found.placements, found.registers) == ({("theory", "F"): 1}, 0, 5)


def test_days_that_are_closed_already_are_not_lost_again(amina: Actor, make: Make, cohort: Cohort) -> None:
    make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", FEB_13)
    found = effects(amina, make.centre, _closing(make, FEB_9, FEB_27))
    assert (found.training_days, found.registers) == (4, 4)


def test_a_closure_without_an_expected_end_is_counted_a_month_ahead(amina: Actor, make: Make) -> None:
    assert effects(amina, make.centre, _closing(make, TODAY)).last == TODAY + timedelta(days=30)
    assert effects(amina, make.centre, _closing(make, date(2026, 1, 5))).last == TODAY


def test_registers_that_hold_marks_are_told_apart(amina: Actor, make: Make, cohort: Cohort) -> None:
    asha = make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    attendance.mark(amina, make.centre, asha.id, FEB_9, status="present")
    assert effects(amina, make.centre, _closing(make, FEB_9, FEB_13)).marked == 1


def test_the_nation_adds_up_its_centres(make: Make) -> None:
    for partition in (make.centre, make.other):
        with write(OPERATOR) as session:
            session.add(Centre(partition=partition, name=partition[-4:], region="TZ-03"))
        cohort = make.cohort(partition=partition)
        make.apprentice("Asha Juma", cohort, partition=partition, sex="F", starts_on=date(2026, 1, 5))
    nation = ClosureFact("new", "nation", Scope("nation"), "both", "covid-19", (NoticeFact("n", "", "", FEB_9, FEB_13),))
    found = effects(OPERATOR, "nation", nation)
    assert (found.count, found.registers, found.training_days) == (2, 10, 5)


def test_an_outsider_is_told_nothing(chausiku: Actor, make: Make) -> None:
    with pytest.raises(NotFound):
        effects(chausiku, make.centre, _closing(make, FEB_9))
    with pytest.raises(NotFound):
        changes(chausiku, make.centre, facts_for(make.other))


# Before and after


def test_a_retroactive_closure_tells_before_and_after(amina: Actor, make: Make, cohort: Cohort) -> None:
    asha = make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    attendance.mark(amina, make.centre, asha.id, FEB_9, status="present")
    before = calendar_for(amina, make.centre).facts
    closure = calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", FEB_9)
    calendar.reopen(amina, make.centre, FEB_16, "cohort", cohort.id, "centres", closure.id)

    (change,) = changes(amina, make.centre, before).values()
    assert [on.day for on in change.no_longer_due] == [9, 10, 11, 12, 13]
    assert (change.due_again, change.no_longer_count, change.count_again) == ((), (FEB_9,), ())
    assert (len(change.before.lost), len(change.after.lost)) == (0, 5)
    assert len(change.before.due) - len(change.after.due) == 5
    # Two years from 5 January 2026 end on Tuesday, 4 January 2028: the next five working days, of which the 12th is Zanzibar's only.
    assert (change.before.end, change.after.end) == (date(2028, 1, 4), date(2028, 1, 11))


def test_what_is_withdrawn_is_due_again_and_its_marks_count_again(amina: Actor, make: Make, cohort: Cohort) -> None:
    asha = make.apprentice(cohort=cohort, starts_on=date(2026, 1, 5))
    attendance.mark(amina, make.centre, asha.id, FEB_9, status="present")
    closure = calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", FEB_27)
    notice = calendar.add_notice(amina, closure.id, FEB_9)
    before = calendar_for(amina, make.centre).facts
    calendar.withdraw_notice(amina, notice.id, "It was a rumour.")

    (change,) = changes(amina, make.centre, before).values()
    assert (change.due_again[0], len(change.due_again), change.count_again) == (FEB_9, 14, (FEB_9,))


def test_no_end_can_be_said_while_the_cohort_is_closed(amina: Actor, make: Make, cohort: Cohort) -> None:
    before = calendar_for(amina, make.centre).facts
    calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", FEB_27)
    (change,) = changes(amina, make.centre, before).values()
    assert change.after.end is None


def test_nobody_expected_means_no_register_is_spared(amina: Actor, make: Make, cohort: Cohort) -> None:
    neema = make.apprentice("Neema Mushi", cohort, starts_on=date(2026, 1, 5))
    _place(make, neema.id, date(2026, 1, 5))
    before = calendar_for(amina, make.centre).facts
    calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", FEB_9)
    (change,) = changes(amina, make.centre, before).values()
    assert change.no_longer_due == ()


def test_cohorts_that_are_not_concerned_are_left_out(amina: Actor, make: Make, cohort: Cohort) -> None:
    make.cohort("2026 B")
    before = calendar_for(amina, make.centre).facts
    calendar.close(amina, make.centre, "cohort", cohort.id, "centres", "flood", FEB_9)
    assert set(changes(amina, make.centre, before)) == {cohort.id}
