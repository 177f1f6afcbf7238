"""Whether the database is whole: the file, the segments, what waits to be sent, and the rows against a full refold.

A copy is judged in the same way: it is opened as a data folder of its own.
"""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

import sync
from sync import Replica
from tracker.db import db
from tracker.replication import node, tables

BODY_MAX_BYTES = 1 << 20
ID_BYTES = 20
DERIVED = frozenset({"sync_head", "sync_past", "sync_quarantine"})
"""Tables of the engine that follow from segments and pending changes alone; peers' heads are hearsay."""


class Difference(NamedTuple):
    """A table of a partition whose rows are not what its segments give."""

    partition: str
    table: str
    rows: int
    refolded: int


class Broken(NamedTuple):
    """What no refold brings back. kind: segments (a peer may have them), heads, pending or identity (nobody else has them)."""

    partition: str
    kind: str
    number: int


@dataclass(frozen=True)
class Findings:
    """What an examination has found; nothing at all where all is well.

    faults       of the file, in SQLite's own words
    broken       what does not match its own hash or signature
    differences  rows that are not what the segments give
    """

    faults: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.faults or self.broken or self.differences)


class _Undo(Exception):
    """Rolls the refold back."""


def examine(*, deep: bool = False) -> Findings:
    """Examine this database; the rows are compared only if all before is well, for a refold stands on it."""
    with db.engine.connect() as connection:
        found = Findings(file_faults(connection, deep=deep))
        if deep and not found:
            found = Findings(broken=broken(connection))
    return found if found or not deep else Findings(differences=differences())


# ---- the file


def faults() -> list[str]:
    """What SQLite says after a quick look, in its own words; empty = nothing."""
    with db.engine.connect() as connection:
        return file_faults(connection, deep=False)


def file_faults(connection: sa.Connection, *, deep: bool) -> list[str]:
    """What SQLite says is wrong with the file. PostgreSQL looks after itself."""
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql(f"PRAGMA {'integrity_check' if deep else 'quick_check'}(20)").scalars().all()
    return [str(each) for each in found if each != "ok"]


# ---- what is signed, and what waits


def broken(connection: sa.Connection) -> list[Broken]:
    """Segments that do not hold what their author signed, heads that are not their ends, pending changes that are none."""
    counts = Counter((partition, "segments") for partition, _segment in damaged_segments(connection))
    counts.update((partition, "heads") for partition in _wrong_heads(connection))
    counts.update((partition, "pending") for partition in _unreadable_pending(connection))
    if not node.is_identity_whole(connection):
        counts["", "identity"] += 1
    return [Broken(partition, kind, count) for (partition, kind), count in sorted(counts.items())]


def damaged_segments(connection: sa.Connection) -> Iterator[tuple[str, bytes]]:
    """(partition, id) of the held segments whose header, signature or body is not what it was."""
    for row in connection.execute(sa.select(sync.metadata.tables["sync_segment"])):
        try:
            is_whole = _is_whole(row)
        except (ValueError, TypeError, AttributeError, zlib.error, CryptoError):
            is_whole = False
        if not is_whole:
            yield str(row.partition), bytes(row.id)


def _is_whole(row: sa.Row[tuple[object, ...]]) -> bool:
    _version, partition, author, _nonces, parents, generation, _at, _schema, body_hash = json.loads(row.header)
    VerifyKey(bytes.fromhex(author)).verify(b"daftari segment\n" + row.header, row.signature)
    columns = (row.id, row.partition, row.generation, row.parents)
    said = (hashlib.sha256(row.header).digest()[:ID_BYTES], partition, generation, bytes.fromhex("".join(parents)))
    body = zlib.decompressobj().decompress(row.body, BODY_MAX_BYTES)
    return columns == said and hashlib.sha256(body).hexdigest() == body_hash


def _wrong_heads(connection: sa.Connection) -> Iterator[str]:
    segment = sync.metadata.tables["sync_segment"]
    ends: dict[str, set[bytes]] = {}
    inner: dict[str, set[bytes]] = {}
    for row in connection.execute(sa.select(segment.c.id, segment.c.partition, segment.c.parents)):
        ends.setdefault(row.partition, set()).add(row.id)
        inner.setdefault(row.partition, set()).update(row.parents[k : k + ID_BYTES] for k in range(0, len(row.parents), ID_BYTES))
    stated = sync.heads(connection)
    for partition in ends.keys() | stated.keys():
        if stated.get(partition, []) != sorted(ends.get(partition, set()) - inner.get(partition, set())):
            yield partition


def _unreadable_pending(connection: sa.Connection) -> Iterator[str]:
    for row in connection.execute(sa.select(sync.metadata.tables["sync_pending"])):
        try:
            dot, _table, _key, _fields, _bases, _by, _at = json.loads(row.change)
            is_named = dot.endswith(f"-{row.counter}")
        except (ValueError, TypeError, AttributeError):
            is_named = False
        if not is_named:
            yield str(row.partition)


# ---- the rows


def differences() -> list[Difference]:
    """Refold every partition, compare rows, history, conflicts and quarantine, and roll everything back."""
    found: list[Difference] = []
    with suppress(_Undo), node.begin() as connection:
        found += _differences(connection, node.replica())
        raise _Undo
    return found


def _differences(connection: sa.Connection, replica: Replica) -> Iterator[Difference]:
    for partition in sorted(sync.heads(connection).keys() | sync.pending_counts(connection).keys()):
        before = _digests(connection, partition)
        sync.refold(connection, replica, partition)
        after = _digests(connection, partition)
        for name in before:
            if before[name] != after[name]:
                yield Difference(partition, name, before[name][0], after[name][0])


def _digests(connection: sa.Connection, partition: str) -> dict[str, tuple[int, str]]:
    """(number of rows, digest of their contents in the order of their keys) by table."""
    return {table.name: _digest(connection, table, partition) for table in _tables()}


def _tables() -> Iterator[sa.Table]:
    yield from (declared.rows for declared in tables.schema().tables.values())
    yield from (table for table in sync.metadata.tables.values() if table.name in DERIVED)


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
