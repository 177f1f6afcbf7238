"""A database is put back from a copy while the others went on: the server's, and a laptop's."""

import sqlite3
from pathlib import Path

import pytest

from tests.country import Country, Machine, machine
from tests.journeys.looking import conflicts, rows
from tracker.cli import run
from tracker.db import db
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR
from tracker.replication.checking import differences


def _register(laptop: Machine, name: str) -> None:
    with laptop.on() as make:
        people.register_apprentice(OPERATOR, make.centre, {"given_name": name, "family_name": "Mushi"})


def _names(machine: Machine) -> list[str | None]:
    with machine.on():
        return sorted((row.given_name for row in db.session.query(Apprentice)), key=str)


def _database(machine: Machine) -> Path:
    return Path(machine.app.extensions["settings"].home) / "daftari.sqlite3"


def _back_up(machine: Machine, to: Path) -> Path:
    with sqlite3.connect(_database(machine)) as live, sqlite3.connect(to) as copy:
        live.backup(copy)
    return to


def _put_back(machine: Machine, backup: Path) -> None:
    with sqlite3.connect(backup) as copy, sqlite3.connect(_database(machine)) as live:
        copy.backup(live)


def _all_alike(country: Country, centre: str) -> None:
    for each in (country.central, country.first, country.second):
        assert rows(each, centre) == rows(country.central, centre)
        with each.on():
            assert differences() == []


def test_a_restored_server_is_filled_by_the_laptops(country: Country, tmp_path: Path) -> None:
    backup = _back_up(country.central, tmp_path / "central.backup")
    for laptop, name in ((country.first, "Asha"), (country.second, "Neema")):
        _register(laptop, name)
        laptop.sync()
    _put_back(country.central, backup)
    assert _names(country.central) == []
    for laptop in (country.first, country.second, country.first):
        laptop.sync()
    assert _names(country.central) == _names(country.first) == ["Asha", "Neema"]
    with country.first.on() as make:
        centre = make.centre
    _all_alike(country, centre)


def test_a_restored_laptop_that_writes_before_it_syncs_loses_nothing(country: Country, tmp_path: Path) -> None:
    _register(country.first, "Asha")  # still pending in the backup
    backup = _back_up(country.first, tmp_path / "first.backup")
    _register(country.first, "Baraka")
    country.first.sync()
    _put_back(country.first, backup)
    with country.first.app.app_context():
        db.engine.dispose()
    country.first = machine(tmp_path / "first", server=country.url)  # another process, as after any restoring
    _register(country.first, "Zuhura")
    for laptop in (country.first, country.second):
        laptop.sync()
    assert _names(country.first) == _names(country.second) == ["Asha", "Baraka", "Zuhura"]
    with country.first.on() as make:
        centre = make.centre
    assert conflicts(country.first, centre) == []
    _all_alike(country, centre)


def _by_command(machine: Machine, *words: str) -> int:
    """Run a command on the machine's data folder, as if no program had it open."""
    with machine.app.app_context():
        db.session.remove()
        db.engine.dispose()
    return run(["--home", str(_database(machine).parent), *words])


def test_a_laptop_restored_by_command_gets_back_what_it_had_sent(country: Country, tmp_path: Path) -> None:
    backup = str(tmp_path / "akiba.zip")
    _register(country.first, "Asha")  # still pending in the backup
    assert _by_command(country.first, "backup", backup) == 0
    _register(country.first, "Baraka")
    assert _by_command(country.first, "restore", backup) == 1  # Baraka was never sent
    country.first.sync()
    assert _by_command(country.first, "restore", backup) == 0
    country.first = machine(tmp_path / "first", server=country.url)
    assert _names(country.first) == ["Asha"]
    _register(country.first, "Zuhura")
    for laptop in (country.first, country.second):
        laptop.sync()
    assert _names(country.first) == _names(country.second) == ["Asha", "Baraka", "Zuhura"]
    with country.first.on() as make:
        centre = make.centre
    _all_alike(country, centre)


def test_a_server_restored_by_command_is_filled_by_the_laptops(
    country: Country, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = str(tmp_path / "akiba.zip")
    assert _by_command(country.central, "backup", backup) == 0
    for laptop, name in ((country.first, "Asha"), (country.second, "Neema")):
        _register(laptop, name)
        laptop.sync()
    assert _by_command(country.central, "restore", backup) == 0, capsys.readouterr()
    assert _names(country.central) == []
    for laptop in (country.first, country.second, country.first):
        laptop.sync()
    assert _names(country.central) == _names(country.first) == ["Asha", "Neema"]
    with country.first.on() as make:
        centre = make.centre
    _all_alike(country, centre)
