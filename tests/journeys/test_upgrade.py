"""A laptop with an older program hears of a table it does not know; after its upgrade the rows are there."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from sync import is_behind, Schema, upgrade
from tests.country import Country
from tests.journeys.looking import rows
from tracker import replication
from tracker.cli.voice import copy_database
from tracker.db import db
from tracker.employers import actions as employers
from tracker.policy import OPERATOR


def test_what_an_older_program_could_not_read_is_folded_after_the_upgrade(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    with country.second.on() as make:
        known = country.second.app.extensions["replica"]()
        tables = {name: table for name, table in known.schema.tables.items() if name != "employer"}
        older = replace(known, schema=Schema(tables, 0))
        with replication.begin() as connection:
            upgrade(connection, older)
        centre = make.centre
    with country.first.on():
        employers.add_employer(OPERATOR, centre, {"name": "Hoteli ya Moshi"})
    country.first.sync()
    with monkeypatch.context() as patched:
        patched.setitem(country.second.app.extensions, "replica", lambda: older)
        country.second.sync()
        with country.second.on():
            assert replication.quarantined() == {"unknown-table": 1}
    with country.second.on():
        replication.catch_up()
        assert replication.quarantined() == {}
    assert rows(country.second, centre) == rows(country.first, centre)


def test_a_new_folder_is_of_this_version_before_anything_is_entered(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert not is_behind(connection, app.extensions["replica"]())


def test_the_copy_before_an_upgrade_holds_what_the_log_still_holds(tmp_path: Path) -> None:
    live = sqlite3.connect(tmp_path / "live.sqlite3")
    live.execute("pragma journal_mode=wal")
    live.execute("create table kept (name text)")
    live.execute("insert into kept values ('Asha')")
    live.commit()
    copy_database(tmp_path / "live.sqlite3", tmp_path / "copy.sqlite3")
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        assert copy.execute("select name from kept").fetchall() == [("Asha",)]
    live.close()
