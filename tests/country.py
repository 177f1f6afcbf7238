"""Three machines with folders of their own: central, and two laptops of one centre, joined over real HTTP.

With `DAFTARI_TEST_POSTGRESQL=postgresql://user:password@host/postgres` central keeps its register there, in a database that
lives as long as the test.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from tests.conftest import Browser, CHEAP, MORNING, PinnedClock
from tests.make import Make
from tracker import config, migrations, replication
from tracker.app import create_app
from tracker.db import db
from tracker.nodes import actions
from tracker.policy import Actor, OPERATOR


@dataclass
class Machine:
    """One machine: its application, and what it takes to act on it."""

    app: Flask
    clock: PinnedClock = field(default_factory=lambda: PinnedClock(moment=MORNING))

    @contextmanager
    def on(self) -> Iterator[Make]:
        """Act on this machine, as if it were the only one."""
        with self.app.app_context():
            yield Make(centre=replication.home(), other="")
            db.session.remove()

    def sync(self) -> replication.Report:
        with self.on():
            return actions.sync_now(OPERATOR)

    def browser(self) -> Browser:
        found = self.app.test_client()
        assert isinstance(found, Browser)
        return found


def machine(home: Path, **settings: object) -> Machine:
    """A machine with an empty database."""
    clock = PinnedClock(moment=MORNING)
    app = create_app(config.load(home, environ={}, **{**CHEAP, **settings}), clock=clock)
    app.config["TESTING"] = True
    app.test_client_class = Browser
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "daftari.sqlite3").exists():
        (home / "daftari.sqlite3").write_bytes(_empty_database())
    with app.app_context():
        replication.create_tables()
    return Machine(app, clock)


@cache  # migrating takes half a second, copying nothing
def _empty_database() -> bytes:
    with TemporaryDirectory() as folder:
        app = create_app(config.load(Path(folder), environ={}, **CHEAP))
        with app.app_context():
            migrations.upgrade(db.engine)
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.engine.dispose()
        return (Path(folder) / "daftari.sqlite3").read_bytes()


POSTGRESQL = os.environ.get("DAFTARI_TEST_POSTGRESQL", "")

on_files_only = pytest.mark.skipif(bool(POSTGRESQL), reason="is about the file of central's database")


@contextmanager
def _central_database() -> Iterator[str]:
    """The address of an empty database for central; the empty text where it is to be a file."""
    if not POSTGRESQL:
        yield ""
        return
    server = sa.create_engine(POSTGRESQL.replace("postgresql:", "postgresql+psycopg:", 1), isolation_level="AUTOCOMMIT")
    name = f"daftari_test_{secrets.token_hex(8)}"
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield f"{POSTGRESQL.rpartition('/')[0]}/{name}"
    finally:
        with server.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


@dataclass
class Country:
    """The machines of a test."""

    central: Machine
    first: Machine
    second: Machine
    url: str


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """As `joined`."""
    with joined(tmp_path) as found:
        yield found


@contextmanager
def joined(folder: Path) -> Iterator[Country]:
    """A centre's two laptops have joined; the first founded it with Amina on its staff, and all have exchanged."""
    with _central_database() as database:
        yield from _country(folder, database)


def _country(tmp_path: Path, database: str) -> Iterator[Country]:
    central = machine(tmp_path / "central", seat="central", name="VETA", database=database)
    with central.app.app_context():
        replication.found_central("VETA")
    server = make_server("127.0.0.1", 0, central.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    country = Country(central, machine(tmp_path / "first"), machine(tmp_path / "second"), url)
    try:
        with central.on():
            code = actions.invite_centre(OPERATOR, "Chuo cha Moshi", "TZ-09")
        enrol(country, country.first, code)
        with country.first.on() as make:
            make.user("Amina Juma", "registrar")
            centre = make.centre
        country.first.sync()
        with central.on():
            code = actions.invite_laptop(OPERATOR, centre, "Kompyuta ya pili")
        enrol(country, country.second, code)
        yield country
    finally:
        server.shutdown()
        thread.join()
        for each in (central, country.first, country.second):
            with each.app.app_context():
                db.session.remove()
                db.engine.dispose()


def enrol(country: Country, newcomer: Machine, code: str, actor: Actor = OPERATOR) -> None:
    """Let a machine join and exchange once."""
    with newcomer.on():
        actions.join(actor, country.url, code)
    newcomer.sync()
