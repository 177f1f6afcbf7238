"""Leave to open, and the curve of return: hand-made cases of 2020."""

from datetime import date

import pytest

from tracker.calendar.rules import ResumptionFact, Scope, Site
from tracker.overview.closure_rules import Back, by_sex, permitted_since, Point, points, weeks

MARCH_18, JUNE_1, JUNE_22 = date(2020, 3, 18), date(2020, 6, 1), date(2020, 6, 22)
SUZA = Site("centre", "suza", None, None, None, "TZ-15", "zanzibar")


def leave(on: date = JUNE_1, kind: str = "permitted", partition: str = "nation", **more: object) -> ResumptionFact:
    values = {"closure": "c", "scope": Scope("nation"), "sites": "both", **more}
    return ResumptionFact("r", partition, kind=kind, since=on, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        ([], None),
        ([leave()], JUNE_1),
        ([leave(), leave(date(2020, 5, 25))], date(2020, 5, 25)),  # the first word counts
        ([leave(kind="reopened")], None),  # an opening is no leave
        ([leave(withdrawn=True)], None),
        ([leave(closure="another")], None),
        ([leave(sites="workplaces")], None),
        ([leave(scope=Scope("region", "TZ-02"))], None),
        ([leave(partition="region/TZ-02")], None),  # another region's word
        ([leave(partition="region/TZ-15", scope=Scope("region", "TZ-15"))], JUNE_1),
        ([leave(date(2020, 3, 2))], None),  # before the closure: another story
        ([leave(date(2020, 7, 1))], None),  # not yet
    ],
)
def test_leave_to_open(facts: list[ResumptionFact], since: date | None) -> None:
    assert permitted_since(SUZA, "c", MARCH_18, facts, JUNE_22) == since


def test_weeks_run_from_the_first_reopening_to_today() -> None:
    found = [Back("F", JUNE_22, None, 1), Back("M", JUNE_1, None, 1)]
    assert weeks(found, date(2020, 6, 17)) == [date(2020, 6, 7), date(2020, 6, 14), date(2020, 6, 17)]
    assert weeks(found, date(2020, 6, 7)) == [date(2020, 6, 7)]
    assert weeks(found, JUNE_1) == [JUNE_1]
    assert weeks(found, date(2020, 5, 31)) == []
    assert weeks([], JUNE_1) == []
    assert len(weeks(found, date(2024, 1, 1))) == 26


def test_the_curve_of_two_reopenings_expects_each_from_its_own_day() -> None:
    # NCT: 10 women and 5 men expected from 1 June; SUZA: 4 women from 22 June.
    found = [
        Back("F", JUNE_1, JUNE_1, 6),
        Back("F", JUNE_1, date(2020, 6, 9), 3),
        Back("F", JUNE_1, None, 1),
        Back("M", JUNE_1, date(2020, 6, 7), 5),
        Back("F", JUNE_22, JUNE_22, 2),
        Back("F", JUNE_22, None, 2),
    ]
    untils = weeks(found, date(2020, 6, 28))
    assert points(found, untils) == [
        Point(date(2020, 6, 7), 15, 11),
        Point(date(2020, 6, 14), 15, 14),
        Point(date(2020, 6, 21), 15, 14),
        Point(date(2020, 6, 28), 19, 16),
    ]
    apart = {code: points(backs, untils) for code, backs in by_sex(found).items()}
    assert [point.share for point in apart["M"]] == [1, 1, 1, 1]
    assert apart["F"][-1] == Point(date(2020, 6, 28), 14, 11)


def test_before_anybody_is_expected_there_is_no_data() -> None:
    assert points([Back("F", JUNE_22, None, 3)], [JUNE_1])[0].share is None
