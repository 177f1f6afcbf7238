"""Whether the database is whole: the file itself, and the rows against a full refold of the segments."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import sqlalchemy as sa

import sync
from tracker.db import db
from tracker.replication import node, tables


class Difference(NamedTuple):
    """A table of a partition whose rows are not what its segments give."""

    partition: str
    table: str
    rows: int
    refolded: int


class _Undo(Exception):
    """Rolls the refold back."""


def faults(*, deep: bool = False) -> list[str]:
    """What SQLite says is wrong with the file, in its own words; empty = nothing. PostgreSQL looks after itself."""
    if db.engine.dialect.name != "sqlite":
        return []
    with db.engine.connect() as connection:
        found = connection.exec_driver_sql(f"PRAGMA {'integrity_check' if deep else 'quick_check'}(20)").scalars().all()
    return [str(each) for each in found if each != "ok"]


def differences() -> list[Difference]:
    """Refold every partition, compare rows, history, conflicts and quarantine, and roll everything back."""
    found: list[Difference] = []
    with suppress(_Undo), node.begin() as connection:
        for partition in sorted(sync.heads(connection).keys() | sync.pending_counts(connection).keys()):
            before = _digests(connection, partition)
            sync.refold(connection, node.replica(), partition)
            after = _digests(connection, partition)
            found += [Difference(partition, name, before[name][0], after[name][0]) for name in before if before[name] != after[name]]
        raise _Undo
    return found


def _digests(connection: sa.Connection, partition: str) -> dict[str, tuple[int, str]]:
    """(number of rows, digest of their contents in the order of their keys) by table."""
    return {table.name: _digest(connection, table, partition) for table in _tables()}


def _tables() -> Iterator[sa.Table]:
    yield from (declared.rows for declared in tables.schema().tables.values())
    for table in sync.metadata.tables.values():
        # Pending changes are drafts of this machine and peers' heads are hearsay: neither follows from the segments.
        if table.name in {"sync_head", "sync_past", "sync_quarantine"}:
            yield table


def _digest(connection: sa.Connection, table: sa.Table, partition: str) -> tuple[int, str]:
    digest, rows = hashlib.sha256(), 0
    for row in connection.execute(sa.select(table).where(table.c.partition == partition).order_by(*table.primary_key)):
        digest.update(repr(tuple(row)).encode())
        rows += 1
    return rows, digest.hexdigest()


def newest_change() -> int | None:
    """The latest second that any row here claims to have been written at."""
    latest = [sa.select(sa.func.max(declared.rows.c.at)).scalar_subquery() for declared in tables.schema().tables.values()]
    with db.engine.connect() as connection:
        return max((value for value in connection.execute(sa.select(*latest)).one() if value is not None), default=None)
