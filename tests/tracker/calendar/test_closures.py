"""Closing, contradicting, permitting and reopening, as people do it."""

from datetime import date

import pytest

from tests.make import Make
from tracker.calendar import actions, checks, queries
from tracker.calendar.models import Closure, Resumption
from tracker.calendar.queries import calendar_for, code_of_centre
from tracker.db import write
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, NotFound
from tracker.people.models import Cohort
from tracker.places.models import Campus, Centre
from tracker.policy import Actor, OPERATOR

MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)


@pytest.fixture
def cohort(make: Make) -> Cohort:
    """A cohort of a centre in Dodoma."""
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Bustani", region="TZ-03"))
        row = Cohort(partition=make.centre, name="2026 A", starts_on=MONDAY)
        session.add(row)
    return row


@pytest.fixture
def hotel(make: Make) -> Employer:
    """A hotel in Arusha, another region than its centre's."""
    with write(OPERATOR) as session:
        row = Employer(partition=make.centre, name="Hoteli ya Meru", district="Monduli")
        session.add(row)
    return row


def _close(amina: Actor, make: Make, since: date = MONDAY, sites: str = "centres") -> Closure:
    return actions.close(amina, make.centre, "centre", code_of_centre(make.centre), sites, "flood", since, source="The principal")


def _national(since: date = MONDAY, sites: str = "both") -> Closure:
    return actions.close(OPERATOR, "nation", "nation", None, sites, "covid-19", since, authority="Prime Minister")


def _kind(actor: Actor, make: Make, cohort: Cohort, on: date) -> str:
    return calendar_for(actor, make.centre).day(cohort, on).kind


def test_a_closure_closes_from_its_first_day(amina: Actor, make: Make, cohort: Cohort) -> None:
    _close(amina, make, TUESDAY)
    assert [_kind(amina, make, cohort, on) for on in (MONDAY, TUESDAY, FRIDAY)] == ["training", "closed", "closed"]


def test_a_closure_of_workplaces_leaves_the_centre_open(amina: Actor, make: Make, cohort: Cohort, hotel: Employer) -> None:
    closure = _close(amina, make, sites="workplaces")
    calendar = calendar_for(amina, make.centre)
    assert calendar.day(cohort, MONDAY).kind == "training"
    assert [fact.id for fact in calendar.workplace_closed(hotel, MONDAY)] == [closure.id]


def test_a_hotel_in_another_region_does_not_close_with_the_centres_region(
    amina: Actor, make: Make, cohort: Cohort, hotel: Employer
) -> None:
    actions.close(OPERATOR, "region/TZ-03", "region", "TZ-03", "both", "flood", MONDAY)
    calendar = calendar_for(amina, make.centre)
    assert calendar.closures_of(cohort, MONDAY)
    assert calendar.workplace_closed(hotel, MONDAY) == []


def test_reopening_answers_every_closure_in_force(amina: Actor, make: Make, cohort: Cohort) -> None:
    closures = {_national().id, _close(amina, make).id}
    rows = actions.reopen(amina, make.centre, FRIDAY, "centre", code_of_centre(make.centre), "centres")
    assert {row.closure_id for row in rows} == closures
    assert [_kind(amina, make, cohort, on) for on in (TUESDAY, FRIDAY)] == ["closed", "training"]


def test_a_permission_opens_nothing(amina: Actor, make: Make, cohort: Cohort) -> None:
    _close(amina, make)
    actions.permit(amina, make.centre, TUESDAY, "centre", code_of_centre(make.centre), "centres")
    assert _kind(amina, make, cohort, FRIDAY) == "closed"


def test_one_campus_reopens_and_the_other_stays_closed(amina: Actor, make: Make) -> None:
    with write(OPERATOR) as session:
        campuses = [Campus(partition=make.centre, name=name, region="TZ-03") for name in ("Bustani", "Kilimani")]
        session.add_all(campuses)
        cohorts = [Cohort(partition=make.centre, name=campus.name, campus_id=campus.id) for campus in campuses]
        session.add_all(cohorts)
    _national()
    actions.reopen(amina, make.centre, TUESDAY, "campus", campuses[0].id, "centres")
    assert [_kind(amina, make, cohort, FRIDAY) for cohort in cohorts] == ["training", "closed"]


def test_a_region_reopens_what_the_nation_closed(amina: Actor, make: Make, cohort: Cohort) -> None:
    _national()
    actions.reopen(OPERATOR, "region/TZ-03", FRIDAY, "region", "TZ-03", "both")
    assert _kind(amina, make, cohort, FRIDAY) == "training"


def test_nothing_is_reopened_where_nothing_is_closed(amina: Actor, make: Make, cohort: Cohort) -> None:
    with pytest.raises(checks.NothingClosed):
        actions.reopen(amina, make.centre, FRIDAY, "cohort", cohort.id, "centres")


def test_an_opening_before_the_closing_is_refused(amina: Actor, make: Make) -> None:
    closure = _close(amina, make, FRIDAY)
    with pytest.raises(checks.ReopensBeforeClosing):
        actions.reopen(amina, make.centre, MONDAY, "centre", code_of_centre(make.centre), "centres", closure.id)


def test_a_second_press_on_the_button_records_nothing_twice(amina: Actor, make: Make, cohort: Cohort) -> None:
    """Of two alike one would go on closing after the other is withdrawn."""
    code = code_of_centre(make.centre)
    closures = {_close(amina, make).id for _press in range(2)}
    (closure,) = closures
    assert _close(amina, make, TUESDAY).id not in closures
    noted = [actions.add_notice(amina, closure, TUESDAY, source="The radio").id for _press in range(2)]
    extended = [actions.extend(amina, closure, FRIDAY, authority="The council").id for _press in range(2)]
    opened = [[row.id for row in actions.reopen(amina, make.centre, FRIDAY, "centre", code, "centres")] for _press in range(2)]
    later = [actions.reopen(amina, make.centre, date(2026, 3, 9), "centre", code, "centres", closure)[0].id for _press in range(2)]
    breaks = [actions.add_break(amina, make.centre, FRIDAY, FRIDAY, cohort_id=cohort.id).id for _press in range(2)]
    assert [len(set(map(str, ids))) for ids in (noted, extended, opened, later, breaks)] == [1] * 5
    actions.withdraw_closure(amina, closure, "Wrong centre")
    assert _close(amina, make).id != closure


def test_a_withdrawn_opening_leaves_it_closed(amina: Actor, make: Make, cohort: Cohort) -> None:
    _close(amina, make)
    (row,) = actions.reopen(amina, make.centre, FRIDAY, "centre", code_of_centre(make.centre), "centres")
    actions.withdraw_resumption(amina, row.id, "The water came back.")
    assert _kind(amina, make, cohort, FRIDAY) == "closed"


def test_the_earliest_notice_counts_until_somebody_chooses(amina: Actor, make: Make, cohort: Cohort) -> None:
    closure = _close(amina, make, TUESDAY)
    other = actions.add_notice(amina, closure.id, MONDAY, source="The council")
    assert _kind(amina, make, cohort, MONDAY) == "closed"
    first = next(each for each in queries.story_for(amina, closure.id).notices if each.id != other.id)
    actions.choose_notice(amina, first.id)
    assert _kind(amina, make, cohort, MONDAY) == "training"


def test_a_withdrawn_notice_cannot_be_chosen(amina: Actor, make: Make) -> None:
    closure = _close(amina, make)
    other = actions.add_notice(amina, closure.id, TUESDAY)
    actions.withdraw_notice(amina, other.id, "It was a rumour.")
    with pytest.raises(checks.WithdrawnNotice):
        actions.choose_notice(amina, other.id)


def test_an_extension_counts_and_the_old_notice_stays(amina: Actor, make: Make) -> None:
    closure = _close(amina, make)
    actions.extend(amina, closure.id, FRIDAY, authority="The council")
    story = queries.story_for(amina, closure.id)
    assert (len(story.notices), story.counting and story.counting.expected_until) == (2, FRIDAY)


def test_a_withdrawn_closure_closes_nothing_and_can_come_back(amina: Actor, make: Make, cohort: Cohort) -> None:
    closure = _close(amina, make)
    actions.withdraw_closure(amina, closure.id, "Entered twice.")
    assert _kind(amina, make, cohort, MONDAY) == "training"
    actions.restore_closure(amina, closure.id)
    assert _kind(amina, make, cohort, MONDAY) == "closed"


def test_withdrawing_asks_why(amina: Actor, make: Make) -> None:
    closure = _close(amina, make)
    with pytest.raises(checks.NoReason):
        actions.withdraw_closure(amina, closure.id, "  ")


@pytest.mark.parametrize(("kind", "code"), [("nation", None), ("region", "TZ-03"), ("centre", "anothers"), ("campus", "unknown")])
def test_a_centre_closes_nothing_outside_itself(amina: Actor, make: Make, kind: str, code: str | None) -> None:
    with pytest.raises(checks.ScopeOutside):
        actions.close(amina, make.centre, kind, code, "both", "flood", MONDAY)


def test_an_employer_has_no_training_centres(amina: Actor, make: Make, hotel: Employer) -> None:
    with pytest.raises(checks.UnknownSites):
        actions.close(amina, make.centre, "employer", hotel.id, "centres", "flood", MONDAY)


@pytest.mark.parametrize("sites", ["workplaces", "both"])
def test_a_campus_and_a_cohort_have_no_workplaces_of_their_own(amina: Actor, make: Make, cohort: Cohort, sites: str) -> None:
    """A host employer belongs to the centre: such a closure would suspend no placement, and nobody would notice."""
    with write(OPERATOR) as session:
        campus = Campus(partition=make.centre, name="Temeke")
        session.add(campus)
    for kind, code in (("cohort", cohort.id), ("campus", campus.id)):
        with pytest.raises(checks.NoOwnWorkplaces):
            actions.close(amina, make.centre, kind, code, sites, "flood", MONDAY)
    _close(amina, make, sites="both")
    with pytest.raises(checks.NoOwnWorkplaces):
        actions.resume_by_cohort(amina, make.centre, {cohort.id: FRIDAY}, sites)


def test_what_would_open_nothing_is_refused(amina: Actor, make: Make, cohort: Cohort, hotel: Employer) -> None:
    """The hotels are closed, and somebody opens the centre "after" that closure: the hotels would stay closed without a word."""
    hotels, code = _national(sites="workplaces"), code_of_centre(make.centre)
    for act in (actions.reopen, actions.permit):
        with pytest.raises(checks.OpensNothing):
            act(amina, make.centre, FRIDAY, "centre", code, "centres", hotels.id)
    ours = actions.close(amina, make.centre, "employer", hotel.id, "workplaces", "flood", MONDAY)
    with pytest.raises(checks.OpensNothing):
        actions.reopen(amina, make.centre, FRIDAY, "cohort", cohort.id, "centres", ours.id)
    assert queries.story_for(amina, hotels.id, make.centre).resumptions == ()
    assert len(actions.reopen(amina, make.centre, FRIDAY, "employer", hotel.id, "workplaces", hotels.id)) == 1


def test_a_wrong_year_is_asked_about(amina: Actor, make: Make) -> None:
    with pytest.raises(checks.FarDate):
        _close(amina, make, date(2206, 3, 2))


def test_an_end_before_the_beginning_is_refused(amina: Actor, make: Make) -> None:
    with pytest.raises(checks.EndsBeforeItBegins):
        actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "both", "flood", FRIDAY, MONDAY)


def test_an_instructor_closes_nothing(baraka: Actor, make: Make) -> None:
    with pytest.raises(NotAllowed):
        _close(baraka, make)


def test_an_outsider_sees_no_closure_of_the_centre(amina: Actor, chausiku: Actor, make: Make) -> None:
    closure = _close(amina, make)
    with pytest.raises(NotFound):
        queries.closure_for(chausiku, closure.id)
    assert closure.id not in {story.row.id for story in queries.closures(chausiku)}


def test_a_registrar_does_not_withdraw_the_nations_closure(amina: Actor) -> None:
    closure = _national()
    with pytest.raises(NotAllowed):
        actions.withdraw_closure(amina, closure.id, "We know better.")


@pytest.mark.usefixtures("cohort")
def test_the_list_holds_what_reaches_the_centre(amina: Actor, make: Make) -> None:
    far = actions.close(OPERATOR, "region/TZ-01", "region", "TZ-01", "both", "flood", MONDAY)
    near = {_national().id, _close(amina, make).id}
    shown = {story.row.id for story in queries.closures(amina, make.centre)}
    assert near <= shown
    assert far.id not in shown


def test_lost_days_are_training_days_that_were_not_taught(amina: Actor, make: Make, cohort: Cohort) -> None:
    _close(amina, make)
    actions.teach_anyway(amina, cohort.id, TUESDAY, "Examination week.")
    lost = calendar_for(amina, make.centre).lost_days(cohort, MONDAY, date(2026, 3, 8))
    assert [on.day for on in lost] == [2, 4, 5, 6]


def test_resumptions_of_another_centre_open_nothing_here(amina: Actor, chausiku: Actor, make: Make, cohort: Cohort) -> None:
    _national()
    actions.reopen(chausiku, make.other, TUESDAY, "centre", code_of_centre(make.other), "both")
    assert _kind(amina, make, cohort, FRIDAY) == "closed"


def test_a_reopening_stands_in_the_centres_own_partition(amina: Actor, make: Make, cohort: Cohort) -> None:
    _national()
    rows: list[Resumption] = actions.reopen(amina, make.centre, TUESDAY, "cohort", cohort.id, "centres")
    assert {row.partition for row in rows} == {make.centre}
