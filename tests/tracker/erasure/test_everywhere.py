"""A person is erased on every computer: no byte of the canaries is left in any file of any data folder."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.country import Country, enrol, Machine, machine, on_files_only
from tracker import replication
from tracker.attendance import absence_actions as absences
from tracker.attendance import actions as attendance
from tracker.attendance.rules import MarkLine
from tracker.calendar import actions as calendar
from tracker.catchup import actions as catchup
from tracker.catchup.models import RemotePackReturn
from tracker.cli import run
from tracker.db import db
from tracker.employers import actions as employers
from tracker.erasure import actions, queries
from tracker.erasure.rules import NotTyped
from tracker.nodes import actions as nodes
from tracker.people import actions as people
from tracker.people.models import Apprentice, Enrolment
from tracker.placements import actions as placements
from tracker.placements.models import Placement
from tracker.policy import OPERATOR
from tracker.resumption import actions as resumption
from tracker.safety import actions as safety
from tracker.safety.models import SafetyPresence

ASHA = {"given_name": "Ashakanari", "family_name": "Mushikanari", "phone": "0755917346", "guardian": "Mzazikanari", "number": "KANARI/17"}
CANARIES = [str(text).encode() for text in ASHA.values()] + [b"+255755917346", b"Sababukanari", b"Simamizikanari"]


@dataclass
class World:
    """The machines of the country and a coordinator, all of which hold Asha and her neighbour."""

    country: Country
    coordinator: Machine
    asha: str
    other: str

    @property
    def machines(self) -> list[Machine]:
        return [self.country.central, self.country.first, self.country.second, self.coordinator]

    def exchange(self) -> None:
        """Everybody with the server, twice: what one says the others hear."""
        for _round in range(2):
            for each in self.machines[1:]:
                each.sync()


@pytest.fixture
def world(country: Country, tmp_path: Path) -> Iterator[World]:
    with country.central.on():
        centre = country.first.app.app_context()
        with centre:
            partition = replication.home()
        code = nodes.invite_coordinator(OPERATOR, "Mkoa wa Kilimanjaro", ["TZ-09"], [partition])
    coordinator = machine(tmp_path / "coordinator", seat="region")
    enrol(country, coordinator, code)
    with country.first.on() as make:
        cohort = make.cohort()
        asha = people.register_apprentice(OPERATOR, make.centre, {**ASHA, "cohort_id": cohort.id})
        other = people.register_apprentice(OPERATOR, make.centre, {"given_name": "Neema", "family_name": "Said", "cohort_id": cohort.id})
        host = employers.add_employer(OPERATOR, make.centre, {"name": "Hoteli ya Bahari"})
        values = {"employer_id": host.id, "starts_on": date(2026, 2, 2), "ends_on": date(2026, 4, 30), "supervisor": "Simamizikanari"}
        placed = placements.open_placement(OPERATOR, make.centre, {**values, "apprentice_id": asha.id})
        assert placed.id
        lines = [MarkLine(asha.id, date(2026, 1, 6), "absent", reason="Sababukanari"), MarkLine(other.id, date(2026, 1, 6), "present")]
        attendance.import_marks(OPERATOR, make.centre, lines)
        ids = asha.id, other.id
    found = World(country, coordinator, *ids)
    found.exchange()
    yield found
    with coordinator.app.app_context():
        db.session.remove()
        db.engine.dispose()


def home_of(each: Machine) -> Path:
    return Path(each.app.extensions["settings"].home)


def canaries_in(folder: Path) -> set[tuple[str, bytes]]:
    """(file, canary) of every canary in any file below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {(path.name, canary) for path in files for canary in CANARIES if canary in path.read_bytes()}


def _erase(world: World) -> None:
    with world.country.central.on():
        actions.erase_person(OPERATOR, world.asha, reason="own-request", typed="kanari/17 ")


@on_files_only
def test_the_canaries_are_found_before(world: World) -> None:
    for each in world.machines:
        found = {canary for _file, canary in canaries_in(home_of(each))}
        assert b"Ashakanari" in found


def test_nothing_is_left_in_any_file_of_any_computer(world: World) -> None:
    (home_of(world.country.first) / "daftari.before-0002").write_bytes(b"SQLite format 3\0 ... Ashakanari")
    _erase(world)
    assert canaries_in(home_of(world.country.central)) == set()
    with world.country.central.on():
        (case,) = queries.cases(OPERATOR)
        assert {each.name for each in case.confirmations if each.at} == {"VETA"}
        assert case.outstanding == 3
    world.exchange()
    for each in world.machines:
        assert canaries_in(home_of(each)) == set()
        with each.on():
            assert [row.given_name for row in db.session.query(Apprentice)] == ["Neema"]
    with world.country.central.on():
        (case,) = queries.cases(OPERATOR)
        assert case.outstanding == 0


def test_what_an_offline_laptop_adds_about_the_person_is_erased_too(world: World) -> None:
    with world.country.second.on():
        people.correct_apprentice(OPERATOR, world.asha, {"guardian": "Mzazikanari Mpya"}, None)
    with world.country.second.on() as make:  # rows of their own, which no order names yet
        host = employers.add_employer(OPERATOR, make.centre, {"name": "Hoteli ya Milima"})
        values = {"employer_id": host.id, "starts_on": date(2026, 5, 4), "supervisor": "Simamizikanari Mpya"}
        placements.open_placement(OPERATOR, make.centre, {**values, "apprentice_id": world.asha})
    _erase(world)
    world.country.first.sync()
    world.exchange()
    world.exchange()
    for each in world.machines:
        assert canaries_in(home_of(each)) == set()
    with world.country.central.on():
        assert all(case.outstanding == 0 for case in queries.cases(OPERATOR))
        assert replication.quarantined() == {}


def test_nothing_of_closures_and_coming_back_is_left_of_the_person_either(world: World) -> None:
    """Asked of each row of each table, whatever its columns are called: it holds no id of hers and none of what was hers."""
    on = date(2026, 2, 10)
    with world.country.first.on() as make:
        cohort = db.session.scalars(select(Enrolment.cohort_id).where(Enrolment.apprentice_id == world.asha)).one() or ""
        (placed,) = db.session.scalars(select(Placement).where(Placement.apprentice_id == world.asha))
        closure = calendar.close(OPERATOR, make.centre, "employer", placed.employer_id, "workplaces", "covid-19", on)
        other_host = employers.add_employer(OPERATOR, make.centre, {"name": "Hoteli ya Meru"})
        (stand_in,) = resumption.place_elsewhere(OPERATOR, [placed.id], other_host.id, {"starts_on": on, "supervisor": "Simamizikanari"})
        later = {placed.id: date(2026, 6, 30)}
        catchup.move_ends(OPERATOR, cohort, None, later, on, closure_id=closure.id, note="Sababukanari")
        absences.record_follow_up(OPERATOR, world.asha, on, "call", "promised", "Sababukanari", date(2026, 3, 9))
        hers = {world.asha, placed.id, stand_in.id}
    with world.country.second.on() as make:  # nobody has heard of these when the order is given
        session = safety.hold_session(OPERATOR, make.centre, "covid-19", on, minutes=90)
        safety.mark_present(OPERATOR, session.id, world.asha, was_there=True)
        safety.mark_present(OPERATOR, session.id, world.other, was_there=True)
        pack = catchup.give_pack(OPERATOR, cohort, "Kazi ya nyumbani", 300, on)
        for whose in (world.asha, world.other):
            catchup.mark_returned(OPERATOR, pack.id, whose, on)
    world.country.first.sync()
    _erase(world)
    world.exchange()
    world.exchange()
    for each in world.machines:
        with each.on():
            for table in db.metadata.sorted_tables:
                held = {value for row in db.session.execute(select(table)) for value in row}
                assert not held & hers, table.name
            assert [row.apprentice_id for row in db.session.scalars(select(SafetyPresence))] == [world.other]
            assert [row.apprentice_id for row in db.session.scalars(select(RemotePackReturn))] == [world.other]
        assert canaries_in(home_of(each)) == set()


def test_no_receipt_is_given_while_the_log_still_holds_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.disk.BUSY_TIMEOUT_MS", 100)
    laptop = world.country.first
    with closing(sqlite3.connect(home_of(laptop) / "daftari.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("select count(*) from apprentice").fetchone()
        _erase(world)
        world.exchange()
        assert canaries_in(home_of(laptop)) != set()
        with world.country.central.on():
            (case,) = queries.cases(OPERATOR)
            assert [each.name for each in case.confirmations if each.at is None] == ["Chuo cha Moshi"]
    world.exchange()
    assert canaries_in(home_of(laptop)) == set()
    with world.country.central.on():
        assert all(case.outstanding == 0 for case in queries.cases(OPERATOR))


def test_nothing_is_erased_before_the_number_is_typed(world: World) -> None:
    with world.country.central.on(), pytest.raises(NotTyped):
        actions.erase_person(OPERATOR, world.asha, reason="own-request", typed="KANARI/18")


def test_a_laptop_that_has_joined_may_not_order_it(world: World) -> None:
    with world.country.first.on(), pytest.raises(replication.NotTheRoot):
        actions.erase_person(OPERATOR, world.asha, reason="own-request", typed="KANARI/17")


def _by_command(each: Machine, *words: str) -> int:
    with each.app.app_context():
        db.session.remove()
        db.engine.dispose()
    return run(["--home", str(home_of(each)), *words])


def test_a_backup_from_before_brings_nobody_back(world: World, tmp_path: Path) -> None:
    laptop, backup = world.country.first, str(tmp_path / "akiba.zip")
    assert _by_command(laptop, "backup", backup) == 0
    _erase(world)
    world.exchange()
    assert (home_of(laptop) / "erasures.json").is_file()
    assert _by_command(laptop, "restore", backup) == 0
    assert canaries_in(home_of(laptop)) == set()
    with closing(sqlite3.connect(home_of(laptop) / "daftari.sqlite3")) as restored:
        assert restored.execute("PRAGMA freelist_count").fetchone() == (0,)
    assert list(home_of(laptop).glob("daftari.sqlite3.before-restore-*"))  # emptied itself before it made way: it may stay
    world.country.first = machine(home_of(laptop), server=world.country.url)
    with world.country.first.on():
        assert [row.given_name for row in db.session.query(Apprentice)] == ["Neema"]
    world.exchange()
    for each in world.machines:
        assert canaries_in(home_of(each)) == set()
    assert list(home_of(world.country.first).glob("daftari.sqlite3.before-restore-*"))


def test_a_database_that_was_put_in_place_by_hand_brings_nobody_back(world: World, tmp_path: Path) -> None:
    laptop = world.country.first
    database = home_of(laptop) / "daftari.sqlite3"
    with closing(sqlite3.connect(database)) as live, closing(sqlite3.connect(tmp_path / "older")) as copy:
        live.backup(copy)
    _erase(world)
    world.exchange()
    with laptop.app.app_context():
        db.session.remove()
        db.engine.dispose()
    shutil.copyfile(tmp_path / "older", database)
    assert _by_command(laptop, "status") == 0  # any start will do
    assert canaries_in(home_of(laptop)) == set()
