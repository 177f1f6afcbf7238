"""A disk loses part of a segment: it is named, asked of a peer, and everything is there again."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.country import Country, Machine
from tests.journeys.looking import rows
from tracker import replication
from tracker.db import db
from tracker.errors import DomainError
from tracker.people import actions as people
from tracker.people.models import Apprentice
from tracker.policy import OPERATOR
from tracker.replication import checking, SyncError

COLUMNS = ["body", "header", "signature"]


def _register(laptop: Machine, name: str) -> None:
    with laptop.on() as make:
        people.register_apprentice(OPERATOR, make.centre, {"given_name": name, "family_name": "Mushi"})


def _names(machine: Machine) -> list[str | None]:
    with machine.on():
        return sorted((row.given_name for row in db.session.query(Apprentice)), key=str)


def _lose(machine: Machine, column: str) -> None:
    """Flip a bit in the segment that holds Asha, as a failing disk does."""
    with machine.app.app_context():
        db.session.remove()
        db.engine.dispose()
    with closing(sqlite3.connect(Path(machine.app.extensions["settings"].home) / "daftari.sqlite3")) as connection, connection:
        holder = "select segment from sync_span, apprentice where apprentice.dot between minter || '-' || first and minter || '-' || last"
        ((text,),) = connection.execute(f"select {column} from sync_segment where id = ({holder})").fetchall()
        broken = bytearray(text)
        broken[len(broken) // 2] ^= 4
        connection.execute(f"update sync_segment set {column} = ? where id = ({holder})", [bytes(broken)])


def _check(machine: Machine) -> checking.Findings:
    with machine.on():
        return checking.examine(deep=True)


def _repair(machine: Machine) -> int:
    with machine.on():
        return checking.repair()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_laptop_gets_back_from_the_server_what_its_disk_lost(country: Country, column: str) -> None:
    _register(country.first, "Asha")
    country.first.sync()
    _lose(country.first, column)
    assert [each.kind for each in _check(country.first).broken] == ["segments"]
    assert _repair(country.first) == 1
    assert _names(country.first) == []  # nobody can vouch for it now
    country.first.sync()
    assert _names(country.first) == ["Asha"]
    assert not _check(country.first)


@pytest.mark.parametrize("column", COLUMNS)
def test_the_server_gets_back_from_a_laptop_what_its_disk_lost(country: Country, column: str) -> None:
    _register(country.first, "Asha")
    country.first.sync()
    country.second.sync()
    _lose(country.central, column)
    assert _repair(country.central) == 1
    country.second.sync()
    assert not _check(country.central)
    with country.first.on() as make:
        centre = make.centre
    assert rows(country.central, centre) == rows(country.first, centre)


def test_an_upgrade_folds_around_what_the_disk_lost(country: Country) -> None:
    _register(country.first, "Asha")
    country.first.sync()
    _lose(country.first, "body")
    with country.first.on():
        with db.engine.connect().execution_options(is_write=True) as connection, connection.begin():
            connection.exec_driver_sql("delete from sync_self where name = 'schema'")
        replication.catch_up()
    assert [each.kind for each in _check(country.first).broken] == ["asked"]
    country.first.sync()
    assert _names(country.first) == ["Asha"]
    assert not _check(country.first)


def test_a_damaged_change_that_was_never_sent_is_not_signed_and_sent(country: Country) -> None:
    _register(country.first, "Asha")
    with country.first.on(), db.engine.connect().execution_options(is_write=True) as connection, connection.begin():
        connection.exec_driver_sql("update sync_pending set change = replace(change, 'Asha', 'Isha')")
    with suppress(replication.SyncError, DomainError):
        country.first.sync()
    assert "Isha" not in _names(country.central)


def test_damage_that_nobody_has_noticed_is_found_by_the_next_exchange(country: Country) -> None:
    _register(country.first, "Asha")
    country.first.sync()
    _lose(country.central, "body")
    with pytest.raises(SyncError):  # the server finds out, and cannot give what it has lost
        country.second.sync()
    country.first.sync()
    country.second.sync()
    assert _names(country.second) == ["Asha"]
    assert not _check(country.central)
