"""The closure calculus: what the table of cases cannot say in a row, and laws that hold for any facts."""

import time
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.calendar.rules import (
    BreakFact,
    CatchUpFact,
    closed_days,
    closed_intervals,
    ClosedInterval,
    ClosureFact,
    closures_on,
    CohortDays,
    compare,
    counting_notice,
    covers,
    day_calendar,
    day_kind,
    DayKind,
    days_lost,
    doubtful_closures,
    had_begun,
    had_not,
    is_closed,
    lies_in,
    lost_days,
    NoticeFact,
    person_days_lost,
    projected_end,
    Rate,
    ResumptionFact,
    return_rate,
    return_rates,
    Scope,
    Site,
    Span,
    terms_of,
    training_days,
    weekdays_on,
    WeeklyPattern,
)
from tracker.country import tz

Facts = tuple[list[ClosureFact], list[ResumptionFact]]

NATION = Scope("nation")
NO_HOLIDAYS: dict[date, str] = {}
MARCH_18, APRIL_15, JUNE_1, JUNE_22 = date(2020, 3, 18), date(2020, 4, 15), date(2020, 6, 1), date(2020, 6, 22)
MAY_31, JUNE_21 = date(2020, 5, 31), date(2020, 6, 21)
DECEMBER = date(2020, 12, 31)

NCT = Site("centre", "nct", "bustani", "nct-2019", None, "TZ-02", "mainland")
SUZA = Site("centre", "suza", "maruhubi", "suza-2019", None, "TZ-15", "zanzibar")
HOTEL = Site("workplace", "nct", "bustani", "nct-2019", "ramada", "TZ-02", "mainland")

MONDAY_TO_SATURDAY = WeeklyPattern(date(2020, 1, 1), frozenset(range(6)))


def notice(since: date = MARCH_18, key: str = "n1", *, until: date | None = None, withdrawn: bool = False) -> NoticeFact:
    return NoticeFact(key, "Citizen", "Prime Minister", since, until, withdrawn=withdrawn)


def closure(
    key: str = "c1",
    *notices: NoticeFact,
    partition: str = "nation",
    scope: Scope = NATION,
    sites: str = "both",
    chosen: str | None = None,
    withdrawn: bool = False,
) -> ClosureFact:
    return ClosureFact(key, partition, scope, sites, "covid-19", notices or (notice(),), chosen, withdrawn)


def reopening(
    since: date = JUNE_1,
    *,
    of: str = "c1",
    partition: str = "nation",
    scope: Scope = NATION,
    sites: str = "both",
    kind: str = "reopened",
    withdrawn: bool = False,
) -> ResumptionFact:
    return ResumptionFact(f"r-{since}", partition, of, scope, sites, kind, since, withdrawn)


# The 2020 closure, counted by hand


@pytest.mark.parametrize(("site", "reopened", "working_days"), [(NCT, JUNE_1, 48), (SUZA, JUNE_22, 63)])
def test_without_days_in_lieu_two_more_days_of_2020_were_lost(site: Site, reopened: date, working_days: int) -> None:
    intervals = closed_intervals(site, [closure()], [reopening(reopened)])
    holidays = tz.holidays_between(MARCH_18, reopened, site.jurisdiction)
    kept = [on for on, holiday in holidays.items() if not holiday.in_lieu]

    assert days_lost(MARCH_18, DECEMBER, intervals, holidays=kept) == working_days


# Which notice counts


def test_of_two_notices_of_one_day_the_lower_id_counts() -> None:
    assert counting_notice(closure("c1", notice(key="b"), notice(key="a"))) == notice(key="a")


def test_a_closure_without_a_standing_notice_closes_nothing() -> None:
    facts = closure("c1", notice(withdrawn=True))
    assert counting_notice(facts) is None
    assert closed_intervals(NCT, [facts], []) == []


# What a scope covers


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("nation", None),
        ("jurisdiction", "mainland"),
        ("region", "TZ-02"),
        ("centre", "nct"),
        ("campus", "bustani"),
        ("employer", "ramada"),
        ("cohort", "nct-2019"),
    ],
)
def test_each_kind_of_scope_covers_its_own(kind: str, code: str | None) -> None:
    assert covers(Scope(kind, code), "both", HOTEL)


@pytest.mark.parametrize("kind", ["jurisdiction", "region", "centre", "campus", "employer", "cohort"])
def test_no_scope_but_the_nation_covers_others(kind: str) -> None:
    assert not covers(Scope(kind, "another"), "both", HOTEL)


@pytest.mark.parametrize("kind", ["jurisdiction", "region", "centre", "campus", "employer", "cohort"])
def test_a_scope_without_its_code_covers_nothing(kind: str) -> None:
    assert not covers(Scope(kind), "both", replace(HOTEL, campus=None, cohort=None, employer=None))


def test_a_kind_of_scope_from_a_newer_version_covers_nothing() -> None:
    assert not covers(Scope("ward", "TZ-02"), "both", NCT)


@pytest.mark.parametrize(
    ("sites", "centre", "workplace"),
    [("centres", True, False), ("workplaces", False, True), ("both", True, True), ("ships", False, False)],
)
def test_sites_tell_centres_from_workplaces(sites: str, centre: bool, workplace: bool) -> None:
    assert covers(NATION, sites, NCT) is centre
    assert covers(NATION, sites, HOTEL) is workplace


# Territories


@pytest.mark.parametrize(
    ("partition", "nct", "suza"),
    [("nation", True, True), ("region/TZ-02", True, False), ("centre/suza", False, True), ("centre/x", False, False)],
)
def test_a_partition_reaches_its_own_territory(partition: str, nct: bool, suza: bool) -> None:
    assert lies_in(NCT, partition) is nct
    assert lies_in(SUZA, partition) is suza


# Closing and reopening


def test_a_closure_that_nobody_reopened_has_no_end() -> None:
    assert closed_intervals(NCT, [closure()], []) == [(MARCH_18, None, "c1")]
    assert is_closed(NCT, date(2027, 1, 1), [closure()], [])


def test_a_reopening_opens_only_its_own_closure() -> None:
    strike = closure("c2", notice(date(2020, 5, 20)))
    assert closures_on(NCT, JUNE_1, [closure(), strike], [reopening()]) == [strike]


def test_a_reopening_on_the_day_of_the_notice_leaves_no_closed_day() -> None:
    assert closed_intervals(NCT, [closure()], [reopening(MARCH_18)]) == []


def test_overlapping_closures_stay_apart_but_their_days_count_once() -> None:
    flood = closure("c2", notice(date(2020, 5, 25)))
    intervals = closed_intervals(NCT, [flood, closure()], [reopening(), reopening(date(2020, 6, 8), of="c2")])

    assert intervals == [(MARCH_18, MAY_31, "c1"), (date(2020, 5, 25), date(2020, 6, 7), "c2")]
    assert len(closed_days(MARCH_18, DECEMBER, intervals)) == 75 + 7


def test_closures_in_force_come_oldest_first() -> None:
    flood = closure("c0", notice(APRIL_15))
    assert closures_on(NCT, JUNE_1, [flood, closure()], []) == [closure(), flood]


def test_closures_of_one_day_come_by_id() -> None:
    assert closures_on(NCT, JUNE_1, [closure("c2"), closure("c1")], []) == [closure("c1"), closure("c2")]


def test_a_closure_that_arrives_after_the_site_reopened_is_doubtful() -> None:
    ours = closure("c1", partition="centre/nct")
    late = closure("c2")
    assert doubtful_closures(NCT, JUNE_22, [ours, late], [reopening(JUNE_1)]) == [late]


def test_a_new_closure_after_the_reopening_is_not_doubtful() -> None:
    again = closure("c2", notice(date(2020, 6, 10)))
    assert doubtful_closures(NCT, JUNE_22, [closure(), again], [reopening(JUNE_1)]) == []


def test_a_closure_from_the_very_day_of_the_reopening_is_doubtful() -> None:
    again = closure("c2", notice(JUNE_1))
    assert doubtful_closures(NCT, JUNE_1, [closure(), again], [reopening(JUNE_1)]) == [again]


def test_the_reopening_of_a_withdrawn_closure_casts_no_doubt_on_another() -> None:
    gone = replace(closure("c1", partition="centre/nct"), withdrawn=True)
    assert doubtful_closures(NCT, JUNE_22, [gone, closure("c2")], [reopening(JUNE_1)]) == []


def test_nothing_is_doubtful_before_the_site_reopens() -> None:
    assert doubtful_closures(NCT, MAY_31, [closure(), closure("c2")], [reopening(JUNE_1)]) == []


# The calendar


def test_training_is_from_monday_to_friday_before_any_pattern() -> None:
    assert weekdays_on(date(2019, 12, 31), [MONDAY_TO_SATURDAY]) == {0, 1, 2, 3, 4}


def test_a_changed_pattern_never_rewrites_the_past() -> None:
    four_days = WeeklyPattern(date(2020, 2, 1), frozenset(range(4)))
    before = training_days(date(2020, 1, 1), date(2020, 1, 31), [MONDAY_TO_SATURDAY], ())

    assert training_days(date(2020, 1, 1), date(2020, 1, 31), [four_days, MONDAY_TO_SATURDAY], ()) == before
    assert weekdays_on(date(2020, 2, 1), [four_days, MONDAY_TO_SATURDAY]) == {0, 1, 2, 3}


def test_two_patterns_of_one_date_are_decided_alike_everywhere() -> None:
    other = WeeklyPattern(MONDAY_TO_SATURDAY.since, frozenset(range(1, 5)))
    assert weekdays_on(JUNE_1, [other, MONDAY_TO_SATURDAY]) == weekdays_on(JUNE_1, [MONDAY_TO_SATURDAY, other])


def test_a_pattern_begins_on_its_very_day() -> None:
    sunday_too = WeeklyPattern(date(2020, 6, 7), frozenset(range(7)))
    assert training_days(date(2020, 6, 6), date(2020, 6, 7), [sunday_too], ()) == [date(2020, 6, 7)]


def test_a_pattern_without_days_has_no_training() -> None:
    assert training_days(MARCH_18, DECEMBER, [WeeklyPattern(MARCH_18, frozenset())], ()) == []


def test_training_days_are_neither_rest_nor_holiday_nor_closed() -> None:
    good_friday, week = date(2020, 4, 10), (date(2020, 4, 6), date(2020, 4, 12))
    intervals = [ClosedInterval(date(2020, 4, 6), date(2020, 4, 7), "c1")]
    assert training_days(*week, [], [good_friday], intervals) == [date(2020, 4, 8), date(2020, 4, 9)]


@pytest.mark.parametrize(
    ("on", "closures", "kind"),
    [
        (date(2020, 3, 16), (), DayKind.TRAINING),
        (date(2020, 3, 15), (), DayKind.REST),
        (date(2020, 4, 10), (), DayKind.HOLIDAY),
        (date(2020, 4, 26), (), DayKind.HOLIDAY),
        (date(2020, 4, 10), (closure(),), DayKind.CLOSED),
        (date(2020, 4, 26), (closure(),), DayKind.CLOSED),
    ],
)
def test_a_day_is_called_by_the_strongest_word(on: date, closures: tuple[ClosureFact, ...], kind: str) -> None:
    holidays = {date(2020, 4, 10): "Ijumaa Kuu", date(2020, 4, 26): "Muungano"}
    assert day_kind(on, [], holidays, closures).kind == kind


def test_a_day_keeps_every_reason() -> None:
    day = day_kind(date(2020, 4, 26), [], {date(2020, 4, 26): "Muungano"}, [closure()])
    assert (day.closures, day.holiday, day.is_rest) == ((closure(),), "Muungano", True)


def test_the_calendar_has_one_entry_a_day_without_gaps() -> None:
    days = day_calendar(MARCH_18, JUNE_21, NCT, [closure()], [reopening()], holidays=NO_HOLIDAYS)
    assert [day.on for day in days] == [MARCH_18 + timedelta(n) for n in range(96)]
    assert [day.kind for day in days].count(DayKind.CLOSED) == 75


# Days lost, per person


def test_closed_days_stay_within_the_period() -> None:
    assert closed_days(APRIL_15, date(2020, 4, 16), [ClosedInterval(MARCH_18, MAY_31, "c1")]) == {APRIL_15, date(2020, 4, 16)}


def test_an_open_closure_counts_to_the_end_of_the_period() -> None:
    assert days_lost(MARCH_18, date(2020, 3, 24), [ClosedInterval(MARCH_18, None, "c1")]) == 5


def test_a_closure_outside_the_period_loses_nothing() -> None:
    assert days_lost(JUNE_1, DECEMBER, [ClosedInterval(MARCH_18, MAY_31, "c1")]) == 0


def test_days_lost_follow_the_pattern() -> None:
    assert days_lost(MARCH_18, date(2020, 3, 24), [ClosedInterval(MARCH_18, None, "c1")], [MONDAY_TO_SATURDAY]) == 6


def test_each_apprentice_loses_only_the_days_of_the_enrolment() -> None:
    lost = lost_days(MARCH_18, DECEMBER, [ClosedInterval(MARCH_18, date(2020, 3, 27), "c1")])
    spans = [
        Span(date(2019, 11, 1), None),  # all 8
        Span(date(2019, 11, 1), date(2020, 3, 20)),  # 18, 19, 20 March
        Span(date(2020, 3, 26), date(2020, 8, 1)),  # 26, 27 March
        Span(date(2019, 11, 1), date(2020, 3, 17)),  # left the day before
        Span(date(2020, 4, 2), date(2020, 3, 1)),  # ends before it begins: typed wrong, loses nothing
    ]
    assert person_days_lost(spans, lost) == 8 + 3 + 2


def test_lost_days_are_made_up_after_the_planned_end() -> None:
    friday, labour_day = date(2020, 4, 24), date(2020, 5, 1)
    assert projected_end(friday, 0, [], []) == friday
    assert projected_end(friday, 6, [], [labour_day]) == date(2020, 5, 5)


def test_lost_days_wait_for_the_end_of_a_closure() -> None:
    interval = ClosedInterval(MARCH_18, MAY_31, "c1")
    assert projected_end(date(2020, 5, 20), 1, [], [], [interval]) == JUNE_1


@pytest.mark.parametrize(
    ("patterns", "intervals"),
    [([], [ClosedInterval(MARCH_18, None, "c1")]), ([WeeklyPattern(MARCH_18, frozenset())], [])],
)
def test_no_end_is_promised_where_none_can_be_seen(patterns: list[WeeklyPattern], intervals: list[ClosedInterval]) -> None:
    assert projected_end(JUNE_1, 1, patterns, [], intervals) is None


# Rates


def test_the_return_rate_counts_those_expected() -> None:
    assert return_rate(["asha", "juma", "neema"], ["juma", "asha", "visitor"]) == (2, 3)


def test_nobody_expected_is_no_data() -> None:
    assert return_rate([], ["visitor"]) == (0, 0)
    assert return_rate([], ["visitor"]).share is None


def test_nobody_back_is_nought() -> None:
    assert return_rate(["asha"], []).share == 0


def test_return_rates_split_by_sex() -> None:
    expected = {"asha": "F", "neema": "F", "juma": "M"}
    assert return_rates(expected, ["asha", "juma"]) == {"F": Rate(1, 2), "M": Rate(1, 1)}


# Laws


SITES = [
    NCT,
    SUZA,
    HOTEL,
    Site("workplace", "suza", None, "suza-2019", "beach", "TZ-11", "zanzibar"),
    Site("centre", "nct", None, None, None, "TZ-02", "mainland"),
]
scopes = st.sampled_from(
    [
        NATION,
        Scope("jurisdiction", "mainland"),
        Scope("jurisdiction", "zanzibar"),
        Scope("region", "TZ-02"),
        Scope("centre", "nct"),
        Scope("centre", "suza"),
        Scope("campus", "bustani"),
        Scope("employer", "ramada"),
        Scope("cohort", "suza-2019"),
        Scope("campus"),
    ]
)
days = st.integers(0, 20).map(lambda n: MARCH_18 + timedelta(n))
partitions = st.sampled_from(["nation", "region/TZ-02", "region/TZ-15", "centre/nct", "centre/suza"])
sites_words = st.sampled_from(["centres", "workplaces", "both"])
notices = st.builds(NoticeFact, st.sampled_from("abc"), st.just(""), st.just(""), days, st.none(), st.just(""), st.booleans())
closures = st.builds(
    ClosureFact,
    st.sampled_from(["c1", "c2", "c3"]),
    partitions,
    scopes,
    sites_words,
    st.just("covid-19"),
    st.lists(notices, max_size=3, unique_by=lambda notice: notice.id).map(tuple),
    st.none() | st.sampled_from("abc"),
    st.booleans(),
)
resumptions = st.builds(
    ResumptionFact,
    st.uuids().map(str),
    partitions,
    st.sampled_from(["c1", "c2", "c3"]),
    scopes,
    sites_words,
    st.sampled_from(["permitted", "reopened"]),
    days,
    st.booleans(),
)
facts = st.tuples(st.lists(closures, max_size=3, unique_by=lambda fact: fact.id), st.lists(resumptions, max_size=5))
sites = st.sampled_from(SITES)


def closed_by_definition(site: Site, day: date, closures: list[ClosureFact], resumptions: list[ResumptionFact]) -> set[str]:
    """The sentence of the design, word for word, without intervals."""
    found: set[str] = set()
    for fact in closures:
        counting = counting_notice(fact)
        if fact.withdrawn or counting is None or not lies_in(site, fact.partition):
            continue
        if covers(fact.scope, fact.sites, site) and counting.since <= day:
            reopened = any(
                resumption.closure == fact.id
                and resumption.kind == "reopened"
                and not resumption.withdrawn
                and lies_in(site, resumption.partition)
                and covers(resumption.scope, resumption.sites, site)
                and counting.since <= resumption.since <= day
                for resumption in resumptions
            )
            found |= set() if reopened else {fact.id}
    return found


@given(facts, sites, days)
def test_a_site_is_closed_exactly_when_the_design_says_so(facts: Facts, site: Site, day: date) -> None:
    assert {fact.id for fact in closures_on(site, day, *facts)} == closed_by_definition(site, day, *facts)


@given(facts, sites, st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(facts: Facts, site: Site, random: Random) -> None:
    shuffled = [
        replace(fact, notices=tuple(random.sample(fact.notices, len(fact.notices)))) for fact in random.sample(facts[0], len(facts[0]))
    ]
    resumptions = random.sample(facts[1], len(facts[1]))
    assert closed_intervals(site, shuffled, resumptions) == closed_intervals(site, *facts)


@given(facts, sites)
def test_a_withdrawn_fact_leaves_no_trace(facts: Facts, site: Site) -> None:
    standing_closures = [
        replace(fact, notices=tuple(notice for notice in fact.notices if not notice.withdrawn)) for fact in facts[0] if not fact.withdrawn
    ]
    standing_resumptions = [fact for fact in facts[1] if not fact.withdrawn]
    assert closed_intervals(site, standing_closures, standing_resumptions) == closed_intervals(site, *facts)


@given(facts, sites, st.data())
def test_repeating_a_resumption_changes_nothing(facts: Facts, site: Site, data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(facts[1]))) if facts[1] else []
    assert closed_intervals(site, facts[0], [*facts[1], *again]) == closed_intervals(site, *facts)


@given(facts, sites, resumptions, days)
def test_one_more_reopening_never_closes(facts: Facts, site: Site, extra: ResumptionFact, day: date) -> None:
    if is_closed(site, day, facts[0], [*facts[1], extra]):
        assert is_closed(site, day, *facts)


@given(facts, sites, days)
def test_one_more_closure_never_opens(facts: Facts, site: Site, day: date) -> None:
    for count in range(len(facts[0])):
        if is_closed(site, day, facts[0][:count], facts[1]):
            assert is_closed(site, day, *facts)


@given(facts, sites, days)
def test_intervals_calendar_and_single_days_agree(facts: Facts, site: Site, day: date) -> None:
    first, last = MARCH_18, MARCH_18 + timedelta(30)
    closed = closed_days(first, last, closed_intervals(site, *facts))
    calendar = day_calendar(first, last, site, *facts, holidays=NO_HOLIDAYS)

    assert (day in closed) == is_closed(site, day, *facts)
    assert {entry.on for entry in calendar if entry.kind is DayKind.CLOSED} == closed
    assert all(list(entry.closures) == closures_on(site, entry.on, *facts) for entry in calendar)


@given(facts, sites, st.frozensets(days))
def test_planned_days_are_either_trained_or_lost(facts: Facts, site: Site, holidays: frozenset[date]) -> None:
    period = MARCH_18, MARCH_18 + timedelta(40)
    intervals = closed_intervals(site, *facts)
    planned = training_days(*period, [MONDAY_TO_SATURDAY], holidays)
    trained = training_days(*period, [MONDAY_TO_SATURDAY], holidays, intervals)
    lost = lost_days(*period, intervals, [MONDAY_TO_SATURDAY], holidays)

    assert sorted([*trained, *lost]) == planned


@given(facts, sites, st.lists(st.tuples(days, st.none() | days)))
def test_person_days_are_the_sum_of_every_persons_days(facts: Facts, site: Site, spans: list[tuple[date, date | None]]) -> None:
    first, last = MARCH_18, MARCH_18 + timedelta(40)
    intervals = closed_intervals(site, *facts)
    one_by_one = sum(days_lost(begin, end or last, intervals) for begin, end in spans)

    assert person_days_lost(spans, lost_days(first, last, intervals)) == one_by_one


@given(st.lists(st.builds(WeeklyPattern, days, st.frozensets(st.integers(0, 6)))), days)
def test_a_later_pattern_leaves_earlier_days_alone(patterns: list[WeeklyPattern], since: date) -> None:
    later = WeeklyPattern(since, frozenset({5, 6}))
    period = MARCH_18 - timedelta(10), since - timedelta(1)
    assert training_days(*period, [*patterns, later], ()) == training_days(*period, patterns, ())


@given(st.lists(st.builds(WeeklyPattern, days, st.frozensets(st.integers(0, 6)))))
def test_stretches_agree_with_looking_up_each_day(patterns: list[WeeklyPattern]) -> None:
    period = [MARCH_18 + timedelta(n) for n in range(-5, 30)]
    assert training_days(period[0], period[-1], patterns, ()) == [day for day in period if day.weekday() in weekdays_on(day, patterns)]


@given(facts, sites)
def test_overlapping_closures_close_the_days_of_each_once(facts: Facts, site: Site) -> None:
    first, last = MARCH_18, MARCH_18 + timedelta(30)
    together = closed_days(first, last, closed_intervals(site, *facts))
    assert together == {on for fact in facts[0] for on in closed_days(first, last, closed_intervals(site, [fact], facts[1]))}


@given(facts, sites)
def test_a_wider_closure_with_narrower_resumptions_is_decided_site_by_site(facts: Facts, site: Site) -> None:
    """What a site hears of resumptions is which of them are its own: the others might not exist, and how wide its own are is the same."""
    own = [fact for fact in facts[1] if covers(fact.scope, fact.sites, site)]
    kind = "employer" if site.employer else "cohort" if site.cohort else "centre"
    narrow = Scope(kind, getattr(site, kind))
    as_if_for_it_alone = [replace(fact, scope=narrow, sites="both") for fact in own]
    assert closed_intervals(site, facts[0], own) == closed_intervals(site, *facts)
    assert closed_intervals(site, facts[0], as_if_for_it_alone) == closed_intervals(site, *facts)


@given(facts, sites, resumptions)
def test_closing_again_is_not_undone_by_reopenings_of_the_first_closure(facts: Facts, site: Site, extra: ResumptionFact) -> None:
    others = [fact for fact in facts[0] if fact.id != extra.closure]
    assert closed_intervals(site, others, [*facts[1], extra]) == closed_intervals(site, others, facts[1])


@given(closures, sites, days)
def test_an_open_ended_closure_closes_every_day_from_its_begin(fact: ClosureFact, site: Site, day: date) -> None:
    for first, last, _closure in closed_intervals(site, [fact], []):
        assert last is None
        assert is_closed(site, day, [fact], []) is (day >= first)
        assert is_closed(site, date(2099, 12, 31), [fact], [])


@given(facts, sites, st.none() | days)
def test_an_expected_end_changes_no_day_whatever_it_is(facts: Facts, site: Site, until: date | None) -> None:
    hoped = [replace(fact, notices=tuple(replace(each, expected_until=until) for each in fact.notices)) for fact in facts[0]]
    assert closed_intervals(site, hoped, facts[1]) == closed_intervals(site, *facts)


@given(facts, sites, days)
def test_what_was_recorded_later_gives_what_it_would_have_given_in_time(facts: Facts, site: Site, day: date) -> None:
    """A day depends on facts dated up to it and on nothing else: when somebody wrote them down is not among the facts."""
    begun = [fact for fact in facts[0] if (found := counting_notice(fact)) and found.since <= day]
    opened = [fact for fact in facts[1] if fact.since <= day]
    assert closures_on(site, day, begun, opened) == closures_on(site, day, *facts)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its zone in a running process")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Africa/Dar_es_Salaam"])
def test_the_zone_of_the_machine_changes_no_day(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    facts, period = ([closure()], [reopening()]), (MARCH_18 - timedelta(3), JUNE_22)
    here = day_calendar(*period, NCT, *facts, holidays=NO_HOLIDAYS)
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        there = day_calendar(*period, NCT, *facts, holidays=NO_HOLIDAYS)
    time.tzset()
    assert there == here


# Laws of breaks and of making up for lost time

breaks = st.builds(
    BreakFact,
    st.uuids().map(str),
    days,
    days,
    st.sampled_from(["", "Easter"]),
    st.none() | st.sampled_from(["bustani", "maruhubi"]),
    st.none() | st.sampled_from(["nct-2019", "suza-2019"]),
    st.booleans(),
)
orders = st.builds(
    CatchUpFact,
    st.uuids().map(str),
    st.sampled_from(["nct-2019", "suza-2019"]),
    st.sampled_from(["saturdays", "no_break", "longer_days", "order-of-2031"]),
    days,
    st.none() | days,
    st.booleans(),
)
years = st.tuples(st.lists(breaks, max_size=4), st.lists(orders, max_size=4))
Year = tuple[list[BreakFact], list[CatchUpFact]]


@given(years, sites, st.randoms(use_true_random=False))
def test_the_order_of_breaks_and_orders_does_not_matter(year: Year, site: Site, random: Random) -> None:
    shuffled = random.sample(year[0], len(year[0])), random.sample(year[1], len(year[1]))
    assert terms_of(site, *shuffled) == terms_of(site, *year)


@given(years, sites)
def test_a_withdrawn_break_or_order_leaves_no_trace(year: Year, site: Site) -> None:
    standing = [fact for fact in year[0] if not fact.withdrawn], [fact for fact in year[1] if not fact.withdrawn]
    assert terms_of(site, *standing) == terms_of(site, *year)


@given(facts, years, sites, st.frozensets(days))
def test_the_calendar_and_the_days_of_training_agree_on_breaks(facts: Facts, year: Year, site: Site, holidays: frozenset[date]) -> None:
    period, terms = (MARCH_18, MARCH_18 + timedelta(30)), terms_of(site, *year)
    named = dict.fromkeys(holidays, "")
    calendar = day_calendar(*period, site, *facts, holidays=named, terms=terms)
    trained = training_days(*period, (), holidays, closed_intervals(site, *facts), terms)
    assert [day.on for day in calendar if day.kind is DayKind.TRAINING] == trained
    assert all(day.term_break for day in calendar if day.kind is DayKind.BREAK)


@given(facts, years, sites)
def test_making_up_takes_no_planned_day_and_loses_none(facts: Facts, year: Year, site: Site) -> None:
    period, intervals = (MARCH_18, MARCH_18 + timedelta(40)), closed_intervals(site, *facts)
    terms = terms_of(site, *year)
    planned = set(training_days(*period, (), (), intervals, terms.as_planned))
    assert planned <= set(training_days(*period, (), (), intervals, terms))
    assert lost_days(*period, intervals, (), (), terms) == lost_days(*period, intervals, (), (), terms.as_planned)


@given(facts, sites, st.lists(breaks, max_size=4))
def test_a_break_takes_days_and_gives_none(facts: Facts, site: Site, found: list[BreakFact]) -> None:
    period, intervals = (MARCH_18, MARCH_18 + timedelta(40)), closed_intervals(site, *facts)
    terms = terms_of(site, found, [])
    assert set(training_days(*period, (), (), intervals, terms)) <= set(training_days(*period, (), (), intervals))


# Laws of before and after

some_days = st.frozensets(days)
cohort_days = st.builds(CohortDays, some_days, some_days, st.none() | days)
states = st.dictionaries(st.sampled_from("abc"), cohort_days)


@given(states)
def test_nothing_changed_is_nothing_told(state: dict[str, CohortDays]) -> None:
    assert compare(state, state, expected={}, marked={}) == {}


@given(st.lists(cohort_days, min_size=2, max_size=2), some_days, some_days)
def test_what_a_change_takes_its_undoing_gives_back(both: list[CohortDays], expected: frozenset[date], marked: frozenset[date]) -> None:
    before, after = ({"a": each} for each in both)
    there = compare(before, after, expected={"a": expected}, marked={"a": marked})
    back = compare(after, before, expected={"a": expected}, marked={"a": marked})
    assert there.keys() == back.keys()
    for key, change in there.items():
        assert (change.no_longer_due, change.no_longer_count) == (back[key].due_again, back[key].count_again)
        assert set(change.no_longer_due) == (both[0].due - both[1].due) & expected
        assert not set(change.no_longer_due) & set(change.due_again)


@given(facts, sites, st.none() | days)
def test_a_closure_that_had_not_been_closes_nothing_and_the_others_as_before(facts: Facts, site: Site, since: date | None) -> None:
    for fact in facts[0]:
        others = [each for each in facts[0] if each.id != fact.id]
        supposed = closed_intervals(site, had_begun(facts[0], fact.id, since), facts[1])
        assert [each for each in supposed if each.closure != fact.id] == closed_intervals(site, others, facts[1])
        assert since or fact.id not in {each.closure for each in supposed}


@given(facts)
def test_supposing_twice_that_resumptions_had_not_been_is_as_it_was(facts: Facts) -> None:
    ids = {fact.id for fact in facts[1]}
    assert had_not(had_not(facts[1], ids), ids) == facts[1]
