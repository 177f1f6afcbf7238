"""What a command says when it is done, and when it refuses."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from flask import Flask
from sqlalchemy.exc import ArgumentError

from tracker import clock, config, folder, wal
from tracker.errors import DomainError, N_


@dataclass(frozen=True)
class Done:
    """What a command has done: `facts` for `--json`, `lines` for a person."""

    facts: Mapping[str, object]
    lines: Sequence[str]


class CommandError(DomainError):
    """A refusal with more to say than one sentence.

    facts  what stands beside `error` in the JSON object
    lines  what a person reads below the sentence
    """

    code: ClassVar[str] = "refused"

    def __init__(self, *, facts: dict[str, object] | None = None, lines: Sequence[str] = (), **params: object) -> None:
        """Keep the parameters of the sentence and what stands beside it."""
        super().__init__(**params)
        self.facts = facts
        self.lines = lines


class PackageMissing(CommandError):
    """PostgreSQL needs a package that a laptop has not."""

    code = "package_missing"
    sentence = N_("This database needs the central office's packages. Install them with: pip install daftari[central]")


class NotADatabase(CommandError):
    """An address that names no database."""

    code = "setting"
    sentence = N_("%(database)s is not the address of a database. Write it as postgresql://user@host/name.")


@contextmanager
def opened(settings: config.Settings) -> Iterator[Flask]:
    """The application over the data folder, which is held as long, its context pushed. Raises InUse."""
    from tracker.app import create_app
    from tracker.db import db

    try:
        app = create_app(settings)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("psycopg"):
            raise PackageMissing from error
        raise
    except ArgumentError as error:
        raise NotADatabase(database=settings.database) from error
    look = partial(wal.look, settings.home / "daftari.sqlite3", clock.wall)
    with folder.share(settings.home, look), app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


class NewerDatabase(DomainError):
    """The data folder was used with a newer program."""

    code, status = "database.newer", 409
    sentence = N_("A newer Daftari has used this data folder. Install that version on this computer to go on.")


@contextmanager
def at_work(settings: config.Settings) -> Iterator[Flask]:
    """As `opened`, but only over a data folder that is set up; raises NotSetUp."""
    from tracker import replication

    if not settings.database and not (settings.home / "daftari.sqlite3").is_file():
        raise replication.NotSetUp  # before anything is created in a folder that was perhaps mistyped
    with opened(settings) as app:
        if not replication.is_set_up():
            raise replication.NotSetUp
        make_current(settings)
        yield app


def make_current(settings: config.Settings, *, in_child: bool = False) -> None:
    """Upgrade an older database, after a copy of it, and fold what it could not read before.

    in_child  in a process of its own, so that a server never carries Alembic
    Raises NewerDatabase for one that a newer program has upgraded.
    """
    from tracker import migrations, replication
    from tracker.db import db

    if migrations.is_newer(db.engine):
        raise NewerDatabase
    if migrations.is_due(db.engine):
        path = settings.home / "daftari.sqlite3"
        if path.is_file() and migrations.current(db.engine) is not None:
            copy_database(path, path.with_suffix(f".before-{migrations.newest()}"))
        if in_child:
            migrations.upgrade_in_child(settings.home)
        else:
            migrations.upgrade(db.engine)
    if replication.is_set_up():
        replication.catch_up()
        replication.keep_erased()


def copy_database(path: Path, target: Path) -> None:
    """Copy a SQLite file that may be in use. Through SQLite: a plain copy would leave out what its log still holds (F-05)."""
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
