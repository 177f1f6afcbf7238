"""The cast: Amina is registrar, Baraka instructs only his cohort, Chausiku is of another centre, Dalali keeps the machine.

The database with its people is made once; every test works on a copy of the file. No test reads today's date.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, UTC
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.make import Make, PASSWORD
from tracker import config, replication
from tracker.accounts import actions
from tracker.app import create_app
from tracker.clock import StoryClock
from tracker.db import db
from tracker.policy import Actor

MORNING = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # Monday, eight o'clock in Tanzania
CHEAP = {"password_memory_kib": 8, "password_passes": 1, "secret_key": "not secret", "language": "en"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class PinnedClock(StoryClock):
    """A clock that stands still until a test moves it. set_by_s: how far somebody has set it off, which steady time does not follow."""

    wall_s: float = MORNING.timestamp()
    set_by_s: float = 0

    def wall(self) -> float:
        return self.wall_s + self.set_by_s

    def steady(self) -> float:
        return self.wall_s

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.set_by_s)


class Browser(FlaskClient):
    """A browser that signs in and fills form tokens in, each request in an application context of its own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.rollback()  # the test sees what the request saved
        return response

    def sign_in(self, username: str) -> "Browser":
        self.set_cookie("s", actions.sign_in(username, PASSWORD, device="test", address="127.0.0.1"))
        return self

    def send(self, url: str, **fields: object) -> TestResponse:
        """Post a form with its token."""
        found = TOKEN.search(self.get("/accounts/sign-in").text)
        assert found
        return self.post(url, data={"csrf_token": found[1], **fields})


def _app(home: Path, **settings: object) -> Flask:
    app = create_app(config.load(home, environ={}, **{**CHEAP, **settings}), clock=PinnedClock(moment=MORNING))
    app.config["TESTING"] = True
    app.test_client_class = Browser
    return app


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Make]:
    """A data folder with the cast, made once."""
    home = tmp_path_factory.mktemp("filled")
    app = _app(home)
    with app.app_context():
        replication.create_tables()
        make = Make(other=replication.found_centre(), centre=replication.found_centre())
        make.user("Amina Juma", "registrar")
        make.user("Baraka Mollel", "instructor")
        make.user("Chausiku Ally", "registrar", partition=make.other)
        make.user("Dalali Mrisho", "administrator")
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return home, make


@pytest.fixture
def app(filled: tuple[Path, Make], tmp_path: Path) -> Iterator[Flask]:
    """The application over a fresh copy, its context pushed."""
    home = tmp_path / "home"
    shutil.copytree(filled[0], home)
    app = _app(home)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def clock(app: Flask) -> PinnedClock:
    found = app.extensions["clock"]
    assert isinstance(found, PinnedClock)
    return found


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser


@pytest.fixture
def make(app: Flask, filled: tuple[Path, Make]) -> Make:
    del app  # things are made in its context
    return filled[1]


@pytest.fixture
def amina(make: Make) -> Actor:
    return make.actor("amina")


@pytest.fixture
def baraka(make: Make) -> Actor:
    return make.actor("baraka")


@pytest.fixture
def chausiku(make: Make) -> Actor:
    return make.actor("chausiku")


@pytest.fixture
def dalali(make: Make) -> Actor:
    return make.actor("dalali")
