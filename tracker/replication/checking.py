"""Whether the database is whole: the file, the segments, what waits to be sent, and the rows against a full refold.

A copy is judged in the same way: it is opened as a data folder of its own. What stands elsewhere too is mended.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import sqlalchemy as sa

import sync
from sync import Replica
from tracker.db import db
from tracker.replication import node, tables

ID_BYTES = 20
DERIVED = frozenset(f"sync_{name}" for name in ("head", "past", "quarantine", "minter", "span", "root", "decree", "erased", "trim"))
"""Tables of the engine that follow from segments and pending changes alone; peers' heads are hearsay."""


class Difference(NamedTuple):
    """A table of a partition whose rows are not what its segments give."""

    partition: str
    table: str
    rows: int
    refolded: int


class Broken(NamedTuple):
    """What a refold alone does not bring back.

    kind  segments: a peer may have them; asked: a peer will be asked for these at the next exchange; heads: follow from the
          segments; pending, identity: stand nowhere else
    """

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

    def but_asked(self) -> "Findings":
        """Without the segments that peers are asked for anyway."""
        return replace(self, broken=[each for each in self.broken if each.kind != "asked"])


class _Undo(Exception):
    """Rolls the refold back."""


def examine(*, deep: bool = False) -> Findings:
    """Examine this database; the rows are compared only if all before is well, for a refold stands on it."""
    with db.engine.connect() as connection:
        found = Findings(file_faults(connection, deep=deep))
        if deep and not found:
            found = Findings(broken=broken(connection))
    return replace(found, differences=differences()) if deep and not found.but_asked() else found


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
    """What is not what its author, or this node, has written."""
    segment = sync.metadata.tables["sync_segment"]
    asked = set(connection.execute(sa.select(segment.c.id).where(segment.c.verdict == "damaged")).scalars())
    kinds = {b"": "pending", **dict.fromkeys(asked, "asked")}
    counts = Counter((each.partition, kinds.get(each.segment, "segments")) for each in sync.damage(connection))
    counts.update((partition, "heads") for partition in _wrong_heads(connection))
    if not node.is_identity_whole(connection):
        counts["", "identity"] += 1
    return [Broken(partition, kind, count) for (partition, kind), count in sorted(counts.items())]


def _wrong_heads(connection: sa.Connection) -> dict[str, list[bytes]]:
    """The right heads of the partitions whose stated ones are wrong: the segments without a child."""
    segment = sync.metadata.tables["sync_segment"]
    ends: dict[str, set[bytes]] = {}
    inner: dict[str, set[bytes]] = {}
    for row in connection.execute(sa.select(segment.c.id, segment.c.partition, segment.c.parents)):
        ends.setdefault(row.partition, set()).add(row.id)
        inner.setdefault(row.partition, set()).update(row.parents[k : k + ID_BYTES] for k in range(0, len(row.parents), ID_BYTES))
    stated = sync.heads(connection)
    right = {partition: sorted(ends.get(partition, set()) - inner.get(partition, set())) for partition in ends.keys() | stated.keys()}
    return {partition: heads for partition, heads in right.items() if stated.get(partition, []) != heads}


# ---- mending


def repair() -> int:
    """Take heads and rows anew from the segments, and ask peers at the next exchange for those that are damaged: how many.

    What stood in a damaged segment is not shown until a peer has sent it again: nobody could vouch for it. Changes that
    were never sent, and the file itself, cannot be mended. Raises DatabaseError where SQLite cannot read on.
    """
    with node.begin() as connection:
        damaged = [each.segment for each in sync.damage(connection) if each.segment]
        sync.mark_damaged(connection, damaged)
        stated = sync.metadata.tables["sync_partition"]
        for partition, right in _wrong_heads(connection).items():
            connection.execute(stated.update().where(stated.c.partition == partition).values(heads=b"".join(right)))
        for partition in _partitions(connection):
            sync.refold(connection, node.replica(), partition)
    return len(damaged)


# ---- the rows


def differences() -> list[Difference]:
    """Refold every partition, compare rows, history, conflicts and quarantine, and roll everything back."""
    found: list[Difference] = []
    with suppress(_Undo), node.begin() as connection:
        found += _differences(connection, node.replica())
        raise _Undo
    return found


def _differences(connection: sa.Connection, replica: Replica) -> Iterator[Difference]:
    for partition in _partitions(connection):
        before = _digests(connection, partition)
        sync.refold(connection, replica, partition)
        after = _digests(connection, partition)
        for name in before:
            if before[name] != after[name]:
                yield Difference(partition, name, before[name][0], after[name][0])


def _partitions(connection: sa.Connection) -> list[str]:
    return sorted(sync.heads(connection).keys() | sync.pending_counts(connection).keys())


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
