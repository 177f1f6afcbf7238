"""Who counts as back, whom to call next, the curve of return, and halted placements: cases worked out by hand."""

from datetime import date, timedelta

import pytest

from tracker.calendar.rules import ClosedInterval, Rate
from tracker.resumption import rules
from tracker.resumption.rules import Call, Episode, Halt, Point, State, StateKind, Stay, Totals

MARCH_18, JUNE_1, JUNE_22 = date(2020, 3, 18), date(2020, 6, 1), date(2020, 6, 22)
TODAY = date(2020, 6, 15)


def june(day: int) -> date:
    return date(2020, 6, day)


def shut(first: date, last: date | None, closure: str = "covid") -> ClosedInterval:
    return ClosedInterval(first, last, closure)


# ---- when it was over


def test_a_closure_lasts_from_its_notice_to_the_day_before_the_reopening() -> None:
    assert rules.episode_of("covid", [shut(MARCH_18, date(2020, 5, 31))]) == Episode(date(2020, 3, 17), JUNE_1)


def test_a_closure_that_never_shut_the_site_has_no_episode() -> None:
    assert rules.episode_of("covid", [shut(MARCH_18, None, "flood")]) is None


def test_nobody_can_have_come_back_while_another_closure_keeps_the_site_shut() -> None:
    own, flood = shut(MARCH_18, date(2020, 5, 31)), shut(date(2020, 5, 20), june(21), "flood")
    assert rules.episode_of("covid", [own, flood]) == Episode(date(2020, 3, 17), JUNE_22)
    assert rules.episode_of("covid", [own, shut(JUNE_1, None, "flood")]) == Episode(date(2020, 3, 17), None)


def test_a_closure_of_later_days_is_another_story() -> None:
    assert rules.episode_of("covid", [shut(MARCH_18, date(2020, 5, 31)), shut(june(2), None, "flood")]) == Episode(
        date(2020, 3, 17), JUNE_1
    )


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        ([], None),
        ([Stay(date.min, None, JUNE_1)], JUNE_1),
        ([Stay(date.min, None, None)], None),
        # Moved to another cohort while both were closed: expected where he is now.
        ([Stay(date.min, date(2020, 4, 30), JUNE_1), Stay(date(2020, 5, 1), None, JUNE_22)], JUNE_22),
        ([Stay(date.min, date(2020, 4, 30), None), Stay(date(2020, 5, 1), None, JUNE_22)], JUNE_22),
        # Moved into a cohort that had opened already: from his first day there.
        ([Stay(date.min, june(9), JUNE_22), Stay(june(10), None, JUNE_1)], june(10)),
        # Moved after the reopening: expected from the reopening.
        ([Stay(date.min, june(9), JUNE_1), Stay(june(10), None, JUNE_22)], JUNE_1),
        # Left while it was closed: expected all the same, for he was there on the day before.
        ([Stay(date.min, date(2020, 4, 30), JUNE_1)], JUNE_1),
    ],
)
def test_from_when_on_somebody_is_expected(stays: list[Stay], expected: date | None) -> None:
    assert rules.expected_from(stays) == expected


# ---- one person


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"reopened": None}, StateKind.STILL_CLOSED),
        ({"reopened": JUNE_22}, StateKind.STILL_CLOSED),
        ({"reopened": None, "left_on": date(2020, 4, 1)}, StateKind.STILL_CLOSED),
        ({}, StateKind.NOT_SEEN),
        ({"seen_on": JUNE_1}, StateKind.RETURNED),
        ({"seen_on": TODAY}, StateKind.RETURNED),
        # Came back and left later: the return stands.
        ({"seen_on": june(2), "left_on": june(10)}, StateKind.RETURNED),
        ({"left_on": date(2020, 4, 1)}, StateKind.LEFT),
        ({"left_on": TODAY}, StateKind.LEFT),
        ({"left_on": june(16)}, StateKind.NOT_SEEN),
        ({"calls": [Call(june(3), "promised", june(8))]}, StateKind.REACHED),
        ({"calls": [Call(june(3), "reached")]}, StateKind.REACHED),
        ({"calls": [Call(june(3), "not_reached")]}, StateKind.NOT_SEEN),
        ({"calls": [Call(june(3), "wrong_number")]}, StateKind.NOT_SEEN),
        # Reached once is reached, though nobody answered the next time.
        ({"calls": [Call(june(3), "reached"), Call(june(9), "not_reached")]}, StateKind.REACHED),
        # Before the reopening only a promise for a day after it is about this reopening.
        ({"calls": [Call(date(2020, 5, 25), "reached")]}, StateKind.NOT_SEEN),
        ({"calls": [Call(date(2020, 5, 25), "promised", june(2))]}, StateKind.REACHED),
        ({"calls": [Call(date(2020, 5, 25), "promised", date(2020, 5, 30))]}, StateKind.NOT_SEEN),
        ({"calls": [Call(june(3), "left")], "left_on": june(3)}, StateKind.LEFT),
    ],
)
def test_what_became_of_somebody(given: dict[str, object], kind: StateKind) -> None:
    assert rules.state_of(TODAY, **{"reopened": JUNE_1, **given}).kind == kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("calls", "call_on"),
    [
        ([], JUNE_1),
        ([Call(june(3), "not_reached")], june(4)),
        ([Call(june(9), "not_reached"), Call(june(3), "wrong_number")], june(10)),
        ([Call(june(3), "reached")], june(10)),
        ([Call(june(3), "promised")], june(10)),
        ([Call(june(3), "promised", june(17))], june(18)),
        # Nobody answered meanwhile: the promise still stands.
        ([Call(june(3), "promised", june(17)), Call(june(9), "not_reached")], june(18)),
        ([Call(june(3), "promised", june(5)), Call(june(9), "not_reached")], june(10)),
        ([Call(june(3), "left")], june(3)),
        ([Call(june(3), "left", june(20))], june(3)),
    ],
)
def test_when_it_is_time_to_call(calls: list[Call], call_on: date) -> None:
    assert rules.state_of(TODAY, JUNE_1, calls=calls).call_on == call_on


def test_nobody_calls_who_is_back_or_has_left() -> None:
    assert rules.state_of(TODAY, JUNE_1, seen_on=june(2)).call_on is None
    assert rules.state_of(TODAY, JUNE_1, left_on=june(2)).call_on is None
    assert rules.state_of(TODAY, JUNE_22).call_on is None


def test_who_says_that_he_has_left_waits_to_be_recorded() -> None:
    assert rules.state_of(TODAY, JUNE_1, calls=[Call(june(3), "left")]).said_left
    assert not rules.state_of(TODAY, JUNE_1, calls=[Call(june(3), "left"), Call(june(9), "promised", june(16))]).said_left
    assert not rules.state_of(TODAY, JUNE_1, calls=[Call(june(3), "left")], left_on=june(3)).said_left


# ---- many


def _states() -> list[State]:
    return [
        rules.state_of(TODAY, JUNE_1, seen_on=june(1)),
        rules.state_of(TODAY, JUNE_1, seen_on=june(8)),
        rules.state_of(TODAY, JUNE_1, left_on=june(2)),
        rules.state_of(TODAY, june(8), calls=[Call(june(9), "promised", june(20))]),
        rules.state_of(TODAY, june(8)),
        rules.state_of(TODAY, JUNE_22),
    ]


def test_the_totals_by_hand() -> None:
    totals = rules.tally(_states())
    assert totals == Totals(returned=2, left=1, reached=1, not_seen=1, still_closed=1)
    assert (totals.expected, totals.missing, totals.rate) == (5, 2, Rate(2, 5))
    assert totals + totals == Totals(4, 2, 2, 2, 2)


def test_of_nobody_expected_there_is_no_rate() -> None:
    assert rules.tally([]).rate.share is None


def test_the_curve_by_hand() -> None:
    untils = rules.weeks(_states(), TODAY)
    assert untils == [june(7), june(14), TODAY]
    # In the first week three are expected; on the eighth two more are, and the second one comes.
    assert rules.curve(_states(), untils) == [Point(june(7), 3, 1), Point(june(14), 5, 2), Point(TODAY, 5, 2)]


def test_the_curve_ends_when_everybody_is_back() -> None:
    states = [rules.state_of(TODAY, JUNE_1, seen_on=june(day)) for day in (1, 3)]
    assert rules.weeks(states, TODAY) == [june(7)]


def test_the_curve_of_a_long_wait_ends_after_half_a_year() -> None:
    later = TODAY + timedelta(days=900)
    assert len(rules.weeks([rules.state_of(later, JUNE_1)], later)) == 26


def test_no_curve_while_nobody_is_expected() -> None:
    assert rules.weeks([rules.state_of(TODAY, JUNE_22)], TODAY) == []


# ---- placements whose host closed


@pytest.mark.parametrize(
    ("ends_on", "intervals", "expected"),
    [
        (None, [], None),
        (None, [shut(MARCH_18, None)], Halt(MARCH_18, None)),
        (None, [shut(MARCH_18, june(9))], Halt(MARCH_18, june(10))),
        # Began at a host that was closed: halted from its own first day.
        (None, [shut(date(2020, 1, 1), june(9))], Halt(date(2020, 2, 3), june(10))),
        # Was over before the host closed, or began after it opened.
        (date(2020, 3, 17), [shut(MARCH_18, None)], None),
        (None, [shut(date(2020, 1, 1), date(2020, 2, 2))], None),
        # Ended while the host was closed: never opened again.
        (date(2020, 5, 31), [shut(MARCH_18, june(9))], Halt(MARCH_18, None)),
        (june(9), [shut(MARCH_18, june(9))], Halt(MARCH_18, None)),
        (june(10), [shut(MARCH_18, june(9))], Halt(MARCH_18, june(10))),
        # Two closures one after the other are one time; with open days between them the later one counts.
        (None, [shut(MARCH_18, june(9)), shut(june(10), None, "flood")], Halt(MARCH_18, None)),
        (None, [shut(MARCH_18, june(3)), shut(june(8), june(9), "flood")], Halt(june(8), june(10))),
        # What is yet to come has halted nothing.
        (None, [shut(june(16), None)], None),
    ],
)
def test_when_a_closed_host_halted_a_placement(ends_on: date | None, intervals: list[ClosedInterval], expected: Halt | None) -> None:
    assert rules.last_halt(date(2020, 2, 3), ends_on, intervals, TODAY) == expected


def test_a_sector_fits_an_occupation_by_its_division() -> None:
    assert rules.fits_sector("I55", ["5510", "5610"])
    assert not rules.fits_sector("F41", ["5510"])
    assert not rules.fits_sector(None, ["5510"])


@pytest.mark.parametrize(("capacity", "placed", "expected"), [(None, 3, None), (5, 3, 2), (3, 3, 0), (3, 4, 0)])
def test_how_many_more_an_employer_takes(capacity: int | None, placed: int, expected: int | None) -> None:
    assert rules.room(capacity, placed) == expected
