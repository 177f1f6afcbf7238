"""Half at a time: how many may come on one day, and which opening says so. By hand."""

from datetime import date

import pytest

from tests.make import Make
from tracker.calendar import actions, checks, queries
from tracker.calendar.queries import code_of_centre
from tracker.calendar.rules import ClosureFact, NoticeFact, ResumptionFact, Scope, share_on, Site
from tracker.policy import Actor

MAR_18, JUN_1, JUN_15, JUN_29, JUL_6 = date(2020, 3, 18), date(2020, 6, 1), date(2020, 6, 15), date(2020, 6, 29), date(2020, 7, 6)
COHORT = Site("centre", "one", None, "a", None, "TZ-02", "mainland")
OTHER = Site("centre", "one", None, "b", None, "TZ-02", "mainland")
NATION, CENTRE = Scope("nation"), Scope("centre", "one")


def _closure(id: str = "covid", since: date = MAR_18) -> ClosureFact:  # noqa: A002
    return ClosureFact(id, "nation", NATION, "centres", "covid-19", (NoticeFact(f"n-{id}", "", "", since),))


def _open(since: date, share: int | None, scope: Scope = CENTRE, closure: str = "covid", kind: str = "reopened") -> ResumptionFact:
    return ResumptionFact(f"{closure} {since} {share}", "centre/one", closure, scope, "centres", kind, since, share_percent=share)


@pytest.mark.parametrize(
    ("openings", "day", "share"),
    [
        ([], JUN_29, None),
        ([_open(JUN_1, None)], JUN_1, None),
        ([_open(JUN_1, 50)], date(2020, 5, 31), None),  # closed on that day: nobody asks
        ([_open(JUN_1, 50)], JUN_1, 50),
        ([_open(JUN_1, 50), _open(JUN_29, None)], date(2020, 6, 28), 50),
        ([_open(JUN_1, 50), _open(JUN_29, None)], JUN_29, None),
        ([_open(JUN_1, 33), _open(JUN_15, 50)], JUN_15, 50),
        ([_open(JUN_1, None), _open(JUN_1, 50)], JUN_1, 50),  # of two on one day the more careful one
        ([_open(JUN_1, 50, kind="permitted")], JUN_29, None),  # leave alone opens nothing
        ([_open(JUN_1, 50, Scope("cohort", "b"))], JUN_29, None),  # another cohort's
        ([_open(JUN_1, 50, Scope("cohort", "a")), _open(JUN_15, None)], JUN_15, None),
        ([_open(JUN_1, 50, closure="flood")], JUN_29, None),  # of a closure that is not known here
    ],
)
def test_the_latest_opening_says_how_many_may_come(openings: list[ResumptionFact], day: date, share: int | None) -> None:
    assert share_on(COHORT, day, [_closure()], openings) == share
    assert share_on(COHORT, day, [_closure()], openings[::-1]) == share


def test_a_withdrawn_opening_limits_nobody() -> None:
    gone = ResumptionFact("r", "centre/one", "covid", CENTRE, "centres", "reopened", JUN_1, withdrawn=True, share_percent=50)
    assert share_on(COHORT, JUN_29, [_closure()], [gone]) is None


def test_of_two_closures_the_smaller_share_counts() -> None:
    both = [_closure(), _closure("flood", JUN_15)]
    openings = [_open(JUN_1, 50), _open(JUN_29, 25, closure="flood")]
    assert [share_on(COHORT, day, both, openings) for day in (JUN_1, JUN_29)] == [50, 25]


def test_cohorts_open_each_on_its_own_day_half_at_a_time(amina: Actor, make: Make) -> None:
    first, second = make.cohort("A", date(2020, 1, 6)), make.cohort("B", date(2020, 1, 6))
    code = code_of_centre(make.centre)
    closure = actions.close(amina, make.centre, "centre", code, "both", "covid-19", MAR_18)
    days = {second.id: JUN_29, first.id: JUN_15}
    rows = actions.resume_by_cohort(amina, make.centre, days, "centres", conditions="Masks", share_percent=50)
    assert [(row.scope_code, row.since, row.closure_id) for row in rows] == [
        (first.id, JUN_15, closure.id),
        (second.id, JUN_29, closure.id),
    ]
    calendar = queries.calendar_for(amina, make.centre)
    for cohort, since in ((first, JUN_15), (second, JUN_29)):
        assert calendar.intervals(calendar.site_of(cohort))[0].last == date.fromordinal(since.toordinal() - 1)
        assert calendar.share_at(calendar.site_of(cohort), JUL_6) == 50


def test_one_cohort_that_may_not_open_opens_none(amina: Actor, make: Make) -> None:
    """B's day lies before the closure: neither is opened."""
    first, second = make.cohort("A", date(2020, 1, 6)), make.cohort("B", date(2020, 1, 6))
    closure = actions.close(amina, make.centre, "centre", code_of_centre(make.centre), "centres", "covid-19", MAR_18)
    with pytest.raises(checks.ReopensBeforeClosing):
        actions.resume_by_cohort(amina, make.centre, {first.id: JUN_15, second.id: date(2020, 3, 2)}, "centres", closure.id)
    assert queries.story_for(amina, closure.id).resumptions == ()


def test_a_reopening_by_cohorts_names_one(amina: Actor, make: Make) -> None:
    with pytest.raises(checks.NobodyReopens):
        actions.resume_by_cohort(amina, make.centre, {}, "centres")


@pytest.mark.parametrize("share", [0, 100, -5])
def test_a_share_is_a_part(amina: Actor, make: Make, share: int) -> None:
    code = code_of_centre(make.centre)
    actions.close(amina, make.centre, "centre", code, "centres", "covid-19", MAR_18)
    with pytest.raises(checks.UnknownShare):
        actions.reopen(amina, make.centre, JUN_1, "centre", code, "centres", share_percent=share)


def test_what_is_proposed_is_not_recorded(amina: Actor, make: Make) -> None:
    fact = actions.proposed(amina, make.centre, "centre", code_of_centre(make.centre), "centres", MAR_18)
    assert (fact.sites, fact.notices[0].since) == ("centres", MAR_18)
    assert queries.closures(amina, make.centre) == []
    with pytest.raises(checks.ScopeOutside):
        actions.proposed(amina, make.centre, "nation", None, "both", MAR_18)


def test_share_of_the_other_cohort_is_its_own() -> None:
    assert share_on(OTHER, JUN_29, [_closure()], [_open(JUN_1, 50, Scope("cohort", "a")), _open(JUN_1, None, Scope("cohort", "b"))]) is None
