"""The database: base classes for synced and local rows, the pragmas, and `write(actor)`, the one transaction.

Synced rows carry the stamps of the values they show; `tracker/replication` turns what an action changed into pending
changes inside the same transaction. Synced tables have no constraint that could refuse a change from elsewhere.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TYPE_CHECKING, TypeVar

import sqlalchemy as sa
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, orm
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, Session

from tracker import disk
from tracker.disk import Reserve
from tracker.errors import NotAllowed, NotFound
from tracker.policy import Actor, may, OPERATOR


class Code(sa.types.TypeDecorator[str]):
    """A stable ASCII code from a code list; an unknown one is shown, never refused."""

    impl, cache_ok = sa.Text, True


class Ref(sa.types.TypeDecorator[str]):
    """The id of another row of the same partition (or of the nation)."""

    impl, cache_ok = sa.Text, True


class Instant(sa.types.TypeDecorator[int]):
    """Seconds since 1970, UTC."""

    impl, cache_ok = sa.BigInteger, True


class Base(DeclarativeBase):
    """The ancestor of all models."""

    registry = orm.registry(type_annotation_map={str: sa.Text(), int: sa.BigInteger(), date: sa.Date(), bool: sa.Boolean()})


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


@dataclass(frozen=True)
class Synced:
    """How a model replicates: where it lives, which granted roles may write it, and which fields belong together.

    quiet  groups that two people may write apart without anybody being asked which to keep
    """

    partitions: tuple[str, ...]
    roles: tuple[str, ...] = ("writer",)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quiet: tuple[str, ...] = ()


class LocalRow(Model):
    """A row that never leaves this machine; ordinary constraints are welcome.

    holds_people  it is a copy of people's records, and goes when any of them is erased
    """

    __abstract__ = True
    holds_people: ClassVar[bool] = False


class SyncedRow(Model):
    """A row of one partition; the last five columns are the engine's.

    dot, by, at, eff  the stamp of the oldest value shown: its change, the person, the claimed and the effective second
    groups            JSON: the stamps (eff, dot, by, at) of groups that changed later
    """

    __abstract__ = True
    __sync__: ClassVar[Synced]

    # The key leads with the partition everywhere, so that the same schema can be spread over machines by it.
    partition: Mapped[str] = mapped_column(primary_key=True, sort_order=-2)
    dot: Mapped[str | None] = mapped_column(sort_order=1)
    by: Mapped[str | None] = mapped_column(sort_order=1)
    at: Mapped[int | None] = mapped_column(sort_order=1)
    eff: Mapped[int | None] = mapped_column(sort_order=1)
    groups: Mapped[str | None] = mapped_column(sort_order=1)


class Row(SyncedRow):
    """A synced row named by the change that created it; the id is there as soon as the row is added to a session."""

    __abstract__ = True

    id: Mapped[str] = mapped_column(Ref, primary_key=True, sort_order=-1, index=True)  # pages name a row by its id alone


@cache
def groups_of(model: type[SyncedRow]) -> dict[str, tuple[str, ...]]:
    """The groups of a synced model with their fields: the declared ones, and every other field by itself."""
    engine_columns = {"partition", "dot", "by", "at", "eff", "groups"}
    mapper = orm.class_mapper(model)
    key = {column.key for column in mapper.primary_key}
    grouped = {name for fields in model.__sync__.groups.values() for name in fields}
    single = {c.key: (c.key,) for c in mapper.columns if c.key not in engine_columns | key | grouped}
    return {**model.__sync__.groups, **single}


AnyRow = TypeVar("AnyRow", bound=Row)


def row_for(model: type[AnyRow], actor: Actor, row_id: str, verb: str = "read") -> AnyRow:
    """The access door that every slice's own door is made of: the row with this id, if the actor may.

    Raises NotFound where he may not even read it, so that nobody learns what exists; else NotAllowed.
    """
    row = db.session.execute(sa.select(model).where(model.id == row_id)).scalars().first()
    if row is None or not may(actor, "read", row):
        raise NotFound
    if not may(actor, verb, row):
        raise NotAllowed(verb=verb)
    return row


# ---- what a form had shown


class Shown:
    """What a form showed of a row: the dot of each group, and a digest of each value. Travels in a hidden field."""

    def __init__(self, dots: Mapping[str, str], values: Mapping[str, str]) -> None:
        self.dots = dots
        self.values = values

    @classmethod
    def of(cls, row: SyncedRow) -> "Shown":
        """What a form that is drawn now shows."""
        groups = groups_of(type(row))
        dots = {group: found for group in groups if (found := dot_of(row, group))}
        return cls(dots, {name: digest(getattr(row, name)) for fields in groups.values() for name in fields})

    @classmethod
    def read(cls, token: str | None) -> "Shown | None":
        """Read the hidden field back; nonsense counts as nothing shown."""
        try:
            dots, values = json.loads(token or "")
            return cls({str(k): str(v) for k, v in dots.items()}, {str(k): str(v) for k, v in values.items()})
        except (ValueError, TypeError, AttributeError):
            return None

    def __str__(self) -> str:
        return json.dumps([self.dots, self.values], separators=(",", ":"))


def seen_token(row: SyncedRow) -> str:
    """The hidden field `seen` of a form that edits `row`."""
    return str(Shown.of(row))


def dot_of(row: SyncedRow, group: str) -> str | None:
    """The dot of the value that a group shows."""
    stamp = stamp_of(row, group)
    return stamp[1] if stamp else None


def stamp_of(row: SyncedRow, group: str) -> tuple[int, str, str, int] | None:
    """(effective second, dot, person, claimed second) of the value that a group shows."""
    special = json.loads(row.groups) if row.groups else {}
    if group in special:
        return tuple(special[group]) if special[group] else None
    return (row.eff or 0, row.dot, row.by or "", row.at or 0) if row.dot else None


def digest(value: object) -> str:
    """Six hexadecimal digits of a shown value; empty text and nothing are the same on a form."""
    plain = value.isoformat() if isinstance(value, date) else value
    return hashlib.sha256(json.dumps("" if plain is None else plain).encode()).hexdigest()[:6]


def apply_form(row: SyncedRow, values: Mapping[str, object], seen: str | None) -> None:
    """Set what a person changed on a form: untouched fields are no edits, a stale one becomes a visible conflict.

    values  all submitted fields, clean
    seen    the form's hidden field; None (a file, the command line) compares with the row as it is now
    """
    shown = Shown.read(seen) if seen is not None else Shown.of(row)
    for group, fields in groups_of(type(row)).items():
        submitted = {name: values[name] for name in fields if name in values}
        if shown and all(digest(value) == shown.values.get(name) for name, value in submitted.items()):
            continue
        for name, value in submitted.items():
            setattr(row, name, value)
        if submitted and seen is not None:
            name_shown(row, group, *([shown.dots[group]] if shown and group in shown.dots else []))


def name_shown(row: SyncedRow, group: str, *dots: str) -> None:
    """Say which dots a person had before him when he changed a group; the write replaces these and nothing else."""
    row.__dict__.setdefault("_shown", {})[group] = dots
    orm.attributes.flag_modified(row, groups_of(type(row))[group][0])


def void(row: SyncedRow, reason: str | None) -> None:
    """Withdraw a row with a reason, or restore it (None): a write of the whole row, so an unseen edit is a conflict."""
    row.void_reason = reason  # type: ignore[attr-defined]
    for group in groups_of(type(row)):
        orm.attributes.flag_modified(row, groups_of(type(row))[group][0])


# ---- a second press on a button


def said_already(row: AnyRow) -> Sequence[AnyRow]:
    """The rows that stand and say just what a new one, which is in no session yet, would say."""
    model = type(row)
    said = {name: getattr(row, name) for fields in groups_of(model).values() for name in fields}
    return db.session.scalars(sa.select(model).filter_by(partition=row.partition, **said).order_by(model.id)).all()


def add_once(row: AnyRow) -> AnyRow:
    """Add a row, or give the one that says just the same: people press twice, and of two one would outlive the other's withdrawal."""
    for known in said_already(row):
        return known
    db.session.add(row)
    return row


# ---- transactions


@contextmanager
def write(actor: Actor, *, at: int | None = None) -> Iterator[Session]:
    """One action, one transaction: committed at the end, or nothing of it happened. An inner `write` joins the outer one.

    at  the second at which the person did it, where that was before now; the outermost one counts
    Raises DiskFull, of a person's write also while only the reserve is left: that is for exchanges and exports.
    """
    session = db.session()
    if "actor" in session.info:
        yield session
        return
    reserve: Reserve | None = current_app.extensions.get("reserve")
    if reserve and actor is not OPERATOR:
        reserve.check()
    session.rollback()  # ends the reading transaction, so that the write begins on the newest rows
    session.info["actor"] = actor
    if at is not None:
        session.info["at"] = at
    try:
        session.connection(execution_options={"is_write": True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.clear()


def prepare_engine(engine: Engine, reserve: Reserve | None = None) -> None:
    """Pragmas of `reliability.md` 3.1, and BEGIN IMMEDIATE for writes, so that no reader has to upgrade its lock.

    reserve  given up when the disk is full
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={disk.BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=0",  # tracker/disk.py says who copies the log, and why
            f"journal_size_limit={disk.LOG_BYTES}",
            "mmap_size=0",  # a read error of a mapped page would end the process, where a plain read gives an error
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "secure_delete=ON",
        ):
            try:
                connection.execute(f"PRAGMA {pragma}")
            except UnicodeDecodeError as error:  # in SQLite's own sentence, which quotes bytes of a damaged schema
                raise sqlite3.DatabaseError("could not decode to UTF-8 what the schema holds") from error

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        is_write = bool(connection.get_execution_options().get("is_write"))
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
        if is_write:
            connection.info[disk.WROTE] = True

    disk.copy_log_when_long(engine)
    disk.tell_when_full(engine, reserve)


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy address of a database file."""
    return f"sqlite:///{path.as_posix()}"
