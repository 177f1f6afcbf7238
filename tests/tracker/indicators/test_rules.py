"""Figures from facts, without a database."""

from datetime import date

import pytest

from tracker.calendar.rules import ClosedInterval
from tracker.indicators.rules import (
    attendance,
    attendance_at_work,
    CohortDays,
    CohortKey,
    employers_engaged,
    Enrolled,
    enrolled,
    Episode,
    excused,
    Facts,
    Figure,
    Group,
    last_episode,
    Marked,
    new_starts,
    person_days_lost,
    Placed,
    placed,
    register_completeness,
    Split,
    suspended,
    women,
)

MONDAY, TUESDAY, WEDNESDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 8)
WOMAN, MAN = Group("centre/a", "F", "bakery"), Group("centre/a", "M", "laundry")
COHORT = CohortKey("centre/a", "k1")


def facts(**known: object) -> Facts:
    return Facts(on=TUESDAY, first=MONDAY, last=SUNDAY, **known)  # type: ignore[arg-type]


def test_nothing_is_no_data_and_not_nought() -> None:
    assert Figure(0, 0).value is None
    assert Figure(0, 4).value == 0
    assert Figure(7).value == 7


def test_attendance_counts_late_and_remote_and_leaves_excused_apart() -> None:
    given = ((WOMAN, "present", 3), (WOMAN, "late", 1), (WOMAN, "remote", 1), (WOMAN, "excused", 5), (MAN, "absent", 1), (MAN, "asleep", 9))
    known = facts(marks=[*(Marked(*each[:2], False, each[2]) for each in given), Marked(MAN, "present", True, 7)])
    assert attendance(known, Split.ALL) == {"": Figure(5, 6)}
    assert attendance(known, Split.SEX) == {"F": Figure(5, 5), "M": Figure(0, 1)}
    assert excused(known, Split.ALL) == {"": Figure(5)}
    assert attendance_at_work(known, Split.ALL) == {"": Figure(7, 7)}


def test_enrolled_and_new_starts_go_by_the_span() -> None:
    known = facts(
        enrolments=[
            Enrolled(WOMAN, "k1", date(2026, 1, 5), None, 2),
            Enrolled(MAN, "k1", TUESDAY, None, 1),
            Enrolled(MAN, "k1", WEDNESDAY, None, 1),
            Enrolled(MAN, "k1", date(2026, 1, 5), MONDAY, 1),
        ]
    )
    assert enrolled(known, Split.SEX) == {"F": Figure(2), "M": Figure(1)}
    assert new_starts(known, Split.ALL) == {"": Figure(2)}
    assert women(known, Split.ALL) == {"": Figure(2, 3)}


def test_a_suspended_placement_stands_beside_the_active_ones() -> None:
    known = facts(placements=[Placed(WOMAN, "e1", False, 2), Placed(MAN, "e1", False, 1), Placed(MAN, "e2", True, 1)])
    assert (placed(known, Split.ALL), suspended(known, Split.ALL)) == ({"": Figure(3)}, {"": Figure(1)})
    assert employers_engaged(known, Split.ALL) == {"": Figure(1)}
    assert employers_engaged(known, Split.SEX) == {"F": Figure(1), "M": Figure(1)}


def test_a_register_is_due_while_somebody_is_enrolled_and_the_cohort_runs() -> None:
    week = frozenset(date(2026, 3, day) for day in (2, 3, 4, 5, 6))
    known = facts(
        enrolments=[Enrolled(WOMAN, "k1", TUESDAY, None, 1)],
        days={COHORT: CohortDays(week)},
        ends={COHORT: date(2026, 3, 5)},
        taken={COHORT: frozenset({MONDAY, TUESDAY, SUNDAY})},
    )
    assert register_completeness(known, Split.ALL) == {"": Figure(1, 3)}  # of Tuesday, Wednesday and Thursday


def test_person_days_respect_when_each_one_came_and_left() -> None:
    lost = [MONDAY, TUESDAY, WEDNESDAY]
    known = facts(
        days={COHORT: CohortDays(frozenset(), lost)},
        enrolments=[
            Enrolled(WOMAN, "k1", date(2026, 1, 5), None, 10),  # 30
            Enrolled(MAN, "k1", TUESDAY, None, 1),  # 2
            Enrolled(MAN, "k1", date(2026, 1, 5), MONDAY, 1),  # 1
        ],
    )
    assert person_days_lost(known, Split.ALL) == {"": Figure(33)}
    assert person_days_lost(known, Split.SEX) == {"F": Figure(30), "M": Figure(3)}


def _closed(first: int, last: int | None) -> ClosedInterval:
    return ClosedInterval(date(2026, 3, first), date(2026, 3, last) if last else None, f"c{first}")


@pytest.mark.parametrize(
    ("intervals", "found"),
    [
        ([], None),
        ([_closed(3, None)], None),
        ([_closed(3, 5)], (2, 6)),
        ([_closed(3, 5), _closed(4, 9)], (2, 10)),  # overlapping closures are one
        ([_closed(3, 5), _closed(6, 9)], (2, 10)),  # and so are touching ones
        ([_closed(3, 9), _closed(4, 5)], (2, 10)),
        ([_closed(3, 5), _closed(9, None)], (2, 6)),  # closed again: the earlier reopening is the last there was
        ([_closed(3, 5), _closed(4, None)], None),
        ([_closed(3, 5), _closed(12, 13)], (11, 14)),
        ([_closed(3, 5), _closed(12, 27)], (2, 6)),  # not over yet
    ],
)
def test_the_last_reopening_is_found(intervals: list[ClosedInterval], found: tuple[int, int] | None) -> None:
    expected = Episode(date(2026, 3, found[0]), date(2026, 3, found[1])) if found else None
    assert last_episode(intervals, date(2026, 3, 20)) == expected
