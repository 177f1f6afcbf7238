"""The arithmetic of attendance: what counts, what does not, and what a mark becomes."""

from datetime import date

import pytest

from tracker.attendance import rules
from tracker.attendance.rules import Act, MarkValue
from tracker.calendar.rules import Rate


def test_an_excuse_stands_apart_from_the_rate() -> None:
    """Moodle's P-A-P-J-P-A: three of five, not of six (domain.md 4.1, 1)."""
    assert rules.attendance_rate(["present", "absent", "present", "excused", "present", "absent"]) == Rate(3, 5)


def test_late_and_remote_attended() -> None:
    assert rules.attendance_rate(["late", "remote", "absent"]) == Rate(2, 3)


def test_nobody_marked_is_no_data_and_not_nought() -> None:
    assert rules.attendance_rate([None, None]).share is None
    assert rules.attendance_rate(["excused"]).share is None


def test_unmarked_is_not_absent() -> None:
    assert rules.attendance_rate(["present", None]) == Rate(1, 1)
    assert rules.tally(["present", None, "status-of-2031"]).unmarked == 2


def test_the_same_status_keeps_its_reason() -> None:
    old = MarkValue("excused", "centre", "sick", 30)
    assert rules.corrected(old, MarkValue("excused")) == old


def test_another_status_forgets_the_reason() -> None:
    assert rules.corrected(MarkValue("excused", "workplace", "sick", 30), MarkValue("present")) == MarkValue("present", "centre")


def test_an_empty_reason_clears() -> None:
    assert rules.corrected(MarkValue("excused", "centre", "sick"), MarkValue("excused", reason=" ")).reason is None


def test_who_learns_remotely_is_at_no_centre() -> None:
    assert rules.corrected(rules.UNMARKED, MarkValue("remote", "centre")).place == "remote"


def test_a_mark_taken_back_keeps_nothing() -> None:
    assert rules.corrected(MarkValue("late", "centre", "transport", 200), MarkValue(None)) == rules.UNMARKED


def test_only_leave_can_be_entered_beforehand() -> None:
    today = date(2026, 3, 2)
    rules.check_day("excused", date(2026, 3, 3), today)
    with pytest.raises(rules.NotYet):
        rules.check_day("present", date(2026, 3, 3), today)


@pytest.mark.parametrize("minutes", [-1, 1441])
def test_a_day_has_no_more_minutes(minutes: int) -> None:
    with pytest.raises(rules.TooManyMinutes):
        rules.check_mark(MarkValue("present", minutes=minutes), "day")


def test_an_act_knows_its_own_changes() -> None:
    act = Act.of(["00000000000000aa-12", None, "00000000000000aa-9"])
    assert act is not None
    assert str(act) == "00000000000000aa-9-12"
    assert Act.read(str(act)) == act
    assert [act.made(dot) for dot in ("00000000000000aa-10", "00000000000000aa-13", "00000000000000bb-10", None)] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("token", ["", None, "x", "aa-1", "aa-one-two", f"aa-{'9' * 5000}-1"])
def test_nonsense_is_no_act(token: str | None) -> None:
    assert Act.read(token) is None
