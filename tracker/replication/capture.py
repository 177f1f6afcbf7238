"""Changed columns -> pending changes, in the same transaction as the save.

A hook on every session: a new synced row gets its id when it is added, a flush turns what changed into drafts that go
through the engine's own fold, and the row then shows what the fold decided (a stale edit may stand beside a newer one).
Writing past the hook, by bulk statements or deletes, raises: it would change rows that no other node ever hears of.
"""

from collections.abc import Iterable

from flask import current_app
from sqlalchemy import event, orm
from sqlalchemy.orm import LoaderCallableStatus, Session

from sync import Draft, equal_heads, Field, Key, Writing
from tracker import clock
from tracker.db import db, dot_of, groups_of, Row, SyncedRow
from tracker.replication.tables import key_names


class PastTheHook(RuntimeError):
    """A program error: synced rows are written inside `write(actor)`, one by one, and are voided, never deleted."""


def listen() -> None:
    """Hook the sessions of the application. Called once, when the package is imported."""
    session = db.session.session_factory
    event.listen(session, "transient_to_pending", _name_row)
    event.listen(session, "before_flush", _capture)
    event.listen(session, "do_orm_execute", _refuse_bulk)


def _writing(session: Session) -> Writing:
    if "actor" not in session.info:
        message = "a synced row was written outside write(actor)"
        raise PastTheHook(message)
    if "writing" not in session.info:
        session.info["writing"] = Writing(session.connection(), current_app.extensions["replica"]())
        session.info.setdefault("at", int(clock.now().timestamp()))
    writing: Writing = session.info["writing"]
    return writing


def _name_row(session: Session, row: object) -> None:
    if isinstance(row, Row) and not row.id:
        row.id = _writing(session).mint(row.partition)
        row.__dict__["_born"] = row.id


def _capture(session: Session, _context: object, _instances: object) -> None:
    if any(isinstance(row, SyncedRow) for row in session.deleted):
        message = "synced rows are voided, never deleted"
        raise PastTheHook(message)
    new = [row for row in session.new if isinstance(row, SyncedRow)]
    changed = [row for row in session.dirty if isinstance(row, SyncedRow) and _changed_groups(row)]
    by_partition: dict[str, list[SyncedRow]] = {}
    for row in [*new, *changed]:
        by_partition.setdefault(row.partition, []).append(row)
    for partition, rows in by_partition.items():
        _write(session, partition, rows, set(map(id, new)))


def _write(session: Session, partition: str, rows: Iterable[SyncedRow], new: set[int]) -> None:
    writing = _writing(session)
    drafts = {}
    for row in rows:
        draft = _draft(session, row, is_new=id(row) in new)
        drafts[draft.table, draft.key] = (row, draft)
    images = writing.write(
        partition, [draft for _, draft in drafts.values()], by=session.info["actor"].id, at=session.info["at"], write_rows=False
    )
    for image in images:
        row, _ = drafts[image.table, image.key]
        for name, value in image.columns.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
        row.__dict__.pop("_shown", None)


def _draft(session: Session, row: SyncedRow, *, is_new: bool) -> Draft:
    fields = _fields(row)
    groups = groups_of(type(row))
    key = tuple(fields[name].plain(getattr(row, name)) for name in key_names(type(row)))
    written = list(groups) if is_new else _changed_groups(row)
    values = {name: fields[name].plain(getattr(row, name)) for group in written for name in groups[group]}
    bases = () if is_new else _bases(session, row, key, written)
    return Draft(row.__tablename__, key, values, bases, row.__dict__.pop("_born", None) if is_new else None)


def _bases(session: Session, row: SyncedRow, key: Key, groups: Iterable[str]) -> tuple[str, ...]:
    """The dots that were before the person's eyes: what the form showed, else the row as it is, and values equal to those."""
    shown = row.__dict__.get("_shown", {})
    dots: set[str] = set()
    for group in groups:
        named = set(shown[group]) if group in shown else {dot for dot in [dot_of(row, group)] if dot}
        dots |= named | equal_heads(session.connection(), row.partition, row.__tablename__, key, group, named)
    return tuple(sorted(dots))


def _changed_groups(row: SyncedRow) -> list[str]:
    """The groups that hold another value than before, and those that were flagged as written whatever they hold."""
    before = orm.attributes.instance_state(row).committed_state
    return [
        group
        for group, names in groups_of(type(row)).items()
        if any(name in before and (before[name] is LoaderCallableStatus.NO_VALUE or before[name] != getattr(row, name)) for name in names)
    ]


def _fields(row: SyncedRow) -> dict[str, Field]:
    table = current_app.extensions["replica"]().schema.tables[row.__tablename__]
    return {**table.fields, **{field.name: field for field in table.key}}


def _refuse_bulk(state: orm.ORMExecuteState) -> None:
    if (state.is_update or state.is_delete or state.is_insert) and state.bind_mapper is not None:
        model = state.bind_mapper.class_
        if issubclass(model, SyncedRow):
            message = f"a bulk statement on {model.__tablename__} would be heard of nowhere else"
            raise PastTheHook(message)
