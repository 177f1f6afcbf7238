"""The arithmetic of debts by hand, and the laws that hold for any: what is made up, by which day, and never below nought."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.calendar.rules import Span
from tracker.catchup import checks, rules
from tracker.catchup.rules import Course, Days, Kind, Line, Owed, Part, Post, Way

DAY = 420  # seven hours, as long as nobody says how long a training day is
MONDAY = date(2026, 3, 2)
EVER = [Span(date.min, None)]


def week(monday: date = MONDAY, minutes: int = DAY, days: int = 5) -> dict[date, int]:
    """Monday to Friday."""
    return {monday + timedelta(days=n): minutes for n in range(days)}


def weeks(count: int, monday: date = MONDAY) -> dict[date, int]:
    return {on: minutes for n in range(count) for on, minutes in week(monday + timedelta(weeks=n)).items()}


def saturdays(count: int, monday: date = MONDAY) -> dict[date, int]:
    return {monday + timedelta(days=7 * n + 5): DAY for n in range(count)}


# ---- at the centre


def test_a_week_in_theory_is_owed_at_the_centre() -> None:
    """5 days x 420 minutes = 2100."""
    owed = rules.at_centre(Course(lost=week()), EVER, {}, {}, 0)
    assert (owed.minutes, owed.lost, owed.lines) == (2100, Line(2100, tuple(week())), {})


def test_a_day_on_which_a_placement_expected_the_apprentice_is_not_owed_at_the_centre() -> None:
    """Placed on Thursday and Friday, open or closed: three days remain."""
    posts = {date(2026, 3, 5): [Post("p", 480, is_open=True)], date(2026, 3, 6): [Post("p", 480, is_open=False)]}
    assert rules.at_centre(Course(lost=week()), EVER, posts, {}, 0).minutes == 1260


def test_only_the_days_of_the_own_enrolment_are_owed() -> None:
    """Joined on Wednesday, left on Thursday: two days."""
    assert rules.at_centre(Course(lost=week()), [Span(date(2026, 3, 4), date(2026, 3, 5))], {}, {}, 0).minutes == 840


def test_days_taught_anyway_marks_of_remote_learning_and_packs_pay_in_this_order() -> None:
    """2100 lost; Monday taught 420; Monday's mark pays nothing more; Tuesday 120 of 420; Wednesday all; a pack 300: 1240 made up."""
    remote = {MONDAY: None, date(2026, 3, 3): 120, date(2026, 3, 4): None}
    owed = rules.at_centre(Course(lost=week(), taught={MONDAY}), EVER, {}, remote, 300)
    assert {part: line.minutes for part, line in owed.lines.items()} == {Part.TAUGHT: 420, Part.REMOTE: 540, Part.PACKS: 300}
    assert (owed.made_up, owed.minutes, owed.delivered) == (1260, 840, 1260)


def test_a_mark_entered_by_mistake_pays_nothing() -> None:
    owed = rules.at_centre(Course(lost=week(), void={MONDAY}), EVER, {}, {MONDAY: None}, 0)
    assert owed.minutes == 2100


def test_a_mark_of_more_minutes_than_the_day_has_pays_the_day() -> None:
    assert rules.at_centre(Course(lost=week()), EVER, {}, {MONDAY: 600}, 0).minutes == 1680


def test_longer_days_pay_on_days_whose_register_was_taken() -> None:
    """Two hours more on five days, three registers taken: 360 of 2100."""
    after = week(date(2026, 3, 9), 120)
    course = Course(lost=week(), held=list(after)[:3], extra={Kind.LONGER_DAYS: after})
    assert rules.at_centre(course, EVER, {}, {}, 0).lines == {Part.LONGER_DAYS: Line(360, tuple(after)[:3])}


def test_a_longer_day_pays_nobody_who_was_at_the_workplace() -> None:
    after = week(date(2026, 3, 9), 120)
    course = Course(lost=week(), held=after, extra={Kind.LONGER_DAYS: after})
    posts = {date(2026, 3, 9): [Post("p", 480, is_open=True)], date(2026, 3, 10): [Post("p", 480, is_open=False)]}
    # Sent back from a closed host on Tuesday, he is taught with the others.
    assert rules.at_centre(course, EVER, posts, {}, 0).lines[Part.LONGER_DAYS].minutes == 4 * 120


def test_saturdays_breaks_and_days_after_the_original_end_pay_whole() -> None:
    """A Saturday of 240, a day of the break of 420, and Monday after the end of 420."""
    saturday, of_break, late = date(2026, 3, 14), date(2026, 4, 1), date(2026, 7, 6)
    course = Course(
        lost=week(),
        held={saturday, of_break, late},
        extra={Kind.SATURDAYS: {saturday: 240}, Kind.NO_BREAK: {of_break: 420}},
        after={late: 420},
    )
    owed = rules.at_centre(course, EVER, {}, {}, 0)
    assert {part: line.minutes for part, line in owed.lines.items()} == {Part.SATURDAYS: 240, Part.NO_BREAK: 420, Part.AFTER: 420}
    assert owed.minutes == 1020


def test_what_is_made_up_beyond_the_loss_is_shown_and_pays_nothing() -> None:
    owed = rules.at_centre(Course(lost={MONDAY: DAY}), EVER, {}, {}, 600)
    assert (owed.minutes, owed.delivered, owed.beyond) == (0, 420, 180)


# ---- at the workplace


def _shut(count: int, minutes: int = 480, placement: str = "p") -> dict[date, list[Post]]:
    return {MONDAY + timedelta(days=n): [Post(placement, minutes, is_open=False)] for n in range(count)}


def test_a_closed_host_takes_the_hours_of_the_roster() -> None:
    """Six days of eight hours: 2880."""
    assert rules.at_work(_shut(6), {}).minutes == 2880


def test_a_day_at_a_stand_in_placement_was_not_lost() -> None:
    posts = _shut(5)
    posts[MONDAY].append(Post("q", 420, is_open=True))
    owed = rules.at_work(posts, {})
    assert (owed.lost.minutes, owed.lines[Part.STAND_IN].minutes, owed.minutes) == (2400, 480, 1920)


def test_hours_worked_after_the_original_end_pay() -> None:
    """Two days lost, 960; worked 480 and 300 after the end: 180 remain."""
    posts = _shut(2)
    worked = {date(2026, 7, 1): 480, date(2026, 7, 2): 300, date(2026, 6, 30): 480}
    posts |= {on: [Post("p", 480, is_open=True, is_late=on > date(2026, 6, 30))] for on in sorted(worked)}
    assert rules.at_work(posts, worked).minutes == 180


def test_a_debt_belongs_to_the_placement_at_which_it_arose() -> None:
    posts = _shut(2) | {date(2026, 5, 4): [Post("q", 300, is_open=False)]}
    assert [rules.at_work(posts, {}, key).minutes for key in ("p", "q", None)] == [960, 300, 1260]


def test_a_closure_after_the_original_end_takes_nothing_more() -> None:
    assert rules.at_work({MONDAY: [Post("p", 480, is_open=False, is_late=True)]}, {}) == Owed()


# ---- how it is made up

END = date(2026, 6, 26)  # a Friday


def _ahead(ways: list[Way], days: Days, today: date = date(2026, 6, 19)) -> dict[date, int]:
    return rules.ahead(END, today, ways, days)


def test_a_debt_is_made_up_after_the_end_when_nothing_is_chosen() -> None:
    """2100 minutes are five days: Monday 29 June to Friday 3 July."""
    days = Days(training=weeks(3, date(2026, 6, 22)))
    assert rules.made_up_on(END, 2100, _ahead([], days)) == date(2026, 7, 3)
    assert rules.made_up_on(END, 2101, _ahead([], days)) == date(2026, 7, 6)


def test_two_hours_more_a_day_bring_the_end_forward() -> None:
    """Five days of the last week give 600 of 2100; then 540 a day: 600 + 3 x 540 = 2220, so Wednesday."""
    days = Days(training=weeks(3, date(2026, 6, 22)))
    way = Way(Kind.LONGER_DAYS, date(2026, 6, 22), None, 120)
    found = rules.effect(END, date(2026, 6, 19), 2100, [way], days)
    assert (found.before_end, found.ends_on) == (600, date(2026, 7, 1))


def test_saturdays_count_with_their_own_length_or_that_of_a_training_day() -> None:
    days = Days(saturdays=saturdays(2, date(2026, 6, 15)))
    assert _ahead([Way(Kind.SATURDAYS, MONDAY, None, 240)], days) == {date(2026, 6, 20): 240, date(2026, 6, 27): 240}
    assert _ahead([Way(Kind.SATURDAYS, MONDAY, None)], days) == {date(2026, 6, 20): 420, date(2026, 6, 27): 420}


def test_a_break_pays_for_the_days_named_only() -> None:
    days = Days(breaks=week(date(2026, 6, 22)))
    assert list(_ahead([Way(Kind.NO_BREAK, date(2026, 6, 23), date(2026, 6, 24))], days)) == [date(2026, 6, 23), date(2026, 6, 24)]


def test_one_order_said_twice_counts_once() -> None:
    days = Days(training=week(date(2026, 6, 22)))
    twice = [Way(Kind.LONGER_DAYS, MONDAY, None, 120), Way(Kind.LONGER_DAYS, MONDAY, None, 60)]
    assert set(_ahead(twice, days).values()) == {120}


def test_a_debt_paid_before_the_end_leaves_the_end_where_it_is() -> None:
    days = Days(training=weeks(1, date(2026, 6, 22)))
    assert rules.effect(END, date(2026, 6, 19), 300, [Way(Kind.LONGER_DAYS, MONDAY, None, 120)], days).ends_on == END


def test_no_end_is_promised_while_there_is_no_open_day() -> None:
    assert rules.effect(END, date(2026, 6, 19), 300, [], Days()).ends_on is None


def test_the_choices_stand_alone_and_together() -> None:
    """1800 owed, five days of 420 before the end, which give only what is extra.

    Nothing: 5 x 420 from 29 June, 3 July. Two hours more: 5 x 120, then 3 x 540, 1 July. Saturdays of 240 from 27 June: 240, then
    4 x 420, 2 July. Both: 600 + 240 + 2 x 540, 30 June.
    """
    days = Days(training=weeks(3, date(2026, 6, 22)), saturdays=saturdays(3, date(2026, 6, 22)))
    offered = [Way(Kind.LONGER_DAYS, date(2026, 6, 22), None, 120), Way(Kind.SATURDAYS, date(2026, 6, 22), None, 240)]
    found = rules.effects(END, date(2026, 6, 19), 1800, [], offered, days)
    assert [(len(each.ways), each.ends_on) for each in found] == [
        (0, date(2026, 7, 3)),
        (1, date(2026, 7, 1)),
        (1, date(2026, 7, 2)),
        (2, date(2026, 6, 30)),
    ]


def test_days_in_a_row_read_as_one_line_over_weekends() -> None:
    assert rules.runs([*weeks(2), date(2026, 5, 4)]) == [(MONDAY, date(2026, 3, 13), 10), (date(2026, 5, 4), date(2026, 5, 4), 1)]


# ---- laws

DATES = st.dates(date(2026, 1, 1), date(2026, 12, 31))
MINUTES = st.dictionaries(DATES, st.integers(1, 600), max_size=30)
WAYS = st.lists(
    st.builds(Way, st.sampled_from([*Kind, "of-a-newer-version"]), DATES, st.none() | DATES, st.none() | st.integers(1, 300)), max_size=4
)
DAYS = st.builds(Days, MINUTES, MINUTES, MINUTES)
OWED = st.integers(0, 30_000)


@given(MINUTES, st.sets(DATES), MINUTES, MINUTES, st.integers(0, 5000))
def test_nobody_owes_less_than_nothing_and_nothing_is_lost_in_the_sum(
    lost: dict[date, int], taught: set[date], longer: dict[date, int], remote: dict[date, int], packs: int
) -> None:
    course = Course(lost=lost, taught=taught, held=set(longer), extra={Kind.LONGER_DAYS: longer})
    owed = rules.at_centre(course, EVER, {}, dict(remote), packs)
    assert 0 <= owed.minutes <= owed.lost.minutes == sum(lost.values())
    assert owed.lost.minutes + owed.beyond == owed.minutes + owed.made_up


@given(MINUTES, st.sets(DATES))
def test_every_lost_day_is_owed_at_one_place_and_one_place_only(lost: dict[date, int], placed: set[date]) -> None:
    posts = {on: [Post("p", lost[on], is_open=False)] for on in placed if on in lost}
    both = rules.at_centre(Course(lost=lost), EVER, posts, {}, 0).minutes + rules.at_work(posts, {}).minutes
    assert both == sum(lost.values())


@given(OWED, WAYS, WAYS, DAYS, DATES, DATES)
def test_another_way_never_moves_the_end_further_away(
    owed: int, ways: list[Way], more: list[Way], days: Days, end: date, today: date
) -> None:
    few, many = (rules.effect(end, today, owed, each, days) for each in (ways, [*ways, *more]))
    assert many.before_end >= few.before_end
    assert (many.ends_on or date.max) <= (few.ends_on or date.max)


@given(OWED, OWED, WAYS, DAYS, DATES, DATES)
def test_who_owes_more_ends_no_earlier(owed: int, more: int, ways: list[Way], days: Days, end: date, today: date) -> None:
    less, greater = (rules.effect(end, today, each, ways, days).ends_on or date.max for each in (owed, owed + more))
    assert end <= less <= greater


@given(WAYS, DAYS, DATES, DATES)
def test_the_order_of_orders_does_not_matter(ways: list[Way], days: Days, end: date, today: date) -> None:
    assert rules.ahead(end, today, ways, days) == rules.ahead(end, today, list(reversed(ways)), days)


@given(st.lists(DATES, unique=True).map(sorted))
def test_runs_hold_every_day_once(days: list[date]) -> None:
    assert sum(each.days for each in rules.runs(days)) == len(days)


# ---- what may be written


@pytest.mark.parametrize(
    ("way", "refusal"),
    [
        (Way("extended_end", MONDAY, None), checks.NoWay),
        (Way(Kind.LONGER_DAYS, MONDAY, None), checks.NoMinutes),
        (Way(Kind.LONGER_DAYS, MONDAY, None, 13 * 60), checks.NoMinutes),
        (Way(Kind.SATURDAYS, MONDAY, date(2026, 3, 1)), checks.EndsBeforeItBegins),
        (Way(Kind.NO_BREAK, date(2206, 3, 1), None), checks.FarDate),
    ],
)
def test_an_order_that_nobody_can_carry_out_is_refused(way: Way, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        checks.check_way(way, MONDAY)


def test_a_new_end_lies_after_the_original() -> None:
    checks.check_end(END, date(2026, 7, 3), MONDAY, "Hotel 2026 A")
    for original, ends_on, refusal in ((None, END, checks.NoEnd), (END, END, checks.NotLater), (END, date(2126, 7, 3), checks.FarDate)):
        with pytest.raises(refusal):
            checks.check_end(original, ends_on, MONDAY, "Hotel 2026 A")
