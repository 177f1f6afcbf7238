"""Debts end to end: what people record, and the minutes that follow, each reckoned by hand beside it."""

from datetime import date

import pytest

from tests.conftest import PinnedClock
from tests.tracker.catchup.conftest import END, LAST_SHUT, OPEN, SHUT, Shut, TODAY
from tracker import replication
from tracker.attendance import actions as attendance
from tracker.attendance import queries as registers
from tracker.attendance import sheet_queries
from tracker.calendar import actions as calendar
from tracker.calendar.models import TaughtDay, WeeklyPattern
from tracker.catchup import actions, checks, queries
from tracker.catchup.rules import Kind, Part, Way
from tracker.db import write
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, NotFound
from tracker.people import actions as people
from tracker.people.queries import enrolments_of
from tracker.placements import actions as placements
from tracker.placements import queries as placed
from tracker.placements.models import Placement
from tracker.placements.rules import StateKind
from tracker.policy import Actor, OPERATOR

# ---- what is owed


def test_nobody_owes_anything_where_nothing_closed(shut: Shut) -> None:
    assert [shut.owed(name) for name in shut.people] == [(0, 0)] * 4
    assert queries.delivered_and_owed(OPERATOR, shut.partition) == []


def test_a_lost_week_is_owed_where_it_would_have_been_spent(shut: Shut) -> None:
    """In theory 5 x 420; at the hotel 6 x 480, since the closure lasts until Sunday 15 and the roster has Saturday 14."""
    shut.close()
    assert shut.owed("Asha") == (2100, 0)
    assert shut.owed("Chema") == (0, 6 * 480)
    assert shut.balance() == (2 * 2100 + 2 * 2880, 0)


def test_an_open_hotel_takes_nothing_from_who_works_there(shut: Shut) -> None:
    shut.close("centres")
    assert (shut.owed("Asha"), shut.owed("Chema")) == ((2100, 0), (0, 0))


def test_a_closed_hotel_owes_its_days_though_the_centre_takes_the_apprentice_back(shut: Shut) -> None:
    shut.close("workplaces")
    assert (shut.owed("Asha"), shut.owed("Chema")) == ((0, 0), (0, 2880))


def test_a_placement_without_a_roster_follows_the_training_week(shut: Shut) -> None:
    """Daudi's roster is withdrawn: Monday to Friday of 420."""
    (row,) = placed.rosters(shut.placements["Daudi"])
    placements.withdraw_roster(OPERATOR, row.id, "wrong")
    shut.close()
    assert shut.owed("Daudi") == (0, 2100)


def test_who_paused_the_placement_was_to_be_at_the_centre(shut: Shut) -> None:
    placements.suspend_placement(OPERATOR, shut.placements["Chema"].id, date(2026, 2, 12), "illness", LAST_SHUT)
    shut.close()
    # Thursday and Friday at the centre; Monday to Wednesday and Saturday at the hotel.
    assert shut.owed("Chema") == (2 * 420, 4 * 480)


def test_the_length_of_days_is_that_of_the_week_in_force(shut: Shut) -> None:
    """Mornings of 240 and afternoons of 120 from Wednesday 11: 2 x 420 + 3 x 360."""
    with write(OPERATOR) as session:
        session.add(WeeklyPattern(partition=shut.partition, since=date(2026, 2, 11), weekdays="12345", am_minutes=240, pm_minutes=120))
    shut.close()
    assert shut.owed("Asha")[0] == 1920


def test_a_break_inside_a_closure_is_not_lost(shut: Shut) -> None:
    calendar.add_break(OPERATOR, shut.partition, date(2026, 2, 12), date(2026, 2, 20), name="Mid-term")
    shut.close()
    assert shut.owed("Asha")[0] == 3 * 420


def test_who_joined_later_owes_nothing(shut: Shut) -> None:
    shut.close()
    (row,) = enrolments_of(shut.people["Bahati"])
    people.correct_enrolment(OPERATOR, row.id, {"starts_on": date(2026, 2, 12)}, None)
    assert shut.owed("Bahati")[0] == 2 * 420


def test_a_withdrawn_closure_leaves_no_debt(shut: Shut) -> None:
    calendar.withdraw_closure(OPERATOR, shut.close(), "never was")
    assert shut.balance() == (0, 0)


def test_days_taught_anyway_and_remote_marks_pay(shut: Shut) -> None:
    """Monday taught anyway; Tuesday remote, 2 of 7 hours."""
    shut.close()
    calendar.teach_anyway(OPERATOR, shut.cohort.id, SHUT, "The instructor lives here")
    attendance.mark(OPERATOR, shut.partition, shut.people["Asha"].id, date(2026, 2, 10), "remote", minutes=120)
    assert shut.owed("Asha")[0] == 2100 - 420 - 120
    assert shut.owed("Bahati")[0] == 2100 - 420
    lines = shut.debt.at_centre(shut.people["Asha"].id).lines
    assert {part: line.minutes for part, line in lines.items()} == {Part.TAUGHT: 420, Part.REMOTE: 120}


def test_marks_of_a_day_that_was_entered_by_mistake_pay_nothing(shut: Shut) -> None:
    shut.close()
    attendance.mark(OPERATOR, shut.partition, shut.people["Asha"].id, SHUT, "remote")
    with write(OPERATOR) as session:
        session.add(TaughtDay(partition=shut.partition, cohort_id=shut.cohort.id, on=SHUT, decision="mistake", reason="Wrong week"))
    assert shut.owed("Asha")[0] == 2100


# ---- packs


def test_a_pack_pays_who_brought_it_back(shut: Shut) -> None:
    shut.close()
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    assert shut.owed("Asha")[0] == 2100
    actions.mark_returned(OPERATOR, pack.id, shut.people["Asha"].id, TODAY)
    assert (shut.owed("Asha")[0], shut.owed("Bahati")[0]) == (1500, 2100)
    actions.mark_returned(OPERATOR, pack.id, shut.people["Asha"].id, None)
    assert shut.owed("Asha")[0] == 2100


def test_a_second_press_on_the_button_gives_no_second_pack_and_orders_nothing_twice(shut: Shut) -> None:
    """Both packs would be ticked off, and pay the same debt twice."""
    shut.close()
    packs = {actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT).id for _press in range(2)}
    more = [Way(Kind.LONGER_DAYS, TODAY, None, 60)]
    ways = {row.id for _press in range(2) for row in actions.announce(OPERATOR, shut.cohort.id, more)}
    ends = {row.id for _press in range(2) for row in actions.move_ends(OPERATOR, shut.cohort.id, date(2026, 7, 3), {}, TODAY)}
    assert (len(packs), len(ways), len(ends)) == (1, 1, 1)
    for each in packs:
        actions.withdraw_pack(OPERATOR, each, "Never printed")
    assert actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT).id not in packs


def test_an_end_is_moved_back_to_the_one_announced_before(shut: Shut) -> None:
    for day in (3, 10, 3):
        actions.move_ends(OPERATOR, shut.cohort.id, date(2026, 7, day), {}, TODAY)
        assert shut.debt.ends_on == date(2026, 7, day)


def test_all_brought_back_touches_nobody_who_had_done_so(shut: Shut) -> None:
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    actions.mark_returned(OPERATOR, pack.id, shut.people["Asha"].id, date(2026, 2, 20))
    assert actions.mark_all_returned(OPERATOR, pack.id, TODAY) == 3
    days = {line.apprentice.given_name: line.returned_on for line in queries.pack_list(OPERATOR, pack).lines}
    assert days == {"Asha": date(2026, 2, 20), "Bahati": TODAY, "Chema": TODAY, "Daudi": TODAY}
    assert actions.mark_all_returned(OPERATOR, pack.id, TODAY) == 0


def test_a_withdrawn_pack_pays_nothing_and_takes_no_return(shut: Shut) -> None:
    shut.close()
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    actions.mark_all_returned(OPERATOR, pack.id, TODAY)
    actions.withdraw_pack(OPERATOR, pack.id, "never printed")
    assert shut.owed("Asha")[0] == 2100
    with pytest.raises(checks.AlreadyWithdrawn):
        actions.mark_returned(OPERATOR, pack.id, shut.people["Asha"].id, TODAY)
    actions.restore_pack(OPERATOR, pack.id)
    assert shut.owed("Asha")[0] == 1500


def test_a_pack_never_pays_below_nought(shut: Shut) -> None:
    shut.close()
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 6000, SHUT)
    actions.mark_all_returned(OPERATOR, pack.id, TODAY)
    assert shut.owed("Asha") == (0, 0)
    assert shut.balance() == (2 * 2100 + 2 * 2880, 2 * 2100)  # the hotel's hours are not paid by paper


# ---- ways of catching up

LONGER = Way(Kind.LONGER_DAYS, OPEN, None, 120)
SATURDAYS = Way(Kind.SATURDAYS, OPEN, date(2026, 3, 14), 240)


def _take(shut: Shut, *days: date) -> None:
    for on in days:
        attendance.take_register(OPERATOR, shut.cohort.id, on)


def test_longer_days_pay_once_their_register_is_taken(shut: Shut) -> None:
    """Monday 16 and Tuesday 17 taken: 2 x 120. Chema is at the hotel then."""
    shut.close()
    actions.announce(OPERATOR, shut.cohort.id, [LONGER])
    assert shut.owed("Asha")[0] == 2100
    _take(shut, OPEN, date(2026, 2, 17))
    assert shut.owed("Asha")[0] == 1860
    assert shut.balance()[1] == 2 * 240


def test_an_ordered_saturday_is_due_and_pays_when_it_was_held(shut: Shut) -> None:
    shut.close()
    actions.announce(OPERATOR, shut.cohort.id, [SATURDAYS])
    saturday = date(2026, 2, 21)
    due = [each.on for each in registers.due_and_taken(OPERATOR, shut.partition, OPEN, TODAY)]
    assert [on for on in due if on.weekday() == 5] == [saturday, date(2026, 2, 28)]
    _take(shut, saturday)
    assert shut.owed("Asha")[0] == 2100 - 240


def test_a_break_that_is_taught_pays_whole_days(shut: Shut) -> None:
    calendar.add_break(OPERATOR, shut.partition, date(2026, 2, 23), date(2026, 2, 27), name="Mid-term")
    shut.close()
    actions.announce(OPERATOR, shut.cohort.id, [Way(Kind.NO_BREAK, date(2026, 2, 23), date(2026, 2, 24))])
    _take(shut, date(2026, 2, 23))
    assert shut.owed("Asha")[0] == 2100 - 420


def test_the_order_withdrawn_as_impossible_pays_nothing_and_stays_to_be_read(shut: Shut) -> None:
    """As the two hours of June 2020 in July."""
    shut.close()
    (row,) = actions.announce(OPERATOR, shut.cohort.id, [LONGER], authority="Ministry", reference="17 June")
    _take(shut, OPEN)
    actions.withdraw_way(OPERATOR, row.id, "No transport in the evening")
    assert shut.owed("Asha")[0] == 2100
    (kept,) = shut.debt.ways
    assert (kept.void_reason, kept.minutes, kept.authority) == ("No transport in the evening", 120, "Ministry")
    actions.restore_way(OPERATOR, row.id)
    assert shut.owed("Asha")[0] == 1980


def test_an_order_that_ended_early_counts_until_its_end(shut: Shut) -> None:
    shut.close()
    (row,) = actions.announce(OPERATOR, shut.cohort.id, [LONGER])
    _take(shut, OPEN, date(2026, 2, 17))
    actions.end_way(OPERATOR, row.id, OPEN, "No transport in the evening")
    assert (shut.owed("Asha")[0], row.until, row.void_reason) == (1980, OPEN, None)


def test_the_effect_of_each_choice_is_known_before_it_is_made(shut: Shut) -> None:
    """2100 owed, 26 June is a Friday. Nothing: five days, 3 July.

    Two hours from Monday 22 June: 5 x 120, then 540 a day: 600 + 540 x 3 = 2220, 1 July. Saturdays of 7 hours from 20 June: 420
    on the 20th and on the 27th, then 3 x 420: 1 July. Both: 600 + 840 + 540 x 2 = 2520 after 30 June, 1980 after the 29th.
    """
    shut.close()
    offered = [Way(Kind.LONGER_DAYS, date(2026, 6, 22), None, 120), Way(Kind.SATURDAYS, date(2026, 6, 20), None)]
    found = shut.debt.effects(2100, offered)
    assert [each.ends_on for each in found] == [date(2026, 7, 3), date(2026, 7, 1), date(2026, 7, 1), date(2026, 6, 30)]
    assert [each.before_end for each in found] == [0, 600, 420, 1020]


def test_no_end_is_promised_while_it_is_closed(shut: Shut) -> None:
    shut.close(until=None)
    (found,) = queries.summaries(OPERATOR, shut.partition)
    assert found.projected is None
    assert found.largest == shut.owed("Asha")[0] == 16 * 420  # 9 February to 2 March


def test_a_closure_announced_without_an_end_is_counted_day_by_day_only(shut: Shut) -> None:
    """Closed from 1 June, nobody knows until when: the week of February is owed, the rest of June is not yet."""
    shut.close()
    shut.close(since=date(2026, 6, 1), until=None)
    (found,) = queries.summaries(OPERATOR, shut.partition)
    assert (found.largest, shut.debt.to_come, shut.debt.undated, found.projected) == (2100, 0, date(2026, 6, 1), None)
    assert [each.made_up_on for each in shut.debt.stay_debts(OPERATOR)] == [None, None]


def test_days_announced_as_closed_are_added_to_what_will_be_owed(shut: Shut) -> None:
    """Closed again from 1 to 5 June, reopening known: ten days in all, 26 June and two weeks. Saba Saba, 7 July, is a holiday."""
    shut.close()
    shut.close(since=date(2026, 6, 1), until=date(2026, 6, 6))
    (found,) = queries.summaries(OPERATOR, shut.partition)
    assert (found.largest, shut.debt.to_come, found.projected) == (2100, 2100, date(2026, 7, 13))


def test_only_a_registrar_announces(shut: Shut, baraka: Actor, chausiku: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.announce(baraka, shut.cohort.id, [LONGER])
    with pytest.raises(NotFound):
        actions.announce(chausiku, shut.cohort.id, [LONGER])
    with pytest.raises(checks.NoWay):
        actions.announce(OPERATOR, shut.cohort.id, [])


def test_of_several_ways_all_or_none_are_announced(shut: Shut) -> None:
    with pytest.raises(checks.NoMinutes):
        actions.announce(OPERATOR, shut.cohort.id, [SATURDAYS, LONGER._replace(minutes=None)])
    assert shut.debt.ways == []


# ---- new planned ends

LATER = date(2026, 7, 3)


def test_ends_are_moved_in_one_step_and_the_original_ones_stay(shut: Shut) -> None:
    """Six days of eight hours lost at the hotel, which knows no holiday: Saturday 28 March, then Monday 30 to Good Friday, 3 April."""
    shut.close()
    found = {each.apprentice.given_name: each for each in shut.debt.stay_debts(OPERATOR)}
    ends = {each.stay.row.id: each.made_up_on for each in found.values() if each.made_up_on}
    actions.move_ends(OPERATOR, shut.cohort.id, LATER, ends, TODAY, note="COVID-19")
    assert set(ends.values()) == {date(2026, 4, 3)}
    assert (shut.cohort.ends_on, shut.debt.original_end, shut.debt.ends_on) == (END, END, LATER)
    assert sheet_queries.planned_end(shut.cohort) == LATER
    (listed, _other) = placed.listed(OPERATOR, shut.partition, list(shut.placements.values()), date(2026, 4, 2))
    assert (listed.state.kind, listed.row.ends_on, listed.extended_to) == (StateKind.OPEN, date(2026, 3, 27), date(2026, 4, 3))


def test_registers_are_due_until_the_extended_end(shut: Shut, clock: PinnedClock) -> None:
    actions.move_ends(OPERATOR, shut.cohort.id, LATER, {}, TODAY)
    clock.day = date(2026, 7, 7)
    due = [each.on for each in registers.due_and_taken(OPERATOR, shut.partition, END, date(2026, 7, 7))]
    assert (due[0], due[-1]) == (END, LATER)


def test_what_is_taught_after_the_original_end_pays(shut: Shut, clock: PinnedClock) -> None:
    shut.close()
    actions.move_ends(OPERATOR, shut.cohort.id, LATER, {}, TODAY)
    clock.day = date(2026, 6, 30)
    _take(shut, date(2026, 6, 29))
    assert shut.owed("Asha")[0] == 2100 - 420


def test_hours_worked_after_the_original_end_of_a_placement_pay(shut: Shut, clock: PinnedClock) -> None:
    """2880 owed; Monday 30 March worked for six hours, Tuesday as the roster says."""
    shut.close()
    actions.move_ends(OPERATOR, shut.cohort.id, None, {shut.placements["Chema"].id: date(2026, 4, 3)}, TODAY)
    clock.day = date(2026, 4, 1)
    person = shut.people["Chema"].id
    attendance.mark(OPERATOR, shut.partition, person, date(2026, 3, 30), "present", place="workplace", minutes=360)
    attendance.mark(OPERATOR, shut.partition, person, date(2026, 3, 31), "present", place="workplace")
    assert shut.owed("Chema")[1] == 2880 - 360 - 480


def test_a_stand_in_placement_is_no_loss(shut: Shut) -> None:
    """Only the hotel closes; from Wednesday on Chema works elsewhere: Monday and Tuesday are owed."""
    row = shut.placements["Chema"]
    code = shut.hotel.id
    closure = calendar.close(OPERATOR, shut.partition, "employer", code, "workplaces", "covid-19", SHUT)
    calendar.reopen(OPERATOR, shut.partition, date(2026, 2, 14), "employer", code, "workplaces", closure.id)
    with write(OPERATOR) as session:
        other = Employer(partition=shut.partition, name="Hoteli ya Meru")
        session.add(other)
        span = {"starts_on": date(2026, 2, 11), "ends_on": LAST_SHUT}
        session.add(Placement(partition=row.partition, apprentice_id=row.apprentice_id, employer_id=other.id, replaces_id=row.id, **span))
    assert shut.owed("Chema") == (0, 2 * 480)
    assert shut.debt.at_work(row.apprentice_id or "").lines[Part.STAND_IN].minutes == 3 * 480


def test_a_placement_is_not_moved_into_the_next_one(shut: Shut) -> None:
    row = shut.placements["Chema"]
    span = {"apprentice_id": row.apprentice_id, "employer_id": row.employer_id, "starts_on": date(2026, 4, 1)}
    placements.open_placement(OPERATOR, row.partition, span)
    shut.close()
    found = {each.stay.row.id: each.next_begin for each in shut.debt.stay_debts(OPERATOR)}
    assert found[row.id] == date(2026, 4, 1)
    with pytest.raises(checks.PlacedNext):
        actions.move_ends(OPERATOR, shut.cohort.id, None, {row.id: date(2026, 4, 3)}, TODAY)
    actions.move_ends(OPERATOR, shut.cohort.id, None, {row.id: date(2026, 3, 31)}, TODAY)


def test_a_moved_end_is_erased_with_its_person(shut: Shut) -> None:
    row = shut.placements["Chema"]
    (moved,) = actions.move_ends(OPERATOR, shut.cohort.id, None, {row.id: date(2026, 4, 3)}, TODAY)
    pack = actions.give_pack(OPERATOR, shut.cohort.id, "Reservations", 600, SHUT)
    actions.mark_all_returned(OPERATOR, pack.id, TODAY)
    about = replication.rows_about(row.partition, {("apprentice", row.apprentice_id)})
    assert ("extension", moved.id) in about
    assert any(name[0] == "remote_pack_return" for name in about)


def test_the_end_announced_last_holds_and_a_withdrawn_one_does_not(shut: Shut) -> None:
    actions.move_ends(OPERATOR, shut.cohort.id, LATER, {}, date(2026, 2, 20))
    (last,) = actions.move_ends(OPERATOR, shut.cohort.id, date(2026, 7, 17), {}, TODAY)
    assert shut.debt.ends_on == date(2026, 7, 17)
    actions.withdraw_extension(OPERATOR, last.id, "too long")
    assert shut.debt.ends_on == LATER
    actions.restore_extension(OPERATOR, last.id)
    assert shut.debt.ends_on == date(2026, 7, 17)


def test_what_has_no_end_is_not_moved_and_nothing_else_with_it(shut: Shut) -> None:
    row = shut.placements["Chema"]
    placements.correct_placement(OPERATOR, row.id, {"ends_on": None}, None)
    with pytest.raises(checks.NoEnd):
        actions.move_ends(OPERATOR, shut.cohort.id, LATER, {row.id: LATER}, TODAY)
    assert shut.debt.ends_on == END


def test_a_notice_tells_each_apprentice_both_ends_and_why(shut: Shut) -> None:
    """Chema by his placement, Asha by the cohort; Daudi's placement was not moved: the cohort's end is told to him."""
    shut.close()
    actions.move_ends(OPERATOR, shut.cohort.id, LATER, {shut.placements["Chema"].id: date(2026, 4, 3)}, TODAY, note="Closed in February")
    found = {each.apprentice.given_name: each for each in queries.notices(OPERATOR, shut.debt)}
    chema, asha = found["Chema"], found["Asha"]
    assert (chema.original, chema.moved_to, len(chema.lost_days), chema.note) == (
        date(2026, 3, 27),
        date(2026, 4, 3),
        6,
        "Closed in February",
    )
    assert (asha.original, asha.moved_to, asha.lost_minutes, asha.employer) == (END, LATER, 2100, None)
    assert (found["Daudi"].original, found["Daudi"].moved_to) == (END, LATER)
