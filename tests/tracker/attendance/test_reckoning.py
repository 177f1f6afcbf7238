"""Percentages against calculations by hand: each hard case with its arithmetic beside it, and laws that hold of all of them.

The week of the table is Monday 2 to Friday 6 March 2026, five days of 210 + 210 minutes, unless a case says otherwise; a day
is 420 minutes. "Today" is Saturday 7 March, so that nothing is to come, unless a case says otherwise.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracker.attendance.reckoning import Length, own_spans, percent, Plan, reckon, Reckoning, Verdict
from tracker.attendance.rules import MarkValue
from tracker.calendar.rules import Rate, Span

MON, TUE, WED, THU, FRI, SAT, SUN = (date(2026, 3, day) for day in range(2, 9))
WEEK = (MON, TUE, WED, THU, FRI)
MARCH = [date(2026, 3, day) for day in range(2, 31) if date(2026, 3, day).weekday() < 5]  # 21 days of training, 2 to 30 March
EVER = (Span(date(2026, 1, 5), None),)
LETTERS = {"P": "present", "L": "late", "A": "absent", "E": "excused", "R": "remote"}
NO_DATA, REACHED, CAN_STILL, CAN_NO_LONGER = Verdict


@dataclass
class Case:
    """What is told of an apprentice, and what must come out: (attended, expected) minutes so far, and of the whole, and the verdict.

    marks  a letter for each day from Monday on, "-" where nobody marked
    """

    marks: str
    so_far: tuple[int, int]
    whole: tuple[int, int]
    verdict: Verdict
    days: Collection[date] = WEEK
    lengths: Mapping[date, Length] = field(default_factory=dict)
    more: Mapping[tuple[date, str], MarkValue] = field(default_factory=dict)
    not_taken: Collection[date] = ()
    halves_taken: Collection[tuple[date, str]] = ()
    spans: Collection[Span] = EVER
    today: date = SAT
    threshold: int = 75
    away: Collection[date] = ()
    has_end: bool = True
    may_miss: int | None = 0

    def reckoning(self) -> Reckoning:
        first = min([MON, *self.days])
        told = {(first + timedelta(days=n), "day"): MarkValue(LETTERS[each]) for n, each in enumerate(self.marks) if each in LETTERS}
        taken = {(on, "day") for on in (*self.days, SAT, SUN) if on not in self.not_taken and on <= self.today}
        plan = Plan({on: self.lengths.get(on, Length()) for on in self.days}, taken | set(self.halves_taken), self.has_end)
        marks = {key: mark for key, mark in {**told, **self.more}.items() if mark.status}
        return reckon(plan, [*self.spans], marks, today=self.today, threshold_percent=self.threshold, away=self.away)


def _mark(status: str | None, minutes: int | None = None, place: str = "centre") -> MarkValue:
    return MarkValue(status, place, None, minutes)


CASES = {
    # 5 x 420 of 5 x 420.
    "present all week": Case("PPPPP", (2100, 2100), (2100, 2100), REACHED),
    # Late and remote attended: 5 x 420.
    "late and remote attended": Case("PLRPL", (2100, 2100), (2100, 2100), REACHED),
    # P-A-P-E-P: three of four, 1260 of 1680 = 75 %; the excused Thursday is in neither number.
    "excused stands apart, exactly at the threshold": Case("PAPEP", (1260, 1680), (1260, 1680), REACHED),
    # P-A-P-A-P: 1260 of 2100 = 60 %; nothing to come.
    "the same without the excuse is below": Case("PAPAP", (1260, 2100), (1260, 2100), CAN_NO_LONGER),
    # Only excused: 0 of 0. No data, never 0 %.
    "only excused is no data": Case("EEEEE", (0, 0), (0, 0), NO_DATA, may_miss=None),
    "nobody marked is no data": Case("-----", (0, 0), (0, 0), NO_DATA, may_miss=None),
    # Absent twice and nothing else: 0 of 840 is 0 %, which is data.
    "only absent is nought": Case("AA---", (0, 840), (0, 840), CAN_NO_LONGER),
    # Tuesday unmarked in a register taken: unmarked is not absent; 4 x 420.
    "unmarked in a register taken counts in nothing": Case("P-PPP", (1680, 1680), (1680, 1680), REACHED),
    # Wednesday's register never taken, its absence stands in nobody's denominator: 4 x 420.
    "a register never taken": Case("PPAPP", (1680, 1680), (1680, 1680), REACHED, not_taken=[WED]),
    # am present, pm absent on Monday: 210 of 420; then 4 x 420: 1890 of 2100.
    "half a day absent": Case(
        "-PPPP", (1890, 2100), (1890, 2100), REACHED, more={(MON, "am"): _mark("present"), (MON, "pm"): _mark("absent")}
    ),
    # The day says present, its afternoon absent: am 210 of 210 from the day, pm 0 of 210; Monday counts once, 210 of 420.
    "a half-day mark wins over the day's mark for its half": Case(
        "PPPPP", (1890, 2100), (1890, 2100), REACHED, more={(MON, "pm"): _mark("absent")}
    ),
    # Both halves marked besides the day: the day's absence is covered whole; 420 of 420 on Monday.
    "two halves leave nothing of the day's mark": Case(
        "APPPP", (2100, 2100), (2100, 2100), REACHED, more={(MON, "am"): _mark("present"), (MON, "pm"): _mark("late")}
    ),
    # Afternoon excused: Monday counts 210 of 210; 1890 of 1890.
    "half a day excused": Case("PPPPP", (1890, 1890), (1890, 1890), REACHED, more={(MON, "pm"): _mark("excused")}),
    # Morning 240, afternoon 120; absent in the afternoon: 240 of 360; then 4 x 420 = 1680: 1920 of 2040.
    "halves of different length": Case(
        "PPPPP", (1920, 2040), (1920, 2040), REACHED, lengths={MON: Length(240, 120)}, more={(MON, "pm"): _mark("absent")}
    ),
    # A half-day mark in a register of that half, no register of the day: 210 of 210; the afternoon nobody took.
    "only the morning's register was taken": Case(
        "-PPPP", (1890, 1890), (1890, 1890), REACHED, not_taken=[MON], halves_taken=[(MON, "am")], more={(MON, "am"): _mark("present")}
    ),
    # The day's mark lies in a register not taken, whatever half was taken: Monday's morning counts 210 only.
    "the morning's register takes no mark of the day": Case(
        "A-PPP", (1470, 1470), (1470, 1470), REACHED, not_taken=[MON], halves_taken=[(MON, "am")], more={(MON, "am"): _mark("present")}
    ),
    # Late, 300 minutes of 420 attended: 300 + 4 x 420 = 1980 of 2100.
    "minutes given": Case("-PPPP", (1980, 2100), (1980, 2100), REACHED, more={(MON, "day"): _mark("late", 300)}),
    # 600 minutes cannot be attended of a day of 420: 420.
    "no more minutes than the session has": Case("-PPPP", (2100, 2100), (2100, 2100), REACHED, more={(MON, "day"): _mark("present", 600)}),
    # Present for 0 minutes: 0 of 420; 1680 of 2100 = 80 %.
    "nought minutes are minutes": Case("-PPPP", (1680, 2100), (1680, 2100), REACHED, more={(MON, "day"): _mark("present", 0)}),
    # Minutes at an absence mean nothing: 0 of 420.
    "minutes at an absence": Case("-PPPP", (1680, 2100), (1680, 2100), REACHED, more={(MON, "day"): _mark("absent", 200)}),
    # 300 minutes of the day, its afternoon absent: the day's mark covers the morning, min(300, 210) = 210 of 420.
    "minutes of the day beside a half": Case(
        "-PPPP", (1890, 2100), (1890, 2100), REACHED, more={(MON, "day"): _mark("late", 300), (MON, "pm"): _mark("absent")}
    ),
    # Closed on Wednesday and Thursday: marks of these days are kept and count in nothing; 2 x 420 of 3 x 420 = 66 %.
    "a closure in mid-week": Case("PAAAP", (840, 1260), (840, 1260), CAN_NO_LONGER, days=[MON, TUE, FRI]),
    # Friday declared a holiday after everybody was marked: its absence is forgotten; 3 x 420 of 4 x 420 = 75 %.
    "a holiday declared afterwards": Case("PPPAA", (1260, 1680), (1260, 1680), REACHED, days=[MON, TUE, WED, THU]),
    # Saturday taught anyway joins the plan: 5 x 420 of 6 x 420.
    "taught anyway": Case("PPPPPA", (2100, 2520), (2100, 2520), REACHED, days=[*WEEK, SAT], today=SUN),
    # Taught anyway withdrawn: Saturday leaves the plan, its absence counts no longer.
    "taught anyway, withdrawn": Case("PPPPPA", (2100, 2100), (2100, 2100), REACHED, today=SUN),
    # Began on Wednesday: the absences before count in nothing; 3 x 420.
    "a late joiner": Case("AAPPP", (1260, 1260), (1260, 1260), REACHED, spans=[Span(WED, None)]),
    # Moved away on Thursday: here Monday to Wednesday, 2 of 3 days = 66 %, and nothing to come.
    "moved to another cohort": Case("PPAPP", (840, 1260), (840, 1260), CAN_NO_LONGER, spans=[Span(date(2026, 1, 5), WED)]),
    # The same apprentice in the new cohort: Thursday and Friday, 2 of 2; together 5 days, each once.
    "the new cohort after the move": Case("PPAPP", (840, 840), (840, 840), REACHED, spans=[Span(THU, None)]),
    # Left and came back: Monday, Tuesday and Friday; 2 of 3 = 66 %.
    "left and came back": Case("PAAAP", (840, 1260), (840, 1260), CAN_NO_LONGER, spans=[Span(MON, TUE), Span(FRI, None)]),
    # Wednesday at the workplace: I7 counts it, here it is in neither number; 4 x 420.
    "a workplace mark is reckoned apart": Case(
        "PP-PP", (1680, 1680), (1680, 1680), REACHED, more={(WED, "day"): _mark("present", 540, "workplace")}
    ),
    # Wednesday: morning here, 210 of 210, afternoon at the workplace; 1890 of 1890.
    "half a day at the workplace": Case(
        "PP-PP", (1890, 1890), (1890, 1890), REACHED, more={(WED, "am"): _mark("present"), (WED, "day"): _mark("absent", None, "workplace")}
    ),
    # Wednesday's mark says present, its morning says absent at the workplace: 210 of 210 here; 1890 of 1890.
    "a morning at the workplace beside a day here": Case(
        "PPPPP", (1890, 1890), (1890, 1890), REACHED, more={(WED, "am"): _mark("absent", None, "workplace")}
    ),
    # A status of a newer version is not known to have attended: it counts as unmarked; 4 x 420.
    "a status of a newer version": Case("-PPPP", (1680, 1680), (1680, 1680), REACHED, more={(MON, "day"): _mark("field-trip")}),
    # 15 of 21 days = 71.4 %; 75 % of 21 is 15.75, so one day more would have done. Nothing to come.
    "a day short of the threshold": Case(
        "P" * 5 + "--" + "P" * 5 + "--" + "P" * 5 + "--" + "A" * 5 + "--" + "A",
        (6300, 8820), (6300, 8820), CAN_NO_LONGER, days=MARCH, today=date(2026, 3, 31),
    ),
    # Today is Wednesday, 21 days in all: P A | 19 to come. So far 420 of 840 = 50 %; whole 420 of 8820.
    # At best 20 of 21; 75 % of 21 = 15.75, so 16 days are needed: 20 - 16 = 4 of the 19 may be missed.
    "below, can still reach it": Case("PA", (420, 840), (420, 8820), CAN_STILL, days=MARCH, today=WED, may_miss=4),
    # Five missed of 21 leave 16 of 21 = 76.2 %: still possible, and none more may be missed.
    "can still reach it by nothing to spare": Case("AAAAA", (0, 2100), (0, 8820), CAN_STILL, days=MARCH, today=SAT, may_miss=0),
    # Six missed leave 15 of 21 = 71.4 %: out of reach by one session.
    "can no longer reach it by one session": Case(
        "AAAAA--A", (0, 2520), (0, 8820), CAN_NO_LONGER, days=MARCH, today=date(2026, 3, 10), may_miss=0
    ),
    # A P P P of 16 days, 12 to come: so far 3 of 4 = 75 %. 75 % of 16 is 12, at best it will be 15: 3 to spare.
    "at the threshold with days to come": Case("APPP", (1260, 1680), (1260, 6720), REACHED, days=MARCH[:16], today=FRI, may_miss=3),
    # Today's register is not finished: the session is still to come, P of Monday to Thursday counts. Whole 4 of 5.
    "a register of today that is not finished": Case("PPPPP", (1680, 1680), (1680, 2100), REACHED, not_taken=[FRI], today=FRI, may_miss=1),
    # Friday is excused beforehand: it is in no denominator, not even of what is to come.
    "leave marked beforehand": Case("PPPPE", (1680, 1680), (1680, 1680), REACHED, today=THU),
    # A placement from Thursday on: nobody is expected here on these two days.
    "days at the workplace are not to come": Case("PPP", (1260, 1260), (1260, 1260), REACHED, today=WED, away=[THU, FRI]),
    # The planned end is not known: of the whole programme nothing can be said.
    "no planned end": Case("PAA--", (420, 1260), (0, 0), CAN_STILL, has_end=False, may_miss=None),
    # A threshold of 60 %: P-A-P-A-P reaches it exactly.
    "a threshold of its own": Case("PAPAP", (1260, 2100), (1260, 2100), REACHED, threshold=60),
    # A threshold of 0 is reached by whoever was marked at all.
    "no threshold": Case("AAAAA", (0, 2100), (0, 2100), REACHED, threshold=0),
    # Marks before and after the plan count in nothing.
    "outside the plan": Case("PPPPP", (420, 420), (420, 420), REACHED, days=[WED]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_percentages_equal_the_calculation_by_hand(name: str) -> None:
    case = CASES[name]
    found = case.reckoning()
    assert (found.so_far, found.whole, found.verdict, found.may_miss) == (
        Rate(*case.so_far),
        Rate(*case.whole),
        case.verdict,
        case.may_miss,
    )


def test_half_days_are_counted_as_halves() -> None:
    """Monday P and A, Tuesday L, Wednesday E, Thursday R and nothing, Friday in a register not taken."""
    more = {(MON, "am"): _mark("present"), (MON, "pm"): _mark("absent"), (THU, "am"): _mark("remote")}
    case = Case("-LE-P", (0, 0), (0, 0), REACHED, more=more, not_taken=[FRI])
    assert case.reckoning().halves == {"present": 1, "absent": 1, "late": 2, "excused": 2, "remote": 1}


def test_workplace_days_are_reckoned_apart_by_halves() -> None:
    """A day present and half a day absent at the workplace: 2 of 3 half days; an excused day is in neither number."""
    work = {(MON, "day"): "present", (TUE, "am"): "absent", (WED, "day"): "excused"}
    case = Case("", (0, 0), (0, 0), NO_DATA, more={key: _mark(status, None, "workplace") for key, status in work.items()})
    assert case.reckoning().at_work == Rate(2, 3)


def test_a_workplace_day_on_which_workplaces_were_closed_counts_nowhere() -> None:
    marks = {(MON, "day"): _mark("absent", None, "workplace"), (TUE, "day"): _mark("present", None, "workplace")}
    plan = Plan({}, (), work_off=[MON])
    assert reckon(plan, EVER, marks, today=SAT, threshold_percent=75).at_work == Rate(2, 2)


def test_a_register_never_taken_is_listed_only_where_somebody_was_there() -> None:
    plan = Plan(dict.fromkeys(WEEK, Length()), {(MON, "day"), (TUE, "pm"), (TUE, "am")})
    assert plan.not_taken([Span(date(2026, 1, 5), THU)], today=FRI) == [WED, THU]
    assert plan.not_taken([Span(FRI, None)], today=FRI) == []


@pytest.mark.parametrize(
    ("taken", "length", "left"),
    [
        ((), Length(), "day"),
        (("day",), Length(), None),
        (("am",), Length(), "pm"),
        (("pm",), Length(), "am"),
        (("am", "pm"), Length(), None),
        (("am",), Length(210, 0), None),
        (("pm",), Length(210, 0), "day"),
        ((), Length(0, 0), "day"),
    ],
)
def test_a_day_is_taken_when_all_of_it_is(taken: Collection[str], length: Length, left: str | None) -> None:
    assert Plan({MON: length}, {(MON, slot) for slot in taken}).slot_left(MON) == left


@pytest.mark.parametrize(
    ("marks", "not_taken", "expected"),
    [
        ("PPAAA", (), [WED, THU, FRI]),
        ("PAA-A", (), [TUE, WED, FRI]),  # unmarked says nothing
        ("PAAPA", (), [FRI]),
        ("AAEAA", (), [THU, FRI]),  # who was excused was heard of
        ("PAAAA", [THU], [TUE, WED, FRI]),  # a register never taken says nothing
        ("PAAAL", (), []),
    ],
)
def test_absences_in_a_row_go_over_training_days(marks: str, not_taken: Collection[date], expected: list[date]) -> None:
    found = Case(marks, (0, 0), (0, 0), REACHED, not_taken=not_taken).reckoning()
    assert [*found.absent_on] == expected
    assert found.is_long_absent == (len(expected) >= 3)


def test_a_weekend_does_not_end_absences_in_a_row() -> None:
    found = Case("PPPAA--A", (0, 0), (0, 0), REACHED, days=MARCH, today=date(2026, 3, 10)).reckoning()
    assert [*found.absent_on] == [THU, FRI, date(2026, 3, 9)]


def test_half_a_day_attended_ends_absences_in_a_row() -> None:
    found = Case("AAAAA", (0, 0), (0, 0), REACHED, more={(FRI, "am"): _mark("late")}).reckoning()
    assert found.absent_on == ()


@pytest.mark.parametrize(
    ("rate", "expected"), [(Rate(0, 0), None), (Rate(0, 5), 0), (Rate(749, 1000), 74), (Rate(3, 4), 75), (Rate(2, 3), 66)]
)
def test_what_is_shown_is_rounded_down(rate: Rate, expected: int | None) -> None:
    assert percent(rate) == expected


def test_a_day_belongs_to_one_cohort() -> None:
    """Two enrolments that overlap, as two laptops may leave them: each day counts for the later begun."""
    both = [("a", Span(MON, None)), ("b", Span(WED, None))]
    assert own_spans(both, "a") == [Span(MON, TUE)]
    assert own_spans(both, "b") == [Span(WED, None)]


def test_of_two_enrolments_that_begin_on_one_day_one_counts() -> None:
    both = [("a", Span(MON, None)), ("b", Span(MON, FRI))]
    assert [own_spans(both, cohort) for cohort in "ab"] == [[], [Span(MON, FRI)]]


# ---- laws

MARKS = some.dictionaries(
    some.tuples(some.sampled_from(MARCH), some.sampled_from(["day", "am", "pm"])),
    some.builds(
        MarkValue,
        some.sampled_from([*LETTERS.values(), "field-trip"]),
        some.sampled_from(["centre", "centre", "workplace"]),
        some.none(),
        some.none() | some.integers(0, 600),
    ),
    max_size=30,
)
LENGTHS = some.lists(some.builds(Length, some.integers(0, 300), some.integers(0, 300)), min_size=len(MARCH), max_size=len(MARCH))
TAKEN = some.sets(some.tuples(some.sampled_from(MARCH), some.sampled_from(["day", "am", "pm"])))
PLANS = some.builds(lambda lengths, taken: Plan(dict(zip(MARCH, lengths, strict=True)), taken), LENGTHS, TAKEN)
DAYS = some.sampled_from(MARCH)


@given(PLANS, MARKS, DAYS, some.randoms(use_true_random=False))
def test_the_order_of_marks_does_not_matter(plan: Plan, marks: dict[tuple[date, str], MarkValue], today: date, random: object) -> None:
    keys = [*marks]
    random.shuffle(keys)  # type: ignore[attr-defined]
    assert reckon(plan, EVER, {key: marks[key] for key in keys}, today=today, threshold_percent=75) == reckon(
        plan, EVER, marks, today=today, threshold_percent=75
    )


@given(PLANS, MARKS, DAYS, DAYS)
def test_an_excused_session_changes_no_rate_so_far(plan: Plan, marks: dict[tuple[date, str], MarkValue], today: date, on: date) -> None:
    others = {key: mark for key, mark in marks.items() if key[0] != on}
    before = reckon(plan, EVER, others, today=today, threshold_percent=75)
    after = reckon(plan, EVER, {**others, (on, "day"): MarkValue("excused", "centre")}, today=today, threshold_percent=75)
    assert after.so_far == before.so_far


@given(PLANS, MARKS, DAYS)
def test_nobody_attends_more_than_was_expected(plan: Plan, marks: dict[tuple[date, str], MarkValue], today: date) -> None:
    found = reckon(plan, EVER, marks, today=today, threshold_percent=75)
    assert 0 <= found.attended <= found.expected
    assert found.expected + found.excused + sum(found.to_come) <= sum(length.day for length in plan.days.values())


@given(some.integers(0, 100), some.integers(0, 5000), some.integers(0, 5000), some.lists(some.integers(1, 600)), some.integers(0, 100))
def test_who_attended_more_never_stands_worse(attended: int, more: int, expected: int, to_come: list[int], threshold: int) -> None:
    expected = max(expected, attended + more)
    less = Reckoning(attended, expected, 0, tuple(to_come), {}, (), Rate(0, 0), has_end=True, threshold_percent=threshold)
    order = [NO_DATA, CAN_NO_LONGER, CAN_STILL, REACHED]
    better = replace(less, attended=attended + more)
    assert order.index(better.verdict) >= order.index(less.verdict)
    assert (better.may_miss or 0) >= (less.may_miss or 0)


@given(PLANS, MARKS, DAYS, some.integers(0, 100))
def test_the_verdict_is_true_of_what_may_yet_happen(
    plan: Plan, marks: dict[tuple[date, str], MarkValue], today: date, threshold: int
) -> None:
    """Who attends all that is to come ends at or above the threshold, unless he can no longer; who misses one too many, below."""
    found = reckon(plan, EVER, marks, today=today, threshold_percent=threshold)
    if found.verdict is not NO_DATA:
        total, longest = found.whole.denominator, sorted(found.to_come, reverse=True)
        best = found.attended + sum(found.to_come)
        assert (best * 100 >= threshold * total) == (found.verdict is not CAN_NO_LONGER)
        if found.verdict is not CAN_NO_LONGER:
            missed = found.may_miss or 0
            assert (best - sum(longest[:missed])) * 100 >= threshold * total
            assert missed == len(longest) or (best - sum(longest[: missed + 1])) * 100 < threshold * total
