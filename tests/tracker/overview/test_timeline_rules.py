"""Where an apprentice was: hand-made cases of 2020. Closed from Wednesday 18 March; the centre reopened on 1 June, the hotel did not."""

from datetime import date

import pytest

from tracker.calendar.rules import ClosedInterval, Span
from tracker.overview.timeline_rules import at_centre, at_work, Interruption, interruptions, Kind, Piece, Post, said, Time

BEGIN, END = date(2019, 11, 4), date(2020, 10, 30)
MARCH_18, MAY_31, TODAY = date(2020, 3, 18), date(2020, 5, 31), date(2020, 7, 30)
CENTRE_SHUT = (ClosedInterval(MARCH_18, MAY_31, "nation"),)
HOTEL_SHUT = (ClosedInterval(date(2020, 3, 25), None, "hotel"),)


def time(last: date | None = END, closed: tuple[ClosedInterval, ...] = CENTRE_SHUT, original_end: date | None = END) -> Time:
    return Time("2019 A", BEGIN, last, closed, original_end)


def post(
    first: date = date(2020, 2, 3), last: date | None = date(2020, 8, 28), closed: tuple[ClosedInterval, ...] = HOTEL_SHUT, **more: object
) -> Post:
    return Post("ramada", first, last, closed, **more)  # type: ignore[arg-type]


def told(pieces: list[Piece]) -> list[tuple[str, str, str]]:
    return [(f"{each.first:%d-%m}", f"{each.last:%d-%m}", str(each.kind)) for each in pieces]


def test_theory_closure_theory_and_what_is_planned() -> None:
    assert told(at_centre([time()], [], TODAY, END)) == [
        ("04-11", "17-03", "theory"),
        ("18-03", "31-05", "closed"),
        ("01-06", "30-07", "theory"),
        ("31-07", "30-10", "planned"),
    ]


def test_whom_the_hotel_sends_back_is_at_home_while_the_centre_is_closed_and_then_at_the_centre() -> None:
    pieces = at_centre([time()], [post()], TODAY, END)
    assert told(pieces) == [
        ("04-11", "02-02", "theory"),
        # From 3 February at the hotel, which closed a week after the centre.
        ("25-03", "31-05", "closed"),
        ("01-06", "30-07", "theory"),
        # Until 28 August the placement is planned as it stands.
        ("29-08", "30-10", "planned"),
    ]
    assert [each.displaced for each in pieces] == [(), ("ramada",), ("ramada",), ()]
    assert told(at_work(post(), TODAY, END)) == [
        ("03-02", "24-03", "placement"),
        ("25-03", "30-07", "closed"),
        ("31-07", "28-08", "planned"),
    ]


def test_a_stand_in_placement_takes_him_from_the_centre_again() -> None:
    twiga = Post("twiga", date(2020, 7, 1), date(2020, 8, 28))
    assert told(at_centre([time()], [post(), twiga], TODAY, END))[2:] == [("01-06", "30-06", "theory"), ("29-08", "30-10", "planned")]


def test_a_pause_that_a_person_decided_is_no_closure() -> None:
    paused = post(closed=(), paused=(Span(date(2020, 2, 10), date(2020, 2, 14)),))
    assert told(at_work(paused, TODAY, END))[:3] == [
        ("03-02", "09-02", "placement"),
        ("10-02", "14-02", "suspended"),
        ("15-02", "30-07", "placement"),
    ]
    assert ("10-02", "14-02", "theory") in told(at_centre([time(closed=())], [paused], TODAY, END))


def test_days_after_the_original_end_are_the_extension() -> None:
    assert told(at_centre([time(date(2020, 12, 18))], [], TODAY, END + (END - BEGIN)))[-2:] == [
        ("31-07", "30-10", "planned"),
        ("31-10", "18-12", "extension"),
    ]


def test_a_day_in_two_cohorts_belongs_to_the_later_begun() -> None:
    moved = Time("2020 B", date(2020, 7, 1), END)
    assert [(each.of, each.first) for each in at_centre([time(None, ()), moved], [], TODAY, TODAY)] == [
        ("2019 A", BEGIN),
        ("2020 B", date(2020, 7, 1)),
    ]


def test_a_break_between_two_enrolments_is_a_gap() -> None:
    first, again = Time("2019 A", BEGIN, date(2019, 12, 31)), Time("2019 A", date(2020, 2, 3), END)
    assert told(at_centre([first, again], [], TODAY, TODAY)) == [("04-11", "31-12", "theory"), ("03-02", "30-07", "theory")]


def test_a_mistyped_year_draws_no_century() -> None:
    (piece,) = at_centre([Time("", date(1019, 1, 1), None)], [], TODAY, TODAY)
    assert piece.first.year == 2000


# What was broken off


def test_in_mid_theory() -> None:
    assert interruptions([time()], [], TODAY) == [Interruption(MARCH_18, ("nation",), None)]


def test_in_mid_placement_the_closure_of_the_centre_counts_from_the_day_that_sends_him_back() -> None:
    assert interruptions([time()], [post()], TODAY) == [Interruption(date(2020, 3, 25), ("hotel", "nation"), "ramada")]


def test_one_closure_of_both_broke_off_the_placement() -> None:
    both = (ClosedInterval(MARCH_18, None, "nation"),)
    assert [(each.on, each.post) for each in interruptions([time(closed=both)], [post(closed=both)], TODAY)] == [(MARCH_18, "ramada")]


def test_sent_back_and_closed_once_more_it_was_theory_that_stopped() -> None:
    again = (*CENTRE_SHUT, ClosedInterval(date(2020, 7, 6), None, "flood"))
    assert interruptions([time(closed=again)], [post()], TODAY)[-1].post is None


@pytest.mark.parametrize(
    ("times", "posts"),
    [
        ([Time("2020 B", date(2020, 4, 6), END, CENTRE_SHUT)], []),  # enrolled while it was closed
        ([time(closed=())], [post(date(2020, 4, 6))]),  # placed while the hotel was closed
        ([time(closed=(ClosedInterval(date(2020, 8, 3), None, "election"),))], []),  # not yet
        ([time(date(2020, 2, 28))], []),  # had left before
    ],
)
def test_what_had_not_begun_or_was_over_is_not_broken_off(times: list[Time], posts: list[Post]) -> None:
    assert interruptions(times, posts, TODAY) == []


# What marks say


def marks(text: str) -> dict[tuple[date, str], str]:
    """`2 absent, 3 present` in March 2020, a Sunday being the 1st."""
    found = {}
    for part in text.split(", "):
        day, status = part.split()
        found[date(2020, 3, int(day.rstrip("ap"))), {"a": "am", "p": "pm"}.get(day[-1], "day")] = status
    return found


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("2 absent, 3 absent, 4 present", ["2-3 absent"]),
        ("5 absent, 6 absent, 9 absent", ["5-9 absent"]),  # a weekend between
        ("2 absent, 3 present, 4 absent", ["2-2 absent", "4-4 absent"]),
        ("2 absent, 3 late, 4 absent", ["2-2 absent", "4-4 absent"]),
        ("2 absent, 3 excused", ["2-2 absent", "3-3 excused"]),
        ("2 absent, 9 absent", ["2-2 absent", "9-9 absent"]),  # nobody marked the week between
        ("2a absent, 2p present", ["2-2 absent"]),
        ("2a remote, 2p excused", ["2-2 excused"]),
        ("2 remote, 3 remote", ["2-3 remote"]),
        ("2 present, 3 present", []),
    ],
)
def test_marks_become_runs(text: str, runs: list[str]) -> None:
    assert [f"{each.first.day}-{each.last.day} {each.kind}" for each in said(marks(text))] == runs


def test_the_order_of_marks_does_not_matter() -> None:
    found = marks("2a present, 2p absent, 3 absent")
    assert said(dict(reversed(found.items()))) == said(found) == [Piece(date(2020, 3, 2), date(2020, 3, 3), Kind.ABSENT)]
