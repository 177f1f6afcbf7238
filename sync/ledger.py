"""What the engine keeps: segments, pending changes, heads beside the winner, the past, quarantine, the directory, peers.

Reads and writes on a SQLAlchemy Core connection that the caller owns; nothing here commits. What the rows of the
application show lives in the application's tables; what cannot be seen there lives here.
"""

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from sync.changes import canonical, Change, decode
from sync.dots import Mint, split
from sync.errors import SyncError, TooLarge, Unreadable
from sync.keys import NodeKey
from sync.merge import Head
from sync.rights import is_key
from sync.schema import Key, Schema
from sync.segments import Graph, ID_BYTES, read_header, Segment
from sync.store import (
    DAMAGED,
    HEAD,
    HOLES,
    NODE_ROWS,
    PARTITION,
    PAST,
    PEER,
    PENDING,
    QUARANTINE,
    SEGMENT,
    SELF,
    SPAN,
    TRIMMED,
    UNPROVEN,
)

_T = TypeVar("_T")


def parts(wanted: Iterable[_T], most: int = 500) -> Iterator[list[_T]]:
    """What is asked for in runs that one statement may name: SQLite takes 32,766 variables, and a sender may name more."""
    rest = iter(wanted)
    while part := list(islice(rest, most)):
        yield part


def of_partition(table: sa.Table, *columns: str) -> sa.Select[tuple[Any, ...]]:
    """A statement made once: building it costs more than running it."""
    return sa.select(*(table.c[name] for name in columns)).where(table.c.partition == sa.bindparam("partition"))


@dataclass(frozen=True)
class Replica:
    """Who this database is: its schema, its key, its minting, and the authority it has pinned (None: it stands alone)."""

    schema: Schema
    key: NodeKey
    mint: Mint
    authority: bytes | None


class Past(NamedTuple):
    """A value that was replaced."""

    group: str
    head: Head


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows, or replace the ones with the same primary key. All rows have the same columns."""
    if rows:
        connection.execute(_upsert(table, tuple(rows[0]), connection.dialect.name), list(rows))


@cache  # building the statement costs more than running it
def _upsert(table: sa.Table, columns: tuple[str, ...], dialect: str) -> sa.Executable:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # a laptop never needs its 3 MB

        insert: sqlite.Insert | postgresql.Insert = postgresql.insert(table)
    else:
        insert = sqlite.insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in columns if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=rest) if rest else insert.on_conflict_do_nothing(index_elements=keys)


# ---- settings of this database


def get_self(connection: sa.Connection, name: str) -> bytes | None:
    """A value of this database's own, such as its key's seed."""
    return connection.execute(sa.select(SELF.c.value).where(SELF.c.name == name)).scalar()


def set_self(connection: sa.Connection, name: str, value: bytes) -> None:
    """Keep a value of this database's own."""
    upsert(connection, SELF, [{"name": name, "value": value}])


# ---- partitions, heads, counters


def ids(joined: bytes) -> list[bytes]:
    """The 20-byte ids in a run of bytes."""
    return [joined[k : k + ID_BYTES] for k in range(0, len(joined), ID_BYTES)]


def heads(connection: sa.Connection) -> dict[str, list[bytes]]:
    """The heads of every partition that has a segment."""
    return {partition: ids(joined) for partition, joined in connection.execute(_ALL_HEADS) if joined}


_ALL_HEADS = sa.select(PARTITION.c.partition, PARTITION.c.heads)


def heads_of(connection: sa.Connection, partition: str) -> list[tuple[bytes, int]]:
    """(head, generation) of one partition, sorted, without reading its graph."""
    found = ids(connection.execute(_HEADS, {"partition": partition}).scalar() or b"")
    return sorted((row.id, row.generation) for row in _steps(connection, found).values())


def _steps(connection: sa.Connection, wanted: Iterable[bytes]) -> dict[bytes, Any]:
    """(id, generation, parents) of those of the segments that are held, by id."""
    return {row.id: row for part in parts(wanted) for row in connection.execute(_STEPS, {"wanted": part})}


_HEADS = of_partition(PARTITION, "heads")
_STEPS = sa.select(SEGMENT.c.id, SEGMENT.c.generation, SEGMENT.c.parents).where(SEGMENT.c.id.in_(sa.bindparam("wanted", expanding=True)))


def counter(connection: sa.Connection, partition: str) -> int:
    """The last counter drawn here in a partition, which is held until the transaction ends."""
    lock(connection, partition)
    return int(connection.execute(_COUNTER, {"partition": partition}).scalar() or 0)


_COUNTER = of_partition(PARTITION, "counter")


def set_counter(connection: sa.Connection, partition: str, value: int) -> None:
    """Keep the last counter drawn."""
    changed = connection.execute(_SET_COUNTER, {"named": partition, "value": value})
    if not changed.rowcount:
        connection.execute(_ADD_PARTITION, {"partition": partition, "counter": value, "heads": b""})


_SET_COUNTER = PARTITION.update().where(PARTITION.c.partition == sa.bindparam("named")).values(counter=sa.bindparam("value"))
_ADD_PARTITION = PARTITION.insert()


def lock(connection: sa.Connection, *names: str) -> None:
    """Hold partitions until the transaction ends: heads and rows are read, then written. SQLite has one writer anyway.

    Who needs several names them all at once: they are taken in one order everywhere, so that nobody waits in a circle.
    """
    if connection.dialect.name == "postgresql":
        for name in sorted(set(names)):
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _move_heads(connection: sa.Connection, segment: Segment) -> None:
    partition = segment.header.partition
    joined = connection.execute(_HEADS, {"partition": partition}).scalar()
    after = sorted({*ids(joined or b""), segment.id} - set(segment.header.parents))
    if joined is None:
        connection.execute(_ADD_PARTITION, {"partition": partition, "counter": 0, "heads": b"".join(after)})
    else:
        connection.execute(_SET_HEADS, {"named": partition, "value": b"".join(after)})


_SET_HEADS = PARTITION.update().where(PARTITION.c.partition == sa.bindparam("named")).values(heads=sa.bindparam("value"))


# ---- segments


def graph(connection: sa.Connection, partition: str) -> Graph:
    """The graph of the held segments of a partition."""
    rows = connection.execute(_LINKS, {"partition": partition})
    return Graph((segment, tuple(ids(parents)), generation) for segment, parents, generation in rows)


_LINKS = of_partition(SEGMENT, "id", "parents", "generation")


class Held:
    """The graph of a partition as far as it is asked for: mostly what comes stands on all that is held, and little is read.

    As `Graph`, for what the fold asks of it; is itself read in full only where a segment stands beside another.
    """

    def __init__(self, connection: sa.Connection, partition: str) -> None:
        self._connection = connection
        self._partition = partition
        self._heads: set[bytes] | None = None
        self._added: dict[bytes, tuple[tuple[bytes, ...], int]] = {}
        self._place: dict[bytes, int] = {}
        self._whole: Graph | None = None

    def whole(self) -> Graph:
        """All of it."""
        if self._whole is None:
            self._whole = graph(self._connection, self._partition)
            for segment, (parents, generation) in self._added.items():
                if segment not in self._whole:
                    self._whole.add(segment, parents, generation)
        return self._whole

    def __contains__(self, segment: bytes) -> bool:
        if self._whole is not None:
            return segment in self._whole
        return segment in self._added or partition_of(self._connection, segment) == self._partition

    def generation_of(self, segment: bytes) -> int:
        """The generation of a held segment."""
        if self._whole is not None:
            return self._whole.generation[segment]
        if segment in self._added:
            return self._added[segment][1]
        return int(self._connection.execute(_GENERATION, {"id": segment}).scalar_one())

    def add(self, segment: bytes, parents: tuple[bytes, ...], generation: int) -> None:
        """Add one whose parents are all here."""
        if self._heads is None:
            self._heads = {head for head, _ in heads_of(self._connection, self._partition)}
        is_on_top = self._heads == set(parents)
        if not is_on_top:
            self.whole()
        self._heads = (self._heads - set(parents)) | {segment}
        self._added[segment] = (parents, generation)
        if self._whole is not None:
            self._whole.add(segment, parents, generation)
        else:
            self._place[segment] = len(self._place)

    def is_ancestor(self, segment: bytes, of: bytes) -> bool:
        """Whether `segment` is `of` or one of its ancestors. Both are held."""
        place = self._place.get(of)
        if self._whole is not None or place is None:
            return self.whole().is_ancestor(segment, of)
        return self._place.get(segment, -1) <= place  # each of these was put on top of all the others


_GENERATION = sa.select(SEGMENT.c.generation).where(SEGMENT.c.id == sa.bindparam("id"))


def newer_than(connection: sa.Connection, partition: str, known: Collection[bytes], steps: int) -> list[bytes] | None:
    """The segments that a peer with these heads lacks, parents first, found from our heads backwards without reading all.

    None when that takes more than so many steps, or when some of `known` is not held: then the graph has to tell.
    """
    theirs = _steps(connection, known)
    if len(theirs) != len(set(known)) or not theirs:
        return None
    ours = _steps(connection, [head for head, _ in heads_of(connection, partition)])
    lacking: dict[bytes, int] = {}
    for _ in range(steps):
        open_ours = {segment: row for segment, row in ours.items() if segment not in theirs}
        if not open_ours:
            return sorted(lacking, key=lambda segment: (lacking[segment], segment))
        highest = max(row.generation for row in (*open_ours.values(), *theirs.values()))
        lacking.update((segment, highest) for segment, row in open_ours.items() if row.generation == highest)
        for side in (ours, theirs):
            at_the_top = [side.pop(segment) for segment in [s for s, row in side.items() if row.generation == highest]]
            side.update(_steps(connection, {parent for row in at_the_top for parent in ids(row.parents)} - side.keys()))
    return None


def add_segment(connection: sa.Connection, segment: Segment, verdict: str) -> None:
    """Keep a segment; the heads move with it."""
    connection.execute(
        _ADD_SEGMENT,
        {
            "id": segment.id,
            "partition": segment.header.partition,
            "generation": segment.header.generation,
            "author": segment.header.author,
            "parents": b"".join(segment.header.parents),
            "header": segment.header.text,
            "signature": segment.signature,
            "body": zlib.compress(segment.body, 6),
            "verdict": verdict,
        },
    )
    _move_heads(connection, segment)


_ADD_SEGMENT = SEGMENT.insert()


def set_body(connection: sa.Connection, segment: bytes, body: bytes, verdict: str) -> None:
    """Put another body in the place of a held segment's: a trimmed one, or the one that a disk had lost."""
    connection.execute(SEGMENT.update().where(SEGMENT.c.id == segment).values(body=zlib.compress(body, 6), verdict=verdict))


def mend(connection: sa.Connection, segment: Segment, verdict: str) -> None:
    """Put a whole segment in the place of one that the disk has damaged, in whichever part."""
    header = segment.header
    connection.execute(
        SEGMENT.update()
        .where(SEGMENT.c.id == segment.id)
        .values(
            partition=header.partition,
            generation=header.generation,
            author=header.author,
            parents=b"".join(header.parents),
            header=header.text,
            signature=segment.signature,
            body=zlib.compress(segment.body, 6),
            verdict=verdict,
        )
    )


def set_verdict(connection: sa.Connection, wanted: Sequence[bytes], verdict: str) -> None:
    """Set what these held segments are kept as. Nothing is judged or folded by it."""
    for part in parts(wanted):
        connection.execute(SEGMENT.update().where(SEGMENT.c.id.in_(part)).values(verdict=verdict))


def holes(connection: sa.Connection, partition: str | None = None) -> dict[bytes, tuple[str, str]]:
    """(partition, verdict) of the segments whose body is missed, of one partition or of all."""
    rows = connection.execute(_HOLES)
    return {segment: (where, verdict) for segment, where, verdict in rows if partition in (None, where)}


_HOLES = sa.select(SEGMENT.c.id, SEGMENT.c.partition, SEGMENT.c.verdict).where(SEGMENT.c.verdict.in_(HOLES))


def with_verdict(connection: sa.Connection, partition: str, verdict: str) -> set[bytes]:
    """The segments of a partition that are kept under a verdict."""
    return set(connection.execute(_WITH_VERDICT, {"partition": partition, "verdict": verdict}).scalars())


_WITH_VERDICT = of_partition(SEGMENT, "id").where(SEGMENT.c.verdict == sa.bindparam("verdict"))


def partition_of(connection: sa.Connection, segment: bytes) -> str | None:
    """The partition of a held segment."""
    found: str | None = connection.execute(_PARTITION_OF, {"id": segment}).scalar()
    return found


_PARTITION_OF = sa.select(SEGMENT.c.partition).where(SEGMENT.c.id == sa.bindparam("id"))


def written_by(connection: sa.Connection, wanted: Sequence[bytes]) -> set[tuple[str, bytes]]:
    """The (partition, author) pairs of these held segments."""
    found: set[tuple[str, bytes]] = set()
    for part in parts(wanted):
        found.update((partition, author) for partition, author in connection.execute(_WRITTEN_BY, {"wanted": part}))
    return found


_WRITTEN_BY = sa.select(SEGMENT.c.partition, SEGMENT.c.author).where(SEGMENT.c.id.in_(sa.bindparam("wanted", expanding=True))).distinct()


def authors(connection: sa.Connection, partition: str) -> dict[bytes, bytes]:
    """The author of each held segment."""
    return {segment: author for segment, author in connection.execute(_AUTHORS, {"partition": partition})}  # noqa: C416


_AUTHORS = of_partition(SEGMENT, "id", "author")


def segments(connection: sa.Connection, wanted: Sequence[bytes]) -> Iterable[Segment]:
    """The segments of these ids, in the order given; those that are not held, or that the disk has spoilt, are left out."""
    for part in parts(wanted, 200):
        rows = {row.id: row for row in connection.execute(_SEGMENTS, {"wanted": part})}
        for segment in part:
            found = _read(rows[segment]) if segment in rows else None
            if found is not None:
                yield found


def _read(row: Any) -> Segment | None:
    if row.verdict == DAMAGED:
        return None
    try:
        segment = Segment(read_header(row.header), row.signature, zlib.decompress(row.body), row.verdict in (TRIMMED, UNPROVEN))
    except (SyncError, zlib.error):  # nobody has looked yet: `checks.damage` names it
        return None
    return segment if segment.id == row.id else None


_SEGMENTS = sa.select(SEGMENT.c.id, SEGMENT.c.header, SEGMENT.c.signature, SEGMENT.c.body, SEGMENT.c.verdict).where(
    SEGMENT.c.id.in_(sa.bindparam("wanted", expanding=True))
)


def packed_sizes(connection: sa.Connection, wanted: Sequence[bytes]) -> dict[bytes, int]:
    """What each of these adds to a message that is not yet packed together, in bytes; none for one that is damaged."""
    found: dict[bytes, int] = {}
    for part in parts(wanted):
        found.update((segment, size) for segment, size in connection.execute(_SIZES, {"wanted": part}))
    return found


_CROWD = sa.func.length(SEGMENT.c.parents)  # ids do not pack: a segment that names a thousand parents is large by that alone
_SIZES = sa.select(SEGMENT.c.id, sa.func.length(SEGMENT.c.body) + sa.case((_CROWD > 4 * ID_BYTES, 2 * _CROWD), else_=0)).where(
    SEGMENT.c.id.in_(sa.bindparam("wanted", expanding=True)), SEGMENT.c.verdict != DAMAGED
)


# ---- pending changes


def add_pending(connection: sa.Connection, partition: str, nonce: bytes, changes: Iterable[Change]) -> None:
    """Keep local changes until they are sealed."""
    at = {"partition": partition, "nonce": nonce}
    texts = [(split(change.dot)[1], canonical(change).decode()) for change in changes]
    rows = [{**at, "counter": k, "change": text, "proof": proof_of(partition, k, nonce, text)} for k, text in texts]
    if rows:
        connection.execute(_ADD_PENDING, rows)


_ADD_PENDING = PENDING.insert()


def proof_of(partition: str, counter: int, nonce: bytes, text: str) -> bytes:
    """Eight bytes that tell whether a pending change is still what was written."""
    return hashlib.sha256(f"daftari pending\n{partition}\n{counter}\n{nonce.hex()}\n{text}".encode()).digest()[:8]


def pending(connection: sa.Connection, partition: str) -> list[tuple[bytes, Change]]:
    """(nonce, change) of the pending changes, in counter order. One that the disk has spoilt is left out: it is never signed."""
    return list(_sound(connection.execute(_PENDING, {"partition": partition}), partition))


def _sound(rows: Iterable[Any], partition: str) -> Iterator[tuple[bytes, Change]]:
    for counter, nonce, text, proof in rows:
        if proof == proof_of(partition, counter, nonce, text):
            yield nonce, _change(text)


_PENDING = of_partition(PENDING, "counter", "nonce", "change", "proof").order_by(PENDING.c.counter)


def pending_counts(connection: sa.Connection) -> dict[str, int]:
    """How many changes wait to be sealed, by partition."""
    return {partition: count for partition, count in connection.execute(_PENDING_COUNTS)}  # noqa: C416


_PENDING_COUNTS = sa.select(PENDING.c.partition, sa.func.count()).group_by(PENDING.c.partition)


def pending_since(connection: sa.Connection, partition: str) -> int | None:
    """The claimed second of the oldest pending change of a partition; None where there is none, or none that the disk has spared.

    Every page asks this, so that no more is read than has to be: mostly one change.
    """
    with connection.execute(_PENDING.execution_options(yield_per=20), {"partition": partition}) as rows:
        return next((change.at for _, change in _sound(rows, partition)), None)


def change_counts(connection: sa.Connection, partition: str, wanted: Collection[bytes]) -> dict[bytes, int]:
    """How many changes each of these segments holds; one that holds none is left out."""
    size = sa.func.sum(SPAN.c.last - SPAN.c.first + 1)
    rows = connection.execute(sa.select(SPAN.c.segment, size).where(SPAN.c.partition == partition).group_by(SPAN.c.segment))
    asked = set(wanted)
    return {segment: int(count) for segment, count in rows if segment in asked}


def drop_pending(connection: sa.Connection, partition: str, counters: Collection[int]) -> None:
    """Forget pending changes that a segment now holds."""
    for part in parts(counters):
        connection.execute(PENDING.delete().where(PENDING.c.partition == partition, PENDING.c.counter.in_(part)))


def _change(text: str) -> Change:
    dot, table, key, fields, bases, by, at = json.loads(text)
    return Change(dot, table, tuple(key), fields, tuple(bases), by, at)


# ---- history, conflicts, quarantine


def key_text(key: Key) -> str:
    """A row's key as the ledger keeps it."""
    return canonical(list(key)).decode()


def past(connection: sa.Connection, partition: str, table: str, key: Key) -> list[Past]:
    """The replaced values of one row, newest first."""
    rows = connection.execute(
        sa.select(PAST)
        .where(PAST.c.partition == partition, PAST.c.tbl == table, PAST.c.key == key_text(key))
        .order_by(PAST.c.eff.desc(), PAST.c.dot.desc())
    )
    return [Past(row.grp, Head(row.eff, row.dot, row.by, row.at, tuple(json.loads(row.held)))) for row in rows]


class OpenConflict(NamedTuple):
    """A group of a row with more than one value: the key of the row, and the values beside the winner."""

    partition: str
    table: str
    key: Key
    group: str
    others: tuple[Head, ...]


def open_conflicts(connection: sa.Connection, partition: str | None = None) -> list[OpenConflict]:
    """The open conflicts, of one partition or all, in a steady order."""
    where = HEAD.c.open if partition is None else sa.and_(HEAD.c.open, HEAD.c.partition == partition)
    order = (HEAD.c.partition, HEAD.c.tbl, HEAD.c.key, HEAD.c.grp, HEAD.c.eff.desc(), HEAD.c.dot.desc())
    found: dict[tuple[str, str, str, str], list[Head]] = {}
    for row in connection.execute(sa.select(HEAD).where(where).order_by(*order)):
        head = Head(row.eff, row.dot, row.by, row.at, tuple(json.loads(row.held)))
        found.setdefault((row.partition, row.tbl, row.key, row.grp), []).append(head)
    return [OpenConflict(p, table, tuple(json.loads(key)), group, tuple(others)) for (p, table, key, group), others in found.items()]


def equal_heads(connection: sa.Connection, partition: str, table: str, key: Key, group: str, dots: Collection[str]) -> set[str]:
    """The heads beside the winner that show the same value: who saw one of `dots` on a form saw these too."""
    same = HEAD.c.open.is_(False)
    where = (HEAD.c.partition == partition, HEAD.c.tbl == table, HEAD.c.key == key_text(key), HEAD.c.grp == group, same)
    return set(connection.execute(sa.select(HEAD.c.dot).where(*where)).scalars()) if dots else set()


def quarantine_counts(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """How many changes are kept but not folded, by partition and reason."""
    counts: dict[str, dict[str, int]] = {}
    columns = (QUARANTINE.c.partition, QUARANTINE.c.reason, sa.func.count())
    for partition, reason, count in connection.execute(sa.select(*columns).group_by(QUARANTINE.c.partition, QUARANTINE.c.reason)):
        counts.setdefault(partition, {})[reason] = count
    for partition, verdict, count in connection.execute(
        sa.select(SEGMENT.c.partition, SEGMENT.c.verdict, sa.func.count())
        .where(SEGMENT.c.verdict.in_(("unreadable", "too-large")))
        .group_by(SEGMENT.c.partition, SEGMENT.c.verdict)
    ):
        counts.setdefault(partition, {})[verdict] = count
    return counts


# ---- the directory


class Node(NamedTuple):
    """A node of the directory. home: the centre partition of a laptop, else empty."""

    key: bytes
    name: str
    seat: str
    home: str


def nodes(connection: sa.Connection) -> dict[bytes, Node]:
    """The directory, by key."""
    rows = connection.execute(_NODES)
    found = (Node(bytes.fromhex(node), name or "", seat or "", home or "") for node, name, seat, home in rows if is_key(node))
    return {node.key: node for node in found}


_NODES = sa.select(NODE_ROWS.c.node, NODE_ROWS.c.name, NODE_ROWS.c.seat, NODE_ROWS.c.home)


def seat_of(connection: sa.Connection, node: bytes) -> str:
    """The seat of a node by the directory; empty for one that is not in it."""
    return str(connection.execute(_SEAT, {"node": node.hex()}).scalar() or "")


_SEAT = sa.select(NODE_ROWS.c.seat).where(NODE_ROWS.c.node == sa.bindparam("node"))


def home_of(connection: sa.Connection, node: bytes) -> str:
    """The home of a node by the directory; empty for one that has none, or is not in it."""
    return str(connection.execute(_HOME, {"node": node.hex()}).scalar() or "")


_HOME = sa.select(NODE_ROWS.c.home).where(NODE_ROWS.c.node == sa.bindparam("node"))


# ---- peers


def peer_heads(connection: sa.Connection, node: bytes) -> dict[str, list[bytes]]:
    """The heads a peer last stated, or was last seen to share, by partition."""
    return {partition: ids(joined) for partition, joined in connection.execute(_PEER_HEADS, {"node": node})}


_PEER_HEADS = sa.select(PEER.c.partition, PEER.c.heads).where(PEER.c.node == sa.bindparam("node"))


def set_peer_heads(connection: sa.Connection, node: bytes, stated: Mapping[str, Collection[bytes]]) -> None:
    """Keep what a peer has; the latest statement wins."""
    known = peer_heads(connection, node)
    rows = [
        {"node": node, "partition": partition, "heads": b"".join(sorted(has))}
        for partition, has in stated.items()
        if known.get(partition) != sorted(has)
    ]
    upsert(connection, PEER, rows)


def peer_wants(connection: sa.Connection, node: bytes) -> list[bytes]:
    """The segments whose bodies a peer missed when it last said."""
    return ids(get_self(connection, f"wants {node.hex()}") or b"")


def set_peer_wants(connection: sa.Connection, node: bytes, wants: Sequence[bytes]) -> None:
    """Keep what a peer misses; the latest statement wins. What is no id names nothing."""
    named = [each for each in wants if len(each) == ID_BYTES]
    if named != peer_wants(connection, node):
        set_self(connection, f"wants {node.hex()}", b"".join(named))


class Unsent(NamedTuple):
    """Changes that a peer was not yet seen to hold. since: claimed second of the oldest, or when it was sealed."""

    changes: int
    since: int | None


def unsent(connection: sa.Connection, peer: bytes) -> Unsent:
    """How much waits for a peer, pending and sealed, without reading any body: a page may ask."""
    waiting = pending_counts(connection)
    changes, moments = sum(waiting.values()), [at for partition in waiting if (at := pending_since(connection, partition)) is not None]
    for partition, missing in _unknown_to(connection, peer).items():
        sizes = change_counts(connection, partition, missing)
        changes += sum(sizes.values())
        moments += [segment.header.at for segment in segments(connection, [each for each in missing if each in sizes][:1])]
    return Unsent(changes, min(moments, default=None))


def unsent_by_table(connection: sa.Connection, peer: bytes) -> dict[str, int]:
    """The same by table, read from the changes themselves."""
    counts: dict[str, int] = {}
    changes = [change for partition in pending_counts(connection) for _, change in pending(connection, partition)]
    for missing in _unknown_to(connection, peer).values():
        for segment in segments(connection, missing):
            with suppress(Unreadable, TooLarge):  # kept for others, and counted as quarantined
                changes += decode(segment.body, segment.header.minters)
    for change in changes:
        counts[change.table] = counts.get(change.table, 0) + 1
    return counts


def _unknown_to(connection: sa.Connection, peer: bytes) -> dict[str, list[bytes]]:
    known = peer_heads(connection, peer)
    differing = [partition for partition, ours in heads(connection).items() if sorted(known.get(partition, [])) != sorted(ours)]
    return {partition: graph(connection, partition).lacking(known.get(partition, [])) for partition in differing}
