"""The demo's story of 2020, told once over real exchanges; every figure below was counted by hand.

18 March to 31 May 2020 has 53 weekdays; 10, 13 and 27 April, 1, 25 and 26 May and 7 April were holidays: 46 days lost at
NCT. To 21 June there are 15 weekdays more and no holiday: 61 at SUZA. NCT had 41 enrolled (22 women, 19 men), SUZA 175
(90 women, 85 men) besides its 52 graduates.
"""

import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import CHEAP
from tracker import config, replication
from tracker.accounts import actions as accounts
from tracker.app import create_app
from tracker.attendance import actions as attendance
from tracker.attendance import queries as marks
from tracker.calendar.queries import Calendar, calendar_for, story_for
from tracker.calendar.rules import DayKind
from tracker.catchup.debt_queries import debt_of
from tracker.catchup.queries import notices, summary
from tracker.clock import EAST_AFRICA, StoryClock
from tracker.db import db, SyncedRow
from tracker.demo import _introduce, FolderInUse, main, plan
from tracker.demo.machines import Machine
from tracker.demo.story import Story, tell
from tracker.i18n import speaking
from tracker.indicators.queries import country, read
from tracker.indicators.recovery import with_recovery
from tracker.indicators.rules import (
    caught_up,
    days_lost,
    employers_engaged,
    enrolled,
    Facts,
    Figure,
    person_days_lost,
    placed,
    register_completeness,
    return_rate,
    safety_trained,
    Split,
    suspended,
    workplace_return,
)
from tracker.nodes import actions as nodes
from tracker.overview import queries as overviews
from tracker.people import queries as people
from tracker.people.models import Enrolment
from tracker.placements.queries import listed, placed_on, placements, state_on
from tracker.placements.rules import StateKind
from tracker.policy import Actor, NATION, OPERATOR
from tracker.resumption.queries import displaced, roll_call
from tracker.safety.queries import checklist
from tracker.serve import listen, PortInUse

NEW_YEAR, MARCH_17, MARCH_18, JULY_1, JULY_29, TODAY = (
    date(2020, 1, 1),
    date(2020, 3, 17),
    date(2020, 3, 18),
    date(2020, 7, 1),
    date(2020, 7, 29),
    date(2020, 7, 30),
)
COSTS_LITTLE = {name: value for name, value in CHEAP.items() if name != "language"}
# The server's threads leave their connections to the garbage.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    told = tell(tmp_path_factory.mktemp("story") / "demo", language="en", settings=COSTS_LITTLE)
    yield told
    told.site.close()


@pytest.fixture
def central(story: Story) -> Iterator[Actor]:
    """Central's own person, on central's machine."""
    with story.site.central.app.app_context():
        yield story.site.central.actor("tatu")


def facts(story: Story, first: date = NEW_YEAR, last: date = TODAY, on: date = TODAY) -> Facts:
    with story.site.central.app.app_context():
        return read(country([story.nct.partition, story.suza.partition]), first, last, on)


def of_centre(story: Story, **days: date) -> tuple[Facts, Facts]:
    both = facts(story, **days).by_centre()
    return both[story.nct.partition], both[story.suza.partition]


# People


def test_41_are_enrolled_at_nct_of_whom_38_began_in_november_2019(story: Story, central: Actor) -> None:
    assert enrolled(of_centre(story)[0], Split.ALL) == {"": Figure(41)}
    november = [each for each in people.enrolments(central, story.nct.partition) if each.starts_on == date(2019, 11, 4)]
    assert len(november) == 38
    assert len(people.enrolments(central, story.nct.partition)) == 38 + 3


def test_24_and_16_and_12_graduated_at_suza_and_33_of_them_had_work(story: Story, central: Actor) -> None:
    graduates = [each for each in people.enrolments(central, story.suza.partition) if each.status == "completed"]
    trades = [each.occupation for each in graduates]
    assert {each.ended_on for each in graduates} == {date(2019, 4, 23)}
    assert trades.count("front-office") == 24
    assert trades.count("food-production") + trades.count("bakery") == 16
    assert trades.count("housekeeping") == 12
    assert len(graduates) == 52
    assert sum(each.end_reason == "employment" for each in graduates) == 33


def test_four_of_175_have_left_suza(story: Story) -> None:
    before, now = of_centre(story, on=MARCH_17)[1], of_centre(story)[1]
    assert enrolled(before, Split.SEX) == {"F": Figure(90), "M": Figure(85)}
    assert enrolled(now, Split.SEX) == {"F": Figure(90 - 3), "M": Figure(85 - 1)}


def test_nobody_has_the_name_of_another(story: Story, central: Actor) -> None:
    names = [each.full_name for centre in (story.nct, story.suza) for each in people.search(central, "", centre.partition)]
    assert len(names) == len(set(names)) == 41 + 175 + 52


# The closure


def test_46_working_days_were_lost_at_nct_and_61_at_suza(story: Story, central: Actor) -> None:
    for centre, days in ((story.nct, 46), (story.suza, 61)):
        calendar = calendar_for(central, centre.partition)
        for group in centre.groups:
            assert len(calendar.lost_days(people.cohort_for(central, group.id), NEW_YEAR, TODAY)) == days
    assert days_lost(facts(story), Split.CENTRE) == {story.nct.partition: Figure(46), story.suza.partition: Figure(61)}


def test_the_person_days_are_those_of_the_place_where_each_was_expected(story: Story) -> None:
    """In theory 46 days at NCT and 61 at SUZA; in a hotel also those since the reopening, 43 and 28 to 30 July: 89 at both.

    Three of SUZA's 50 in hotels left on 17 July, nine training days before: they lost 80.
    """
    nct, suza = of_centre(story)
    assert person_days_lost(nct, Split.PHASE) == {"placement": Figure(24 * 89), "theory": Figure(17 * 46)}
    assert person_days_lost(suza, Split.PHASE) == {"placement": Figure(47 * 89 + 3 * 80), "theory": Figure(125 * 61)}
    assert person_days_lost(facts(story), Split.ALL) == {"": Figure(2136 + 782 + 4423 + 7625)}
    until_may = of_centre(story, last=date(2020, 5, 31))[0]
    assert person_days_lost(until_may, Split.ALL) == {"": Figure(41 * 46)}  # while all was closed, all lost the same


@pytest.mark.parametrize(("which", "governments"), [(0, 2), (1, 1)])
def test_both_dates_of_the_closure_are_there_and_the_first_counts(story: Story, central: Actor, which: int, governments: int) -> None:
    told = story_for(central, story.closures[which])
    assert [notice.since for notice in told.notices] == [*[MARCH_18] * governments, date(2020, 4, 15)]
    assert told.is_contradicted
    assert told.since == MARCH_18
    assert told.row.chosen_notice_id == told.notices[governments - 1].id  # chosen by a person, not by the rule
    assert told.notices[-1].source is not None
    assert told.notices[-1].source.startswith("ILO, 1 July 2020")


def test_the_mainland_closed_for_30_days_and_zanzibar_without_an_end(story: Story, central: Actor) -> None:
    mainland, zanzibar, _ = (story_for(central, each).notices[0] for each in story.closures)
    assert mainland.expected_until == MARCH_18 + timedelta(days=29)
    assert zanzibar.expected_until is None


def test_permission_opened_nothing_and_each_college_opened_on_its_own_day(story: Story, central: Actor) -> None:
    first = {}
    for centre in (story.nct, story.suza):
        calendar = calendar_for(central, centre.partition)
        cohort = people.cohort_for(central, centre.groups[0].id)
        first[centre.partition] = calendar.training_days(cohort, MARCH_18, TODAY)[0]
    assert first == {story.nct.partition: date(2020, 6, 1), story.suza.partition: date(2020, 6, 22)}


def test_permissions_and_reopenings_stand_side_by_side(story: Story, central: Actor) -> None:
    mainland, zanzibar, hotels = story.closures
    nct, suza = (calendar_for(central, centre.partition) for centre in (story.nct, story.suza))
    opened = [("permitted", date(2020, 6, 1)), ("reopened", date(2020, 6, 1)), ("reopened", date(2020, 6, 29))]
    assert resumptions(nct, mainland) == [("reopened", date(2020, 5, 25)), *opened]  # the first was heard on the radio, and withdrawn
    assert resumptions(suza, zanzibar) == [("permitted", date(2020, 6, 1)), ("reopened", date(2020, 6, 22))]
    assert resumptions(nct, hotels) == resumptions(suza, hotels) == []


def resumptions(calendar: Calendar, closure: str) -> list[tuple[str | None, date | None]]:
    told = calendar.story(closure)
    assert told is not None
    return [(each.kind, each.since) for each in told.resumptions]


# Hotels


def test_the_hotels_are_15_at_nct_and_16_at_suza(story: Story) -> None:
    nct, suza = of_centre(story, on=MARCH_17)
    assert employers_engaged(nct, Split.ALL) == {"": Figure(15)}
    assert employers_engaged(suza, Split.ALL) == {"": Figure(16)}


def test_on_30_july_all_placements_are_suspended_and_nobody_is_in_a_hotel(story: Story, central: Actor) -> None:
    nct, suza = of_centre(story)
    assert suspended(nct, Split.ALL) == {"": Figure(12 + 9 + 3)}
    assert suspended(suza, Split.ALL) == {"": Figure(50)}
    assert placed(facts(story), Split.ALL) in ({}, {"": Figure(0)})
    calendar = calendar_for(central, story.nct.partition)
    states = [state_on(each, TODAY, calendar) for each in placed_on(central, story.nct.partition, TODAY).values()]
    assert {each.kind for each in states} == {StateKind.SUSPENDED}
    assert {fact.id for each in states for fact in each.closures} == {story.closures[2]}


def test_some_placements_lack_what_decent_work_asks_for(story: Story, central: Actor) -> None:
    found = listed(central, story.nct.partition, placements(central, story.nct.partition), TODAY)
    assert sorted(problem.column or "" for each in found for problem in each.warnings) == ["contract_signed_on", "supervisor"]


# Coming back


def test_of_22_women_20_and_of_19_men_17_were_back_at_nct_within_30_days(story: Story) -> None:
    assert return_rate(of_centre(story)[0], Split.SEX) == {"F": Figure(20, 22), "M": Figure(17, 19)}


def test_of_90_women_84_and_of_85_men_82_were_back_at_suza(story: Story) -> None:
    assert return_rate(of_centre(story)[1], Split.SEX) == {"F": Figure(84, 90), "M": Figure(82, 85)}


def test_more_than_200_were_back_on_1_july(story: Story) -> None:
    assert seen(story, JULY_1) == 37 + 166
    assert seen(story, JULY_29) == 38 + 166


def seen(story: Story, last: date) -> int:
    """Who attended on any day from the reopening to `last`."""
    with story.site.central.app.app_context():
        rows = [each for centre in (story.nct, story.suza) for each in marks.marks(OPERATOR, centre.partition, date(2020, 6, 1), last)]
        return len({row.apprentice_id for row in rows if row.status in {"present", "late", "remote"}})


def test_who_did_not_come_back_is_who_the_story_says(story: Story) -> None:
    with story.site.dar.app.app_context():
        registrar = story.site.dar.actor("rehema")
        names = {story.nct.partition: "NCT"}
        where = country(names)
        found = overviews.overview(registrar, where, names, overviews.period_of(where, "year"))
        never = {member.id for group in story.nct.groups for member in group.members if member.fate == "never"}
        assert found.missing is not None
        assert {each.apprentice.id for each in found.missing} == never
        assert sorted(each.apprentice.sex or "" for each in found.missing) == ["F", "F", "M"]


def test_central_sees_eight_who_are_enrolled_and_not_seen(story: Story, central: Actor) -> None:
    names = overviews.centres(central)
    where = country(names)
    assert set(names) == {story.nct.partition, story.suza.partition}
    assert overviews.overview(central, where, names, overviews.period_of(where, "year")).not_seen == 3 + 9 - 4


# April and May: extended, and a rumour


def test_the_closure_of_30_days_was_extended_and_both_notices_stand(story: Story, central: Actor) -> None:
    mainland = story_for(central, story.closures[0])
    assert [(each.since, each.expected_until) for each in mainland.notices if each.source and "ILO" not in each.source] == [
        (MARCH_18, date(2020, 4, 16)),
        (MARCH_18, None),
    ]
    assert mainland.counting is not None
    assert mainland.counting.expected_until is None
    assert mainland.row.meanwhile == "remote_packs"


def test_the_rumour_of_25_may_was_withdrawn_and_opened_nothing(story: Story, central: Actor) -> None:
    calendar = calendar_for(central, story.nct.partition)
    told = calendar.story(story.closures[0])
    assert told is not None
    assert [each.since for each in told.resumptions if each.void_reason] == [date(2020, 5, 25)]
    cohort = people.cohort_for(central, story.nct.groups[0].id)
    assert calendar.day(cohort, date(2020, 5, 27)).kind == DayKind.CLOSED


# Coming back, person by person


@pytest.fixture
def rehema(story: Story) -> Iterator[Actor]:
    """The registrar of NCT, on her machine."""
    with story.site.dar.app.app_context():
        yield story.site.dar.actor("rehema")


def test_the_roll_call_knows_who_is_back_who_was_reached_and_who_left(story: Story, central: Actor) -> None:
    """NCT: 41, of whom 38 came and two of three were reached; SUZA: 175, of whom 166 came, four left, and five are not seen."""
    nct = roll_call(central, story.nct.partition, story.closures[0])
    suza = roll_call(central, story.suza.partition, story.closures[1])
    assert Counter(each.state.kind for each in nct.people) == {"returned": 38, "reached": 2, "not-seen": 1}
    assert Counter(each.state.kind for each in suza.people) == {"returned": 166, "left": 4, "not-seen": 5}
    assert {code: each.returned for code, each in nct.by_sex().items()} == {"F": 20, "M": 18}


def test_who_was_called_says_when_he_comes(story: Story, rehema: Actor) -> None:
    found = {each.apprentice.number: each.last for each in roll_call(rehema, story.nct.partition, story.closures[0]).people if each.last}
    assert {number: (each.outcome, each.expected_on) for number, each in found.items() if each} == {
        "NCT/D/19/021": ("not_reached", None),
        "NCT/D/19/022": ("promised", date(2020, 8, 3)),
        "NCT/A/19/016": ("reached", None),
    }


def test_by_phase_those_from_hotels_came_back_as_the_others_did(story: Story) -> None:
    """Of NCT's 24 in hotels all came; of 17 in theory three never did and one came on the 35th day. At SUZA 3 of 50, and 6 of 125."""
    nct, suza = of_centre(story)
    assert return_rate(nct, Split.PHASE) == {"placement": Figure(24, 24), "theory": Figure(13, 17)}
    assert return_rate(suza, Split.PHASE) == {"placement": Figure(47, 50), "theory": Figure(119, 125)}


def test_no_placement_has_gone_on_and_all_displaced_are_at_their_centres(story: Story, central: Actor) -> None:
    """24 of NCT, and of SUZA's 50 those 47 who have not left; of all 74 none has reopened."""
    nct, suza = (displaced(central, centre.partition) for centre in (story.nct, story.suza))
    assert (len(nct), len(suza)) == (24, 47)
    assert {each.is_centre_open for each in (*nct, *suza)} == {True}
    assert {each.opens_on for each in (*nct, *suza)} == {None}
    assert workplace_return(recovered(story), Split.CENTRE) == {story.nct.partition: Figure(0, 24), story.suza.partition: Figure(0, 50)}


def recovered(story: Story) -> Facts:
    with story.site.central.app.app_context():
        where = country([story.nct.partition, story.suza.partition])
        return with_recovery(OPERATOR, where, read(where, NEW_YEAR, TODAY, TODAY))


# Safety


def test_the_checklist_was_ready_but_for_one_item(story: Story, central: Actor) -> None:
    for centre, closure in ((story.nct, story.closures[0]), (story.suza, story.closures[1])):
        found = checklist(central, centre.partition, closure)
        assert found.ready == (5, 1, 0, 0)  # ready, partly, not ready, unanswered


def test_the_session_about_covid_was_repeated_and_holds_for_those_who_were_there(story: Story) -> None:
    """NCT repeated it on 8 July with 38 of 41, SUZA on 15 July with 166 of now 171; the first ones have run out after 30 days."""
    known = recovered(story)
    assert known.topic == "covid-19"
    assert safety_trained(known, Split.CENTRE) == {story.nct.partition: Figure(38, 41), story.suza.partition: Figure(166, 171)}


# Catching up


def test_the_order_of_two_hours_is_there_withdrawn_and_an_hour_more_is_in_force(story: Story, rehema: Actor) -> None:
    debt = debt_of(rehema, people.cohort_for(rehema, story.nct.groups[0].id))
    assert [(each.minutes, each.void_reason is not None) for each in debt.ways] == [(120, True), (60, False)]
    assert "haiwezekani" in (debt.ways[0].void_reason or "").casefold()


def test_the_hours_lost_and_made_up_are_these(story: Story) -> None:
    """A training day has seven hours.

    NCT, theory: 17 x 46 x 7 = 5,474 hours. Dar es Salaam brought 8 packs of 20 hours and was taught an hour more on 13 days
    (13 to 29 July) before 10 people: 160 + 130; Arusha 5 packs, 11 days, 7 people: 100 + 77. Together 467.
    SUZA, theory: 125 x 61 x 7 = 53,375 hours; 29 packs, 580 hours. In hotels 2,136 and 4,423 days of seven hours, none made up.
    """
    nct, suza = (recovered(story).by_centre()[centre.partition] for centre in (story.nct, story.suza))
    assert caught_up(nct, Split.PHASE) == {"placement": Figure(0, 60 * 14_952), "theory": Figure(60 * 467, 60 * 5_474)}
    assert caught_up(suza, Split.PHASE) == {"placement": Figure(0, 60 * 30_961), "theory": Figure(60 * 580, 60 * 53_375)}


def test_the_projected_end_of_the_cohort_is_14_december_2021(story: Story, rehema: Actor) -> None:
    """Who brought no pack owes 46 x 7 h - 13 h = 309 hours. An hour more a day until 18 December brings 95: 20 days in August,
    22, 19 and 21 in the months that follow, 13 in December. Of the other 214 hours, seven a day, the 31st day is needed: November
    2021 has 22, and 14 December is the ninth of December, for the 9th is a holiday. The announced end is the Friday after.
    """
    debt = debt_of(rehema, people.cohort_for(rehema, story.nct.groups[0].id))
    found = summary(rehema, debt)
    assert (found.largest, found.projected) == (60 * 309, date(2021, 12, 14))
    assert (debt.original_end, debt.ends_on) == (date(2021, 10, 29), date(2021, 12, 17))


def test_there_is_a_notice_of_the_later_end_for_everybody_of_the_cohort(story: Story, rehema: Actor) -> None:
    """Twelve for placements, with their hotels; ten for those in theory."""
    found = notices(rehema, debt_of(rehema, people.cohort_for(rehema, story.nct.groups[0].id)))
    assert Counter(each.employer is not None for each in found) == {True: 12, False: 10}
    assert {(each.original, each.moved_to) for each in found} == {(date(2021, 10, 29), date(2021, 12, 17))}


# Who


def test_two_of_41_and_six_of_171_have_a_great_difficulty(story: Story) -> None:
    nct, suza = of_centre(story)
    assert enrolled(nct, Split.DISABILITY) == {"with": Figure(2), "without": Figure(39)}
    assert enrolled(suza, Split.DISABILITY) == {"with": Figure(6), "without": Figure(165)}


# Registers


def test_some_registers_were_not_taken(story: Story) -> None:
    """NCT had 51 training days before the closure and 42 after it, SUZA 51 and 27; two of its cohorts began on 20 January."""
    first, last = date(2020, 1, 6), JULY_29
    nct, suza = of_centre(story, first=first, last=last)
    assert register_completeness(nct, Split.ALL) == {"": Figure(3 * 93 - 4, 3 * 93)}
    assert register_completeness(suza, Split.ALL) == {"": Figure(3 * 78 + 2 * 69 - 3, 3 * 78 + 2 * 69)}


def test_the_register_of_30_july_is_due_and_not_taken(story: Story) -> None:
    with story.site.dar.app.app_context():
        instructor = story.site.dar.actor("baraka")
        day = marks.day_overview(instructor, story.nct.partition, TODAY)
        assert [each.is_due for each in day.cohorts if each.is_mine] == [True, True]
        assert all(each.register is None and each.day.kind == DayKind.TRAINING for each in day.cohorts)


# Exchanging


def synced_tables() -> list[sa.Table]:
    models = [mapper.class_ for mapper in SyncedRow.registry.mappers]
    return [SyncedRow.metadata.tables[model.__tablename__] for model in models if issubclass(model, SyncedRow)]


def rows_of(machine: Machine, *partitions: str) -> dict[str, list[tuple[Any, ...]]]:
    """All synced rows of these partitions with their stamps, by table."""
    with machine.app.app_context():
        return {
            table.name: sorted(map(tuple, db.session.execute(sa.select(table).where(table.c.partition.in_(partitions)))), key=repr)
            for table in synced_tables()
        }


def test_central_and_the_laptops_hold_equal_rows(story: Story) -> None:
    site = story.site
    nct = rows_of(site.central, NATION, story.nct.partition)
    assert nct == rows_of(site.dar, NATION, story.nct.partition) == rows_of(site.arusha, NATION, story.nct.partition)
    assert rows_of(site.central, NATION, story.suza.partition) == rows_of(site.suza, NATION, story.suza.partition)
    assert len(nct["apprentice"]) == 41
    assert len(nct["closure"]) == 3


def test_two_laptops_changed_one_phone_number_and_both_numbers_are_kept(story: Story) -> None:
    for machine in (story.site.central, story.site.dar, story.site.arusha):
        with machine.app.app_context():
            (conflict,) = replication.open_conflicts(story.nct.partition)
            assert conflict.group == "phone"
            assert {each.values["phone"] for each in conflict.versions} == {"+255700431207", "+255700431702"}


def test_everything_was_written_in_2020(central: Actor) -> None:
    assert central.name == "Tatu Wambura"
    years = [datetime.fromtimestamp(at or 0, EAST_AFRICA).year for at in db.session.scalars(sa.select(Enrolment.at).distinct())]
    assert set(years) == {2020}


@pytest.fixture
def copied(story: Story, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Central and the laptop of Dar es Salaam in copied folders, so that something may happen to them."""
    home = story.site.central.app.extensions["settings"].home.parent
    clock = StoryClock(day=TODAY)
    found = []
    for name, folder in (("central", "central"), ("dar", "nct-dar")):
        shutil.copytree(home / folder, tmp_path / folder)
        app = create_app(config.load(tmp_path / folder, environ={}, **CHEAP), clock=clock)
        found.append(Machine(name, app, clock))
    server = listen(found[0].app, config.load(tmp_path / "central", environ={}, port=0))
    with found[1].app.app_context():
        nodes.keep_settings(server=server.address.rstrip("/"))
    thread = Thread(target=server.serve)
    thread.start()
    yield found[0], found[1]
    server.stop()
    thread.join()
    for machine in found:
        machine.close()


def test_a_register_taken_today_is_at_central_after_an_exchange(story: Story, copied: tuple[Machine, Machine]) -> None:
    central, dar = copied
    group = story.nct.groups[0]
    with dar.app.app_context():
        instructor = dar.actor("baraka")
        attendance.mark_remaining_present(instructor, group.id, TODAY)
        nodes.sync_now(instructor)
    with central.app.app_context():
        found = marks.marks(central.actor("tatu"), story.nct.partition, TODAY, TODAY)
        assert len(found) == 22
        assert {row.status for row in found} == {"present"}


def test_the_printed_password_opens_the_pages(story: Story, copied: tuple[Machine, Machine]) -> None:
    for machine, username, page in (
        (copied[1], "baraka", "/attendance/"),
        (copied[1], "rehema", "/conflicts/"),
        (copied[0], "tatu", "/overview/"),
    ):
        with machine.app.app_context():
            token = accounts.sign_in(username, plan.PASSWORD, device="test", address="127.0.0.1")
        browser = machine.app.test_client()
        browser.set_cookie("s", token)
        assert browser.get(page).status_code == 200
    del story


# Starting


def test_a_port_in_use_is_said_at_once_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortInUse):
            tell(tmp_path / "demo", ports=(other.getsockname()[1], 0), settings=COSTS_LITTLE)
    assert list((tmp_path / "demo").iterdir()) == []


def test_it_says_where_to_sign_in_and_as_whom(story: Story) -> None:
    said: list[str] = []
    with speaking("en"):
        _introduce(story, said.append)
    text = "\n".join(said)
    assert story.centre_server.address in text
    assert "http://localhost:" in text  # another host than the centre's: a browser keeps their cookies apart
    for username in ("rehema", "baraka", "tatu"):
        assert f"username {username}, password {plan.PASSWORD}" in text
    assert "Thursday, 30 July 2020" in text


def test_the_demo_leaves_a_folder_alone_that_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(FolderInUse):
        main(0, open_browser=False, today=False, home=tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]
