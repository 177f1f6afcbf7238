"""The month sheet end to end: acts of people, then the reckoning with its arithmetic beside it; and the page itself."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from tests.conftest import Browser, PinnedClock
from tests.country import Country
from tests.tracker.attendance.conftest import World
from tracker.attendance import actions
from tracker.attendance.reckoning import Reckoning, Verdict
from tracker.attendance.sheet_queries import after_months, month_sheet, MonthSheet, SheetRow
from tracker.calendar import actions as calendar
from tracker.calendar.models import WeeklyPattern
from tracker.calendar.rules import Rate
from tracker.db import db, write
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.people import actions as people
from tracker.people.models import Cohort
from tracker.people.queries import enrolments_of
from tracker.placements.models import Placement, Roster
from tracker.policy import Actor, OPERATOR

WEEK = [date(2026, 2, day) for day in range(2, 7)]  # Monday to Friday; all five are days of training
LETTERS = {"P": "present", "L": "late", "A": "absent", "E": "excused", "R": "remote"}


def _take(world: World, marks: str, days: list[date] = WEEK, *, person: int = 0) -> None:
    """Mark one person by letters, and everybody else present by taking the registers."""
    for on, letter in zip(days, marks, strict=True):
        if letter in LETTERS:
            actions.mark(OPERATOR, world.partition, world.people[person].id, on, LETTERS[letter])
        actions.take_register(OPERATOR, world.cohort.id, on)


def _sheet(world: World, cohort: Cohort | None = None, month: int = 2) -> MonthSheet:
    return month_sheet(OPERATOR, cohort or world.cohort, 2026, month)


def _row(sheet: MonthSheet, world: World, person: int = 0) -> SheetRow:
    return next(row for row in sheet.rows if row.id == world.people[person].id)


def _month(world: World, person: int = 0) -> Reckoning:
    return _row(_sheet(world), world, person).month


def test_a_week_is_what_was_marked(world: World) -> None:
    """P L A E R: three of four days of 420 minutes; the excused day stands apart."""
    _take(world, "PLAER")
    assert (_month(world).so_far, _month(world).excused) == (Rate(1260, 1680), 420)
    assert _month(world).halves == {"present": 2, "late": 2, "absent": 2, "excused": 2, "remote": 2}


def test_a_half_day_is_marked_by_hours(world: World) -> None:
    """Monday morning present, afternoon absent, registers of both halves taken: 210 of 420; then 4 x 420."""
    for slot, status in (("am", "present"), ("pm", "absent")):
        actions.mark(OPERATOR, world.partition, world.people[0].id, WEEK[0], status, slot=slot)
        actions.take_register(OPERATOR, world.cohort.id, WEEK[0], slot)
    _take(world, "PPPP", WEEK[1:])
    assert _month(world).so_far == Rate(1890, 2100)


def test_the_week_says_how_long_half_days_are(world: World) -> None:
    """Mornings of 240 and afternoons of 120 since Wednesday: P P A P, 420 + 420 of 420 + 420 + 360, and 360 of 360."""
    with write(OPERATOR) as session:
        session.add(WeeklyPattern(partition=world.partition, since=WEEK[2], weekdays="12345", am_minutes=240, pm_minutes=120))
    _take(world, "PPAP", WEEK[:4])
    assert _month(world).so_far == Rate(1200, 1560)


def test_a_closure_in_mid_week_takes_its_days_out(world: World) -> None:
    """Closed on Wednesday and Thursday after all were marked: P A (A A) P = 2 of 3."""
    _take(world, "PAAAP")
    calendar.close(OPERATOR, world.partition, "cohort", world.cohort.id, "centres", "flood", WEEK[2])
    calendar.reopen(OPERATOR, world.partition, WEEK[4], "cohort", world.cohort.id, "centres")
    assert _month(world).so_far == Rate(840, 1260)
    assert [each.day.kind for each in _sheet(world).days[1:6]] == ["training", "training", "closed", "closed", "training"]


def test_a_holiday_declared_afterwards_counts_in_nothing(world: World) -> None:
    """P P P A A, Friday declared a holiday: 3 of 4 days = 75 %."""
    _take(world, "PPPAA")
    assert _month(world).so_far == Rate(1260, 2100)
    calendar.correct_holiday(OPERATOR, "mainland", WEEK[4], name="Siku ya maombolezo", is_holiday=True)
    assert _month(world).so_far == Rate(1260, 1680)
    cell = _row(_sheet(world), world).cells[WEEK[4].day - 1]
    assert (cell.am, cell.counts) == ("absent", False)


def test_taught_anyway_counts_until_it_is_withdrawn(world: World) -> None:
    """Saturday taught anyway and missed: 5 of 6; withdrawn: 5 of 5."""
    saturday = WEEK[4] + timedelta(days=1)
    _take(world, "PPPPP")
    actions.teach_anyway(OPERATOR, world.cohort.id, saturday, "Makeup day")
    _take(world, "A", [saturday])
    assert _month(world).so_far == Rate(2100, 2520)
    actions.withdraw_taught(OPERATOR, world.cohort.id, saturday, "It was the week after")
    assert _month(world).so_far == Rate(2100, 2100)


def test_a_transfer_counts_each_day_once_and_for_the_cohort_of_that_day(world: World) -> None:
    """A P | P P A, moved on Wednesday: 1 of 2 there, 2 of 3 here."""
    other = world.add_cohort("Hotel 2026 C")
    (enrolment,) = enrolments_of(world.people[0])
    for on, letter in zip(WEEK, "APPPA", strict=True):
        actions.mark(OPERATOR, world.partition, world.people[0].id, on, LETTERS[letter])
        actions.take_register(OPERATOR, world.cohort.id, on)
        actions.take_register(OPERATOR, other.id, on)
    people.move(OPERATOR, enrolment.id, other.id, WEEK[2])
    assert _month(world).so_far == Rate(420, 840)
    assert _row(_sheet(world, other), world).month.so_far == Rate(840, 1260)


def test_a_late_joiner_counts_from_the_first_day(world: World) -> None:
    """Enrolled on Wednesday, marked absent on Monday and Tuesday by mistake: 3 of 3."""
    (enrolment,) = enrolments_of(world.people[0])
    people.correct_enrolment(OPERATOR, enrolment.id, {"starts_on": WEEK[2]}, None)
    _take(world, "AAPPP")
    assert _month(world).so_far == Rate(1260, 1260)
    assert [cell.is_here for cell in _row(_sheet(world), world).cells[1:6]] == [False, False, True, True, True]


def test_a_register_never_taken_counts_in_nothing_and_is_listed(world: World) -> None:
    """Marked absent on Wednesday, whose register nobody finished: 4 of 4."""
    _take(world, "PP", WEEK[:2])
    actions.mark(OPERATOR, world.partition, world.people[0].id, WEEK[2], "absent")
    _take(world, "PP", WEEK[3:])
    assert _month(world).so_far == Rate(1680, 1680)
    assert [each.on for each in _sheet(world).missing if each.on in WEEK] == [WEEK[2]]


def test_a_correction_that_came_with_a_sync_is_reckoned(country: Country) -> None:
    """The first laptop marks two days absent, the second corrects one of them after they have met: 1 of 2 on both."""
    with country.first.on() as make:
        cohort = people.open_cohort(OPERATOR, make.centre, "Hotel", "hotel-24m", date(2026, 1, 5), date(2027, 12, 17))
        person = people.register_apprentice(OPERATOR, make.centre, {"given_name": "Asha", "cohort_id": cohort.id})
        centre, ids = make.centre, (cohort.id, person.id)
        for on in WEEK[:2]:
            actions.mark(OPERATOR, centre, person.id, on, "absent")
    country.first.sync()
    country.second.sync()
    with country.second.on():
        actions.mark(OPERATOR, centre, ids[1], WEEK[1], "late")
    country.second.sync()
    country.first.sync()
    for machine in (country.first, country.second):
        with machine.on():
            assert month_sheet(OPERATOR, ids[0], 2026, 2).rows[0].whole.so_far == Rate(420, 840)


def test_the_whole_programme_counts_what_is_still_to_come(world: World, clock: PinnedClock) -> None:
    """A cohort of four weeks, 20 days, of which the first five are over: P P P A A.

    So far 3 of 5 = 60 %, of the whole 3 of 20 = 15 %. Of the 15 to come he needs 15 - 3 = 12: he may miss three.
    """
    people.correct_cohort(OPERATOR, world.cohort.id, {"starts_on": date(2026, 2, 2), "ends_on": date(2026, 2, 27)}, None)
    clock.moment = clock.moment and clock.moment.replace(month=2, day=9)
    _take(world, "PPPAA")
    found = _row(_sheet(world), world).whole
    assert (found.so_far, found.whole) == (Rate(1260, 2100), Rate(1260, 8400))
    assert (found.verdict, found.may_miss) == (Verdict.CAN_STILL, 3)


def test_a_planned_end_that_nobody_entered_follows_from_the_programme(world: World) -> None:
    people.correct_cohort(OPERATOR, world.cohort.id, {"ends_on": None, "programme": "modular-6m"}, None)
    assert _sheet(world).planned_end == date(2026, 7, 4)
    people.correct_cohort(OPERATOR, world.cohort.id, {"programme": None}, None)
    assert _sheet(world).planned_end is None
    assert _row(_sheet(world), world).whole.whole == Rate(0, 0)


@pytest.mark.parametrize(
    ("first", "months", "last"), [("2026-01-31", 1, "2026-02-28"), ("2026-01-01", 12, "2026-12-31"), ("2025-12-05", 1, "2026-01-04")]
)
def test_a_course_of_so_many_months_ends_the_day_before(first: str, months: int, last: str) -> None:
    assert after_months(date.fromisoformat(first), months) == date.fromisoformat(last)


def test_days_of_a_placement_are_not_to_come_here(world: World, clock: PinnedClock) -> None:
    """Today is Monday 9 February; until Friday 27 there are 15 days. Placed from the 16th on, five are left here.

    With a roster of Monday to Wednesday, four days more are taught at the centre: Thursday and Friday of two weeks.
    """
    people.correct_cohort(OPERATOR, world.cohort.id, {"starts_on": date(2026, 2, 2), "ends_on": date(2026, 2, 27)}, None)
    clock.moment = clock.moment and clock.moment.replace(month=2, day=9)
    with write(OPERATOR) as session:
        host = Employer(partition=world.partition, name="Hoteli ya Bahari")
        session.add(host)
        placement = Placement(partition=world.partition, apprentice_id=world.people[0].id, employer_id=host.id, starts_on=date(2026, 2, 16))
        session.add(placement)
    assert len(_row(_sheet(world), world).whole.to_come) == 5
    assert len(_row(_sheet(world), world, 1).whole.to_come) == 15
    with write(OPERATOR) as session:
        session.add(Roster(partition=world.partition, placement_id=placement.id, since=date(2026, 2, 16), weekdays="123", minutes=480))
    assert len(_row(_sheet(world), world).whole.to_come) == 9


def test_totals_of_a_day_count_everybody(world: World) -> None:
    _take(world, "A", WEEK[:1], person=0)
    actions.mark(OPERATOR, world.partition, world.people[1].id, WEEK[0], "present")
    assert _sheet(world).days[1].halves == {"absent": 2, "present": 2}


def test_an_outsider_finds_no_sheet(client: Browser, world: World, chausiku: Actor) -> None:
    with pytest.raises(NotFound):
        month_sheet(chausiku, world.cohort.id, 2026, 2)
    assert client.sign_in("chausiku").get(f"/attendance/{world.cohort.id}/month/2026-02").status_code == 404


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "0000-01", "9999-12", "2026-2", "march"])
def test_no_such_month(client: Browser, world: World, month: str) -> None:
    assert client.sign_in("amina").get(f"/attendance/{world.cohort.id}/month/{month}").status_code == 404


def _page(client: Browser, world: World, **query: str) -> str:
    return client.sign_in("amina").get(f"/attendance/{world.cohort.id}/month/2026-02", query_string=query).text


def test_the_page_shows_letters_and_tells_not_taken_from_absent(client: Browser, world: World) -> None:
    _take(world, "PLAE", WEEK[:4])
    actions.mark(OPERATOR, world.partition, world.people[0].id, WEEK[0], "absent", slot="pm")
    row = _page(client, world).partition(world.people[0].full_name)[2].partition("</tr>")[0]
    letters = [part.partition("<")[0] for part in row.split("<td")[2:7]]
    assert [each.rpartition(">")[2] for each in letters] == ["PA", "L", "A", "E", "?"]


def test_the_page_says_in_words_what_it_shades(client: Browser, world: World) -> None:
    calendar.correct_holiday(OPERATOR, "mainland", WEEK[1], name="Siku ya maombolezo", is_holiday=True)
    page = _page(client, world)
    assert 'aria-label="Tuesday, 3 February 2026, Public holiday: Siku ya maombolezo"' in page
    assert "Sunday, 1 February 2026, No training on this day of the week" in page
    assert "Monday, 2 February 2026, the register was not taken" in page


def test_days_at_the_workplace_stand_in_a_column_of_their_own(client: Browser, world: World) -> None:
    """Present and absent at the workplace: 1 of 2 days there; here nothing is known, and the marks stand in brackets."""
    assert "At the workplace" not in _page(client, world)
    for on, status in zip(WEEK, ("present", "absent"), strict=False):
        actions.mark(OPERATOR, world.partition, world.people[0].id, on, status, place="workplace")
        actions.take_register(OPERATOR, world.cohort.id, on)
    found = _row(_sheet(world), world).whole
    assert (found.at_work, found.so_far) == (Rate(2, 4), Rate(0, 0))
    row = _page(client, world).partition(world.people[0].full_name)[2].partition("</tr>")[0]
    assert "(P)" in row
    assert "50 %" in row


def test_the_page_speaks_kiswahili(client: Browser, world: World) -> None:
    _take(world, "A", WEEK[:1])
    page = _page(client, world, lang="sw")
    assert "Mahudhurio ya mwezi: Februari 2026" in page
    assert "daftari la mahudhurio halikujazwa" in page


def test_register_and_today_lead_to_the_sheet(client: Browser, world: World) -> None:
    browser = client.sign_in("amina")
    assert f"/attendance/{world.cohort.id}/month/2026-03" in browser.get(f"/attendance/{world.cohort.id}/2026-03-02").text
    assert f"/attendance/{world.cohort.id}/month/2026-03" in browser.get("/attendance/").text


def test_the_number_of_statements_does_not_grow_with_the_apprentices(world: World) -> None:
    world.add_people(1)
    few = _statements(world)
    world.add_people(10)
    assert _statements(world) == few


def _statements(world: World) -> int:
    """How many statements a month sheet costs."""
    seen: list[object] = []

    def note(*arguments: object) -> None:
        seen.append(arguments)

    event.listen(db.engine, "before_cursor_execute", note)
    _sheet(world)
    event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_what_is_taught_after_the_length_of_the_programme_counts(world: World) -> None:
    """Twenty-four months from 15 January 2024 end on 14 January 2026; nobody said an end, and in February P P A is taken."""
    with write(OPERATOR):
        world.cohort.starts_on, world.cohort.ends_on, world.cohort.programme = date(2024, 1, 15), None, "hotel-24m"
    _take(world, "PPA", WEEK[:3])
    sheet = _sheet(world)
    assert (sheet.planned_end, sheet.next) == (date(2026, 1, 14), date(2026, 3, 1))
    assert _row(sheet, world).month.so_far == Rate(840, 1260)
    assert _row(sheet, world).whole.to_come == (420,)  # today


def test_an_end_that_somebody_said_ends_the_counting(world: World) -> None:
    with write(OPERATOR):
        world.cohort.ends_on = WEEK[1]
    _take(world, "PPA", WEEK[:3])
    assert _month(world).so_far == Rate(840, 840)
