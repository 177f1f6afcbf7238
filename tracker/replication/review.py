"""Looking at what the engine holds: history, open conflicts and their settling, and the state of this node."""

from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

import sync
from sync import Head, Node, OpenConflict
from tracker.db import db, groups_of, name_shown, stamp_of, SyncedRow, write
from tracker.errors import NotFound
from tracker.policy import Actor
from tracker.replication import tables


class Version(NamedTuple):
    """One value that a group of a row has, or had.

    at      claimed second
    values  by field
    """

    group: str
    dot: str
    by: str
    at: int
    values: dict[str, object]
    is_current: bool


def history(row: SyncedRow) -> list[Version]:
    """All values the row ever showed here, the present ones first, then newest first."""
    model = type(row)
    present = [version for group in groups_of(model) if (version := _present(row, group))]
    past = sync.past(db.session.connection(), row.partition, model.__tablename__, _key(row))
    return present + [_version(model, each.group, each.head, is_current=False) for each in past]


def _present(row: SyncedRow, group: str) -> Version | None:
    stamp = stamp_of(row, group)
    if stamp is None:
        return None
    values: dict[str, object] = {name: getattr(row, name) for name in groups_of(type(row))[group]}
    return Version(group, stamp[1], stamp[2], stamp[3], values, is_current=True)


def _version(model: type[SyncedRow], group: str, head: Head, *, is_current: bool) -> Version:
    fields = tables.schema().tables[model.__tablename__].groups[group]
    values = {field.name: field.native(value) for field, value in zip(fields, head.values, strict=True)}
    return Version(group, head.dot, head.by, head.at, values, is_current)


def _key(row: SyncedRow) -> sync.Key:
    table = tables.schema().tables[type(row).__tablename__]
    return tuple(field.plain(getattr(row, field.name)) for field in table.key)


@dataclass(frozen=True)
class Conflict:
    """A group of a row with several values, the shown one first."""

    row: SyncedRow
    group: str
    versions: tuple[Version, ...]

    @property
    def key(self) -> sync.Key:
        """The key of the row, as `decide` takes it."""
        return _key(self.row)

    @property
    def token(self) -> str:
        """The dots of all values: proof of what the person who chooses had before him."""
        return ",".join(version.dot for version in self.versions)


def open_conflicts(partition: str | None = None) -> list[Conflict]:
    """The open conflicts, of one partition or of all that are held here."""
    found = (_conflict(each) for each in sync.open_conflicts(db.session.connection(), partition))
    return [conflict for conflict in found if conflict]


def count_conflicts(partition: str) -> int:
    """How many conflicts are open in a partition, for a number in the navigation."""
    return len(sync.open_conflicts(db.session.connection(), partition))


def conflicts_of(row: SyncedRow) -> list[Conflict]:
    """The open conflicts of one row."""
    return [conflict for conflict in open_conflicts(row.partition) if conflict.row is row]


def _conflict(found: OpenConflict) -> Conflict | None:
    model = tables.models_by_table().get(found.table)
    row = _row(model, found.partition, found.key) if model else None
    if model is None or row is None or (present := _present(row, found.group)) is None:
        return None
    others = (_version(model, found.group, head, is_current=False) for head in found.others)
    return Conflict(row, found.group, (present, *others))


def _row(model: type[SyncedRow], partition: str, key: sync.Key) -> SyncedRow | None:
    table = tables.schema().tables[model.__tablename__]
    native = [field.native(value) for field, value in zip(table.key, key, strict=True)]
    names = ["partition", *(field.name for field in table.key)]
    return db.session.get(model, dict(zip(names, [partition, *native], strict=True)))


def decide(actor: Actor, partition: str, table: str, key: sync.Key, group: str, *, choose: str, token: str) -> SyncedRow:
    """Settle a conflict: the chosen version replaces all that were shown. The caller has checked that the actor may.

    choose  the dot of the version to keep
    token   the dots that were shown; a value that came since stays beside the choice
    Raises NotFound when the version is not open any more.
    """
    with write(actor):
        model = tables.models_by_table().get(table)
        row = _row(model, partition, key) if model else None
        conflict = next((each for each in conflicts_of(row) if each.group == group), None) if row else None
        if row is None or conflict is None:
            raise NotFound
        chosen = next((version for version in conflict.versions if version.dot == choose), None)
        if chosen is None:
            raise NotFound
        for name, value in chosen.values.items():
            setattr(row, name, value)
        shown = set(token.split(","))
        name_shown(row, group, *(version.dot for version in conflict.versions if version.dot in shown))
        return row


@dataclass(frozen=True)
class PartitionStatus:
    """What this node holds of one partition. peer_has: the server was last seen to hold all that is sealed here."""

    partition: str
    rows: int
    pending: int
    quarantined: int
    conflicts: int
    heads: tuple[str, ...]
    peer_has: bool


def unsent(peer: bytes) -> sync.Unsent:
    """How many changes the server was not yet seen to hold, and since when."""
    return sync.unsent(db.session.connection(), peer)


def unsent_by_table(peer: bytes) -> dict[str, int]:
    """The same by table; what the engine itself wrote (grants, nodes) is left out."""
    counts = sync.unsent_by_table(db.session.connection(), peer)
    return {table: count for table, count in counts.items() if table in tables.models_by_table()}


def quarantined() -> dict[str, int]:
    """How many changes are kept but not shown, by reason."""
    counts: dict[str, int] = {}
    for reasons in sync.quarantine_counts(db.session.connection()).values():
        for reason, count in reasons.items():
            counts[reason] = counts.get(reason, 0) + count
    return counts


def nodes() -> list[Node]:
    """The directory of nodes, by name."""
    return sorted(sync.nodes(db.session.connection()).values(), key=lambda node: (node.name, node.key))


def partitions() -> list[str]:
    """The partitions of which anything is held here."""
    connection = db.session.connection()
    return sorted(sync.heads(connection).keys() | sync.pending_counts(connection).keys())


def status(peer: bytes | None = None) -> list[PartitionStatus]:
    """The state of every partition held here; `peer` is the server's key."""
    connection = db.session.connection()
    heads = sync.heads(connection)
    pending = sync.pending_counts(connection)
    quarantined = sync.quarantine_counts(connection)
    theirs = sync.peer_heads(connection, peer) if peer else {}
    open_now = [each.partition for each in sync.open_conflicts(connection)]
    return [
        PartitionStatus(
            partition,
            _rows(connection, partition),
            pending.get(partition, 0),
            sum(quarantined.get(partition, {}).values()),
            open_now.count(partition),
            tuple(head.hex() for head in heads.get(partition, [])),
            sorted(theirs.get(partition, [])) == sorted(heads.get(partition, [])) and not pending.get(partition),
        )
        for partition in sorted(heads.keys() | pending.keys())
    ]


def _rows(connection: sa.Connection, partition: str) -> int:
    counts = (
        sa.select(sa.func.count()).select_from(table.rows).where(table.rows.c.partition == partition).scalar_subquery()
        for table in tables.schema().tables.values()
    )
    return sum(connection.execute(sa.select(*counts)).one())
