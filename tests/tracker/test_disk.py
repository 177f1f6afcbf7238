"""The log is copied by one at a time; a full disk is refused in words, saves nothing and lets an exchange through (F-04, F-06, F-08)."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.conftest import Browser
from tests.country import Country, country
from tests.make import Make
from tests.tracker.commands import Terminal, terminal
from tracker import disk, replication
from tracker.db import db, prepare_engine, sqlite_url
from tracker.disk import DiskFull, LOG_BYTES, Reserve
from tracker.people import actions, queries
from tracker.policy import Actor

__all__ = ["country", "terminal"]

HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""
SENTENCE = "The disk of this computer is full, so nothing was saved."


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[sa.Engine]:
    """A production engine over a file with one table."""
    base = sa.create_engine(sqlite_url(tmp_path / "notes.sqlite3"))
    prepare_engine(base)
    engine = base.execution_options(is_write=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE note (text TEXT)")
    yield engine
    engine.dispose()


def _note(engine: sa.Engine, text: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO note VALUES (?)", (text,))


def _notes(engine: sa.Engine) -> list[str]:
    with engine.begin() as connection:
        return list(connection.exec_driver_sql("SELECT text FROM note").scalars())


def _log_bytes(tmp_path: Path) -> int:
    return (tmp_path / "notes.sqlite3-wal").stat().st_size


# ---- the log


def test_every_connection_has_the_pragmas(notes: sa.Engine) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "wal_autocheckpoint": 0,
        "journal_size_limit": LOG_BYTES,
        "busy_timeout": 10_000,
        "secure_delete": 1,
        "foreign_keys": 1,
        "cell_size_check": 1,
        "trusted_schema": 0,
    }
    reading = notes.execution_options(is_write=False)
    with reading.connect() as first, reading.connect() as second:
        for connection in (first, second):
            assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected} == expected
            assert connection.exec_driver_sql("PRAGMA mmap_size").scalar() in {0, None}


def test_the_log_stays_short_however_much_is_written(notes: sa.Engine, tmp_path: Path) -> None:
    for k in range(40):
        _note(notes, str(k) * 250_000)
        assert _log_bytes(tmp_path) < LOG_BYTES + (1 << 20)


def test_a_checkpoint_copies_all_and_can_leave_an_empty_log(notes: sa.Engine, tmp_path: Path) -> None:
    _note(notes, "Asha")
    assert disk.checkpoint(notes)
    assert _log_bytes(tmp_path) > 0
    assert disk.checkpoint(notes, truncate=True)
    assert _log_bytes(tmp_path) == 0
    assert _notes(notes) == ["Asha"]


def test_nothing_is_copied_while_somebody_writes(notes: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a commit may begin the log anew under a checkpoint, which damages the file before SQLite 3.51.3."""
    monkeypatch.setattr(disk, "BUSY_TIMEOUT_MS", 50)
    _note(notes, "Asha")
    before = (tmp_path / "notes.sqlite3").read_bytes()
    with notes.begin() as writer:
        writer.exec_driver_sql("INSERT INTO note VALUES ('Baraka')")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            disk.checkpoint(notes)
    assert (tmp_path / "notes.sqlite3").read_bytes() == before


def test_nobody_commits_while_the_log_is_copied(notes: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    _note(notes, "Asha")
    refused = []

    def try_to_write(statement: str) -> None:
        if "wal_checkpoint" in statement:
            with closing(sqlite3.connect(str(disk.file_of(notes)), timeout=0)) as other, pytest.raises(sqlite3.OperationalError) as error:
                other.execute("BEGIN IMMEDIATE")
            refused.append(str(error.value))

    opened = disk._open

    def watched(path: Path, wait_s: float) -> sqlite3.Connection:
        connection = opened(path, wait_s)
        connection.set_trace_callback(try_to_write)
        return connection

    monkeypatch.setattr(disk, "_open", watched)
    assert disk.checkpoint(notes)
    assert refused == ["database is locked"]


def test_another_program_that_holds_the_database_for_a_while_costs_nobody_a_write(notes: sa.Engine, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "notes.sqlite3"), "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder, ThreadPoolExecutor(4) as people:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        saved = [people.submit(_note, notes, f"note {k}") for k in range(20)]
        assert not any(each.done() for each in saved)
        for each in saved:
            each.result(timeout=30)
    assert sorted(_notes(notes)) == sorted(f"note {k}" for k in range(20))


def test_a_page_says_so_when_another_program_holds_the_database_for_long(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    client.sign_in("amina")
    monkeypatch.setattr(disk, "BUSY_TIMEOUT_MS", 50)
    db.session.remove()
    db.engine.dispose()
    with closing(sqlite3.connect(str(disk.file_of(db.engine)), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        answer = client.send("/people/new", given_name="Asha", family_name="Juma", sure="1")
        assert (answer.status_code, "Another program has been writing" in answer.text) == (503, True)
    assert client.send("/people/new", given_name="Asha", family_name="Juma", sure="1").status_code == 302


@pytest.mark.parametrize("table", ["session", "staff"])
def test_every_page_over_a_damaged_database_says_what_to_do(client: Browser, table: str) -> None:
    client.sign_in("amina")
    path = disk.file_of(db.engine)
    assert path
    assert disk.checkpoint(db.engine, truncate=True)
    with db.engine.connect() as connection:
        page = connection.exec_driver_sql("select rootpage from sqlite_schema where name = ?", (table,)).scalar_one()
    db.session.remove()
    db.engine.dispose()
    with path.open("rb+") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    answers = [client.get(url) for url in ("/people/", "/conflicts/", "/nodes/", "/nothing/")]
    assert {answer.status_code for answer in answers} <= {200, 302, 404, 503}
    told = [answer.text for answer in answers if answer.status_code == 503]
    assert told
    assert all("The database is damaged." in each for each in told)


# ---- no room


@contextmanager
def _no_room(app: Flask | None = None) -> Iterator[None]:
    """The database files cannot grow, of one machine or of all: SQLite itself says that the disk is full."""

    def limit(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # which SQLite raises to the present number of pages

    place: Any = sa.pool.Pool
    if app:
        with app.app_context():
            place = db.engine
            db.engine.dispose()
    event.listen(place, "connect", limit)
    try:
        yield
    finally:
        event.remove(place, "connect", limit)
        if app:
            place.dispose()


def _until_refused(act: Callable[[int], object], tries: int = 200) -> int:
    """How often an act succeeded before the disk was full."""
    for done in range(tries):
        try:
            act(done)
        except DiskFull:
            return done
    raise AssertionError("the disk was never full")


def test_a_page_says_that_the_disk_is_full_and_nothing_was_saved(client: Browser, make: Make, amina: Actor, app: Flask) -> None:
    client.sign_in("amina")
    answers: list[TestResponse] = []
    with _no_room(app):
        while not answers or (answers[-1].status_code == 302 and len(answers) < 200):
            answers.append(client.send("/people/new", given_name=f"Asha {len(answers)}", family_name="Juma", phone="0712345678", sure="1"))
        assert answers[-1].status_code == 507
        assert SENTENCE in answers[-1].text
        assert client.get("/people/").status_code == 200
        saved = [apprentice.full_name for apprentice in queries.search(amina, "", make.centre)]
        assert sorted(saved) == sorted(f"Asha {k} Juma" for k in range(len(answers) - 1))
    assert client.send("/people/new", given_name="Zuhura", sure="1").status_code == 302


def test_a_command_says_that_the_disk_is_full_and_does_all_or_nothing(terminal: Terminal, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("number,given_name,family_name\n" + "".join(f"Z-{k},Asha,Juma {k}\n" for k in range(300)), encoding="utf-8")
    terminal.centre()
    with _no_room():
        told = terminal("import", "apprentices", str(table), "--json")
        assert (told.code, told.json["error"]["code"]) == (1, "db.disk_full")
        assert terminal("export", "apprentices", str(tmp_path / "out.csv")).code == 0
    assert terminal.json("import", "apprentices", str(table))["added"] == 300


def test_the_server_acknowledges_nothing_that_it_has_no_room_for(country: Country) -> None:
    with country.first.on() as make:
        for k in range(60):
            make.apprentice(f"Asha {k}", number=f"Z-{k}", phone="+255712345678")
        centre = make.centre
    held = _count(country.central.app, centre)
    with _no_room(country.central.app), pytest.raises(replication.SyncError):
        country.first.sync()
    with country.first.on():
        hub = replication.hub_key()
        assert hub is not None
        assert replication.unsent(hub).changes > 0
    assert _count(country.central.app, centre) == held
    country.first.sync()
    assert _count(country.central.app, centre) == held + 60


def _count(app: Flask, centre: str) -> int:
    with app.app_context():
        count = db.session.execute(sa.text("SELECT count(*) FROM apprentice WHERE partition = :centre"), {"centre": centre}).scalar_one()
        db.session.remove()
        return int(count)


def test_the_reserve_is_given_up_when_the_disk_is_full(app: Flask, make: Make) -> None:
    reserve: Reserve = app.extensions["reserve"]
    assert reserve.make()
    file = app.extensions["settings"].home / "reserve"
    assert file.stat().st_size == disk.RESERVE_BYTES
    with _no_room(app):
        _until_refused(lambda k: make.apprentice(f"Asha {k}", number=f"Z-{k}"))
    assert not file.exists()


def test_while_only_the_reserve_is_left_people_wait_and_the_machine_goes_on(app: Flask, make: Make, amina: Actor, tmp_path: Path) -> None:
    room = [0]
    reserve = app.extensions["reserve"] = Reserve(tmp_path, 1 << 20, free=lambda _folder: room[0])
    reserve.release()
    with pytest.raises(DiskFull):
        actions.register_apprentice(amina, make.centre, {"given_name": "Asha", "family_name": "Juma"})
    make.apprentice("Written by the machine")
    room[0] = 2 << 20
    actions.register_apprentice(amina, make.centre, {"given_name": "Asha", "family_name": "Juma"})
    assert len(queries.search(amina, "", make.centre)) == 2


def test_the_reserve_is_made_when_there_is_room_and_again_when_there_is_room_again(tmp_path: Path) -> None:
    room = [0]
    reserve = Reserve(tmp_path, 1 << 20, free=lambda _folder: room[0])
    file = tmp_path / "reserve"
    assert not reserve.make()
    assert not file.exists()
    room[0] = 2 << 20
    assert reserve.make()
    assert file.stat().st_size == 1 << 20
    reserve.release()
    assert not file.exists()
    assert reserve.make()
    assert file.stat().st_size == 1 << 20


def test_half_a_reserve_is_made_whole(tmp_path: Path) -> None:
    (tmp_path / "reserve").write_bytes(b"\0" * 1000)
    assert Reserve(tmp_path, 1 << 20, free=lambda _folder: 2 << 20).make()
    assert (tmp_path / "reserve").stat().st_size == 1 << 20
