"""Apprentices whose employers are closed: where they are, who could take them, the stand-in placement, and the way back."""

from datetime import date

import pytest

from tests.tracker.resumption.conftest import REOPENED, SHUT, TODAY, World
from tracker.attendance import queries as attendance
from tracker.calendar import actions as calendar
from tracker.calendar.models import Extension
from tracker.calendar.queries import calendar_for
from tracker.db import db
from tracker.employers.models import Employer
from tracker.errors import NotAllowed, NotFound
from tracker.indicators.queries import country, read
from tracker.indicators.rules import INDICATORS, Split
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.people.queries import enrolments_of
from tracker.placements import actions as placements
from tracker.placements import queries as placement_queries
from tracker.placements.models import Placement
from tracker.placements.rules import AlreadyPlaced, StateKind
from tracker.policy import Actor, OPERATOR
from tracker.resumption import actions, queries, rules
from tracker.resumption.queries import Displaced, Halted

YESTERDAY, TOMORROW = date(2026, 3, 1), date(2026, 3, 3)


def _displaced(world: World) -> list[Displaced]:
    return queries.displaced(OPERATOR, world.partition)


def _halted(world: World, on: date = TODAY) -> list[Halted]:
    return queries.halted_placements({world.partition: calendar_for(OPERATOR, world.partition)}, on)


def _state(row: Placement, on: date = TODAY) -> StateKind:
    return placement_queries.state_on(row, on, calendar_for(OPERATOR, row.partition)).kind


def _employer(row: Placement) -> Employer:
    found = placement_queries.employer_of(row)
    assert found is not None
    return found


def _open_host(world: World, own: Placement, since: date = TODAY) -> None:
    known = calendar_for(OPERATOR, world.partition)
    for fact in known.workplace_closed(_employer(own), TODAY):
        story = known.story(fact.id)
        assert story is not None
        world.reopen(story.row, since=since)


@pytest.fixture
def asha(world: World) -> Apprentice:
    return world.person("Asha Mushi")


@pytest.fixture
def own(world: World, asha: Apprentice) -> Placement:
    """Asha's placement at a hotel that has been closed since the 12th of January, without end."""
    hotel = world.hotel("Bahari Hotel")
    world.close("employer", hotel.id, SHUT)
    return world.place(asha, hotel, ends_on=date(2026, 6, 30))


def _elsewhere(world: World, own: Placement, on: date = TODAY, **more: object) -> Placement:
    host = world.hotel("Kilima Lodge")
    return actions.place_elsewhere(OPERATOR, [own.id], host.id, {"starts_on": on, **more})[0]


# ---- who is displaced, and where


def test_who_is_placed_at_a_closed_employer_is_at_home_until_the_centre_opens(world: World, own: Placement) -> None:
    (each,) = _displaced(world)
    assert (each.placement, each.since, each.opens_on, each.is_centre_open, each.needs_place) == (own, SHUT, None, False, True)
    world.reopen()
    (each,) = _displaced(world)
    assert each.is_centre_open


def test_the_day_of_return_is_empty_until_somebody_records_the_opening(world: World, own: Placement) -> None:
    (each,) = _displaced(world)
    assert each.opens_on is None
    _open_host(world, own, date(2026, 3, 9))
    (each,) = _displaced(world)
    assert (each.opens_on, each.is_open) == (date(2026, 3, 9), False)


def test_who_is_elsewhere_because_of_a_closure_that_was_withdrawn_can_be_sent_back(world: World, own: Placement) -> None:
    """No closure halts the own placement any more, but another one stands in for it until somebody ends that."""
    stand_in = _elsewhere(world, own, YESTERDAY)
    (closed,) = calendar_for(OPERATOR, world.partition).workplace_closed(_employer(own), TODAY)
    calendar.withdraw_closure(OPERATOR, closed.id, "Another hotel was meant")
    assert _halted(world) == []
    (each,) = _displaced(world)
    assert (each.placement, each.stand_in, each.is_open, each.may_go_back, each.needs_place) == (own, stand_in, True, True, False)
    actions.send_back(OPERATOR, own.id, TODAY)
    assert (_displaced(world), _state(own), stand_in.ends_on) == ([], StateKind.OPEN, YESTERDAY)


def test_who_left_or_whose_placement_is_over_is_not_displaced(world: World, own: Placement, asha: Apprentice) -> None:
    over = world.place(world.person("Bahati Lyimo"), _employer(own), ends_on=date(2026, 2, 27))
    assert [each.placement for each in _displaced(world)] == [own]
    assert over.id in {each.placement.id for each in _halted(world)}
    people.end_enrolment(OPERATOR, enrolments_of(asha)[0].id, "left", YESTERDAY, "host-closed")
    assert _displaced(world) == []


def test_an_open_employer_displaces_nobody(world: World, own: Placement) -> None:
    world.place(world.person("Bahati Lyimo"), world.hotel("Kilima Lodge"))
    assert [each.placement for each in _displaced(world)] == [own]


# ---- who could take them


@pytest.mark.usefixtures("own")
def test_hosts_are_open_with_room_and_the_occupations_sector_first(world: World) -> None:
    world.hotel("Afya Clinic", 9, sector="Q86")
    world.hotel("Big Hotel", 4)
    world.hotel("Small Hotel", 2)
    world.hotel("Silent Hotel", None)
    world.place(world.person("Bahati Lyimo"), world.hotel("Full Hotel", 1))
    found = queries.open_hosts(OPERATOR, world.partition, TODAY, {"housekeeping"})
    assert [(each.row.name, each.room, each.fits) for each in found] == [
        ("Big Hotel", 4, True),
        ("Small Hotel", 2, True),
        ("Silent Hotel", None, True),
        ("Afya Clinic", 9, False),
    ]
    world.place(world.person("Chiku Temu"), next(each.row for each in found if each.row.name == "Big Hotel"))
    found = queries.open_hosts(OPERATOR, world.partition, TODAY, {"housekeeping"})
    assert {each.row.name: each.room for each in found}["Big Hotel"] == 3


# ---- elsewhere and back


def test_a_stand_in_keeps_the_own_placement_and_ends_with_it(world: World, own: Placement) -> None:
    stand_in = _elsewhere(world, own, supervisor="Neema")
    assert (stand_in.replaces_id, stand_in.ends_on, stand_in.supervisor) == (own.id, date(2026, 6, 30), "Neema")
    assert own.void_reason is None
    assert own.ends_on == date(2026, 6, 30)
    assert (_state(own), _state(stand_in)) == (StateKind.SUSPENDED, StateKind.OPEN)
    (each,) = _displaced(world)
    assert (each.stand_in, each.is_kept, each.needs_place) == (stand_in, True, False)


def test_a_stand_in_is_warned_about_like_any_placement(world: World, own: Placement) -> None:
    stand_in = _elsewhere(world, own)
    assert {each.column for each in placement_queries.warnings_of(stand_in)} == {"birth_date", "contract_signed_on", "supervisor"}


def test_the_apprentice_is_expected_at_the_other_employer_only(world: World, own: Placement, asha: Apprentice) -> None:
    _elsewhere(world, own)
    _open_host(world, own)
    world.reopen()
    assert _state(own) == StateKind.SUSPENDED  # until somebody sends Asha back
    assert attendance.at_workplace(OPERATOR, world.partition, TODAY, {asha.id}) == {asha.id: "Kilima Lodge"}
    (each,) = _displaced(world)
    assert each.may_go_back
    assert not each.needs_place


def test_sent_back_the_stand_in_ends_the_day_before(world: World, own: Placement) -> None:
    stand_in = _elsewhere(world, own)
    with pytest.raises(rules.HostClosed):
        actions.send_back(OPERATOR, own.id, TODAY)
    _open_host(world, own)
    actions.send_back(OPERATOR, own.id, TOMORROW)
    assert stand_in.ends_on == TODAY
    assert (_state(own), _state(own, TOMORROW)) == (StateKind.SUSPENDED, StateKind.OPEN)


def test_one_that_has_not_begun_is_withdrawn(world: World, own: Placement) -> None:
    stand_in = _elsewhere(world, own)
    _open_host(world, own)
    actions.send_back(OPERATOR, own.id, TODAY)
    assert stand_in.void_reason
    assert _state(own) == StateKind.OPEN
    with pytest.raises(rules.NothingToEnd):
        actions.send_back(OPERATOR, own.id, TODAY)


def test_an_extended_stand_in_ends_all_the_same(world: World, own: Placement) -> None:
    stand_in = _elsewhere(world, own)
    world.add(Extension(partition=world.partition, placement_id=stand_in.id, ends_on=date(2026, 9, 30)))
    _open_host(world, own)
    actions.send_back(OPERATOR, own.id, TOMORROW)
    assert (_state(stand_in, TOMORROW), _state(own, TOMORROW)) == (StateKind.ENDED, StateKind.OPEN)


def test_when_the_other_employer_closes_too_a_third_one_may_stand_in(world: World, own: Placement) -> None:
    second = _elsewhere(world, own, TODAY)
    world.close("employer", second.employer_id or "", TODAY)
    (each,) = _displaced(world)  # one line for Asha, not two
    assert (each.placement, each.stand_in, each.is_kept, each.needs_place) == (own, second, False, True)
    (third,) = actions.place_elsewhere(OPERATOR, [own.id], world.hotel("Third Hotel").id, {"starts_on": TOMORROW})
    assert (third.replaces_id, second.ends_on) == (own.id, TODAY)


def test_several_go_together_or_none(world: World, own: Placement) -> None:
    bahati = world.place(world.person("Bahati Lyimo"), _employer(own))
    host, busy = world.hotel("Kilima Lodge"), world.place(world.person("Chiku Temu"), world.hotel("Open Hotel"))
    with pytest.raises(rules.NotHalted):
        actions.place_elsewhere(OPERATOR, [own.id, bahati.id, busy.id], host.id, {"starts_on": TODAY})
    assert [each.stand_in for each in _displaced(world)] == [None, None]
    assert len(actions.place_elsewhere(OPERATOR, [own.id, bahati.id], host.id, {"starts_on": TODAY})) == 2
    with pytest.raises(rules.NobodyChosen):
        actions.place_elsewhere(OPERATOR, [], host.id, {"starts_on": TODAY})


def test_nobody_is_placed_at_a_closed_employer(own: Placement) -> None:
    with pytest.raises(rules.HostClosed):
        actions.place_elsewhere(OPERATOR, [own.id], own.employer_id or "", {"starts_on": TODAY})


@pytest.mark.usefixtures("own")
def test_a_second_placement_that_stands_in_for_none_is_still_refused(world: World, asha: Apprentice) -> None:
    values = {"apprentice_id": asha.id, "employer_id": world.hotel("Kilima Lodge").id, "starts_on": TODAY}
    with pytest.raises(AlreadyPlaced):
        placements.open_placement(OPERATOR, world.partition, values)


def test_only_who_edits_placements_places_and_sends_back(world: World, own: Placement, baraka: Actor, chausiku: Actor) -> None:
    host = world.hotel("Kilima Lodge")
    with pytest.raises(NotAllowed):
        actions.place_elsewhere(baraka, [own.id], host.id, {"starts_on": TODAY})
    with pytest.raises(NotFound):
        actions.place_elsewhere(chausiku, [own.id], host.id, {"starts_on": TODAY})
    with pytest.raises(NotAllowed):
        actions.send_back(baraka, own.id, TODAY)


# ---- what I18 counts


def test_suspended_and_reopened_placements_by_hand(world: World, own: Placement) -> None:
    open_host = world.hotel("Open Hotel")
    world.place(world.person("Bahati Lyimo"), open_host)
    again = world.hotel("Again Hotel")
    closure = world.close("employer", again.id, SHUT)
    came_back = world.place(world.person("Chiku Temu"), again)
    ended = world.place(world.person("Daudi Kessy"), again, ends_on=date(2026, 1, 31))
    world.reopen(closure, since=REOPENED)
    found = {each.placement.id: each for each in _halted(world)}
    assert found.keys() == {own.id, came_back.id, ended.id}
    assert {key: each.reopened for key, each in found.items()} == {own.id: None, came_back.id: REOPENED, ended.id: None}
    # As it was before the hotel opened, and before anything closed.
    assert {each.reopened for each in _halted(world, date(2026, 2, 15))} == {None}
    assert _halted(world, date(2026, 1, 11)) == []


def test_a_placement_is_not_reopened_while_another_one_stands_in(world: World, own: Placement) -> None:
    _elsewhere(world, own)
    _open_host(world, own)
    assert [each.reopened for each in _halted(world, TOMORROW) if each.placement is own] == [None]
    actions.send_back(OPERATOR, own.id, TOMORROW)
    db.session.rollback()
    assert [(each.since, each.reopened) for each in _halted(world, TOMORROW)] == [(SHUT, TOMORROW)]


def test_whoever_stands_in_elsewhere_is_in_one_placement_that_runs(world: World, own: Placement) -> None:
    def counted() -> list[int]:
        facts = read(country([world.partition]), TODAY, TODAY, TODAY)
        return [sum(each.numerator for each in INDICATORS[name].compute(facts, Split.ALL).values()) for name in ("placed", "suspended")]

    assert counted() == [0, 1]
    _elsewhere(world, own)
    _open_host(world, own)
    assert counted() == [1, 1]
