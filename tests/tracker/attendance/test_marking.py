"""Marks and registers as they are written: one tap, all who remain, a stale page, undo, a file."""

from datetime import date

import pytest

from tests.tracker.attendance.conftest import MONDAY, World
from tracker import replication
from tracker.attendance import actions, queries, rules
from tracker.attendance.models import Mark, Register
from tracker.attendance.rules import Entry, MarkLine
from tracker.db import db, dot_of, write
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, NotFound
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR

FRIDAY = date(2026, 2, 27)


def _mark(actor: Actor, world: World, place: int, status: str | None, seen: str | None = None, on: date = MONDAY) -> Mark:
    row = actions.mark(actor, world.partition, world.people[place].id, on, status, seen=seen)
    assert row is not None
    return row


def _register(world: World, on: date = MONDAY) -> Register | None:
    return db.session.get(Register, {"partition": world.partition, "cohort_id": world.cohort.id, "on": on, "slot": "day"})


def test_a_mark_is_kept_with_who_made_it(teacher: Actor, world: World) -> None:
    row = _mark(teacher, world, 0, "late")
    assert (row.status, row.place, row.by) == ("late", "centre", teacher.id)


def test_the_same_mark_again_is_no_edit(teacher: Actor, amina: Actor, world: World) -> None:
    before = dot_of(_mark(teacher, world, 0, "late"), "mark")
    assert dot_of(_mark(amina, world, 0, "late"), "mark") == before


def test_an_instructor_marks_only_the_own_cohort(teacher: Actor, world: World) -> None:
    stranger = world.add_people(1, world.add_cohort())[0]
    with pytest.raises(NotAllowed):
        actions.mark(teacher, world.partition, stranger.id, MONDAY, "present")


def test_another_centre_marks_nobody_here(chausiku: Actor, world: World) -> None:
    with pytest.raises(NotFound):
        actions.mark_remaining_present(chausiku, world.cohort.id, MONDAY)


def test_tomorrow_cannot_be_marked(teacher: Actor, world: World) -> None:
    with pytest.raises(rules.NotYet):
        _mark(teacher, world, 0, "present", on=date(2026, 3, 3))


def test_a_stale_page_makes_a_visible_conflict(teacher: Actor, amina: Actor, world: World) -> None:
    seen = dot_of(_mark(teacher, world, 0, "present"), "mark") or ""
    _mark(amina, world, 0, "excused")
    row = _mark(teacher, world, 0, "absent", seen)
    found = replication.conflicts_of(row)
    assert [{version.values["status"] for version in conflict.versions} for conflict in found] == [{"excused", "absent"}]


def test_a_page_that_showed_nothing_makes_a_conflict_too(teacher: Actor, amina: Actor, world: World) -> None:
    _mark(amina, world, 0, "excused")
    assert replication.conflicts_of(_mark(teacher, world, 0, "absent", seen=""))


def test_a_stale_page_that_says_the_same_is_no_conflict(teacher: Actor, amina: Actor, world: World) -> None:
    _mark(amina, world, 0, "excused")
    assert replication.conflicts_of(_mark(teacher, world, 0, "excused", seen="")) == []


def test_what_was_seen_is_replaced_without_a_conflict(teacher: Actor, world: World) -> None:
    first = _mark(teacher, world, 0, "present")
    row = _mark(teacher, world, 0, "absent", seen=dot_of(first, "mark"))
    assert (row.status, replication.conflicts_of(row)) == ("absent", [])


def test_a_mark_can_be_taken_back(teacher: Actor, world: World) -> None:
    _mark(teacher, world, 0, "present")
    assert _mark(teacher, world, 0, None).status is None
    assert queries.marks(teacher, world.partition, MONDAY, MONDAY) == []


def test_the_register_is_taken_when_everybody_is_marked(teacher: Actor, world: World) -> None:
    for place in range(3):
        _mark(teacher, world, place, "present")
    assert _register(world) is None
    _mark(teacher, world, 3, "absent")
    register = _register(world)
    assert register is not None
    assert (register.status, register.method, register.by) == ("taken", "taps", teacher.id)


def test_all_remaining_present_is_an_act_of_a_person(teacher: Actor, world: World) -> None:
    _mark(teacher, world, 1, "absent")
    actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
    register = _register(world)
    assert register is not None
    assert (register.method, register.by) == ("bulk", teacher.id)
    statuses = [row.status for row in queries.register_for(teacher, world.cohort, MONDAY).rows]
    assert statuses == ["present", "absent", "present", "present"]


def test_undo_brings_back_what_stood_before(teacher: Actor, world: World) -> None:
    _mark(teacher, world, 1, "absent")
    act = actions.save_marks(teacher, world.cohort.id, MONDAY, "day", {world.people[1].id: Entry("late")})
    assert act is not None
    actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
    assert queries.register_for(teacher, world.cohort, MONDAY).rows[1].status == "absent"


def test_undo_of_all_remaining_gives_the_register_back_too(teacher: Actor, world: World) -> None:
    _mark(teacher, world, 1, "absent")
    act = actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
    assert act is not None
    actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
    page = queries.register_for(teacher, world.cohort, MONDAY)
    assert ([row.status for row in page.rows], page.is_taken) == ([None, "absent", None, None], False)


def test_undo_of_all_remaining_reaches_no_further_back_than_that_act(teacher: Actor, world: World) -> None:
    actions.take_register(teacher, world.cohort.id, MONDAY)
    _mark(teacher, world, 0, "late")
    act = actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
    assert act
    actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
    assert [each.status for each in queries.register_for(teacher, world.cohort.id, MONDAY).rows].count("late") == 1
    register = _register(world)
    assert register is not None
    assert register.status == "taken"


def test_a_register_that_is_taken_again_is_given_back_again(teacher: Actor, world: World) -> None:
    for _ in range(2):
        act = actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
        assert act is not None
        actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
        assert not queries.register_for(teacher, world.cohort, MONDAY).is_taken


def test_that_nobody_came_is_taken_back_without_the_register(teacher: Actor, world: World) -> None:
    for place in range(4):
        _mark(teacher, world, place, "absent")
    act = actions.take_register(teacher, world.cohort.id, MONDAY, note=rules.NOBODY_CAME)
    assert act is not None
    assert actions.take_register(teacher, world.cohort.id, MONDAY, note=rules.NOBODY_CAME) is None
    actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
    page = queries.register_for(teacher, world.cohort, MONDAY)
    assert (page.is_taken, page.is_odd) == (True, True)


def test_undo_leaves_what_another_person_did(teacher: Actor, amina: Actor, world: World) -> None:
    act = actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
    assert act is not None
    _mark(amina, world, 2, "excused")
    actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
    assert [row.status for row in queries.register_for(teacher, world.cohort, MONDAY).rows] == [None, None, "excused", None]


def test_nobody_undoes_the_act_of_another(teacher: Actor, amina: Actor, world: World) -> None:
    act = actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
    assert act is not None
    assert actions.undo(amina, world.cohort.id, MONDAY, "day", act) == []


def test_a_person_can_finish_with_somebody_unmarked(teacher: Actor, world: World) -> None:
    actions.take_register(teacher, world.cohort.id, MONDAY)
    page = queries.register_for(teacher, world.cohort, MONDAY)
    assert (page.is_taken, page.tally.unmarked) == (True, 4)


def _place(world: World, place: int) -> None:
    with write(OPERATOR) as session:
        employer = Employer(partition=world.partition, name="Hoteli ya Ziwa")
        session.add(employer)
        person = world.people[place]
        session.add(Placement(partition=world.partition, apprentice_id=person.id, employer_id=employer.id, starts_on=FRIDAY))


def test_who_is_at_the_workplace_is_not_expected(teacher: Actor, world: World) -> None:
    _place(world, 2)
    actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
    page = queries.register_for(teacher, world.cohort, MONDAY)
    assert [(row.status, row.workplace) for row in page.rows][2] == (None, "Hoteli ya Ziwa")
    assert (page.tally.present, page.tally.unmarked, page.is_taken) == (3, 0, True)


def test_the_register_is_complete_without_those_at_the_workplace(teacher: Actor, world: World) -> None:
    _place(world, 2)
    for place in (0, 1, 3):
        _mark(teacher, world, place, "present")
    assert _register(world) is not None


def test_a_file_adds_corrects_and_leaves_equal_marks_alone(amina: Actor, teacher: Actor, world: World) -> None:
    kept = dot_of(_mark(teacher, world, 0, "present"), "mark")
    _mark(teacher, world, 1, "present")
    lines = [MarkLine(person.id, MONDAY, status) for person, status in zip(world.people, ["present", "absent", "late"], strict=False)]
    assert actions.import_marks(amina, world.partition, lines) == (1, 1, 1)
    rows = queries.register_for(amina, world.cohort, MONDAY).rows
    assert ([row.status for row in rows], rows[0].seen) == (["present", "absent", "late", None], kept)


def test_a_file_says_that_its_registers_were_taken(amina: Actor, world: World) -> None:
    actions.import_marks(amina, world.partition, [MarkLine(world.people[0].id, FRIDAY, "present")])
    register = _register(world, FRIDAY)
    assert register is not None
    assert (register.status, register.method) == ("taken", "import")


def test_the_same_file_again_changes_nothing(amina: Actor, world: World) -> None:
    lines = [MarkLine(person.id, FRIDAY, "excused", reason="sick") for person in world.people]
    actions.import_marks(amina, world.partition, lines)
    assert actions.import_marks(amina, world.partition, lines) == (0, 0, 4)


def test_an_instructor_imports_nothing(teacher: Actor, world: World) -> None:
    with pytest.raises(NotAllowed):
        actions.import_marks(teacher, world.partition, [])


def test_due_registers_are_the_training_days_of_running_cohorts(teacher: Actor, world: World) -> None:
    actions.take_register(teacher, world.cohort.id, FRIDAY)
    due = queries.due_and_taken(teacher, world.partition, date(2026, 2, 26), date(2026, 3, 6))
    assert [(each.on.day, each.is_taken) for each in due] == [(26, False), (27, True), (2, False)]


def test_a_day_taught_anyway_is_due(teacher: Actor, world: World) -> None:
    actions.teach_anyway(teacher, world.cohort.id, date(2026, 2, 28), "Makeup for the flood")
    due = queries.due_and_taken(teacher, world.partition, date(2026, 2, 28), date(2026, 3, 1))
    assert [each.on.day for each in due] == [28]


@pytest.mark.parametrize("note", [None, "nobody-came"])
def test_a_register_whose_last_mark_is_taken_back_is_open_again(teacher: Actor, world: World, note: str | None) -> None:
    actions.mark_remaining_present(teacher, world.cohort.id, MONDAY)
    if note:
        actions.take_register(teacher, world.cohort.id, MONDAY, note=note)
    for place in range(4):
        assert queries.register_for(teacher, world.cohort, MONDAY).is_taken
        _mark(teacher, world, place, None)
    register = _register(world)
    assert register is not None
    assert (register.status, register.method, register.note) == (None, None, None)


def test_undoing_that_takes_the_register_again_as_it_was_taken(teacher: Actor, world: World) -> None:
    actions.take_register(teacher, world.cohort.id, MONDAY)
    _mark(teacher, world, 0, "absent")
    act = actions.save_marks(teacher, world.cohort.id, MONDAY, "day", {world.people[0].id: Entry(None)})
    assert act
    assert not queries.register_for(teacher, world.cohort, MONDAY).is_taken
    actions.undo(teacher, world.cohort.id, MONDAY, "day", act)
    register = _register(world)
    assert register is not None
    assert (register.status, register.method) == ("taken", "taps")


def test_a_register_finished_without_marks_stays_taken(teacher: Actor, world: World) -> None:
    actions.take_register(teacher, world.cohort.id, MONDAY)
    actions.save_marks(teacher, world.cohort.id, MONDAY, "day", {world.people[0].id: Entry(None)})
    assert queries.register_for(teacher, world.cohort, MONDAY).is_taken
