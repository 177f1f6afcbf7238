"""What the graph says, indexed: whose a minter is, which segment holds a dot, who rules a partition and who may read it,
what is erased. The fold notes it; a refold makes it anew.
"""

import json
from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa

from sync.dots import split
from sync.ledger import ids, of_partition, parts, upsert
from sync.rights import Decree
from sync.schema import Key
from sync.segments import Segment
from sync.store import DECREE, ERASED, MINTER, ROOT, SPAN, TRIM


def note_facts(
    connection: sa.Connection,
    segment: Segment,
    spans: Iterable[tuple[str, int, int]],
    *,
    is_founder: bool,
    decrees: Iterable[tuple[Decree, bool]],
) -> None:
    """Index what later segments will be judged by. decrees: each with whether it counts."""
    at = {"partition": segment.header.partition, "segment": segment.id}
    upsert(connection, MINTER, [{**at, "minter": minter, "author": segment.header.author} for minter in segment.header.minters])
    upsert(connection, SPAN, [{**at, "minter": minter, "first": first, "last": last} for minter, first, last in spans])
    if is_founder:
        upsert(connection, ROOT, [{**at, "author": segment.header.author}])
    rows = [
        {**at, "kind": d.kind, "node": d.node, "role": d.role, "author": d.by, "heads": b"".join(d.heads), "counts": counts}
        for d, counts in decrees
    ]
    upsert(connection, DECREE, rows)


def minters(connection: sa.Connection, partition: str, wanted: Collection[str]) -> list[tuple[str, bytes, bytes]]:
    """(minter, segment that lists it, author) of these minters."""
    found = (row for part in parts(wanted) for row in connection.execute(_MINTERS, {"partition": partition, "wanted": part}))
    return [(minter, segment, author) for minter, segment, author in found]


_MINTERS = of_partition(MINTER, "minter", "segment", "author").where(MINTER.c.minter.in_(sa.bindparam("wanted", expanding=True)))


def spans(connection: sa.Connection, partition: str, dots: Iterable[str]) -> list[tuple[str, int, int, bytes]]:
    """(minter, first, last, segment) of the runs that may hold these dots: not all of a process that has run for months."""
    named = [split(each) for each in dots]
    if not named:
        return []
    counters = [counter for _, counter in named]
    asked = {"partition": partition, "least": min(counters), "greatest": max(counters)}
    wanted = sorted({minter for minter, _ in named})
    found = (row for part in parts(wanted) for row in connection.execute(_SPANS, {**asked, "wanted": part}))
    return [(minter, first, last, segment) for minter, first, last, segment in found]


_SPANS = of_partition(SPAN, "minter", "first", "last", "segment").where(
    SPAN.c.minter.in_(sa.bindparam("wanted", expanding=True)),
    SPAN.c.first <= sa.bindparam("greatest"),
    SPAN.c.last >= sa.bindparam("least"),
)


def last_counter(connection: sa.Connection, partition: str, minter: str) -> int:
    """The greatest counter of a minter that stands in a folded segment; 0 for none."""
    return int(connection.execute(_LAST_COUNTER, {"partition": partition, "minter": minter}).scalar() or 0)


_LAST_COUNTER = sa.select(sa.func.max(SPAN.c.last)).where(
    SPAN.c.partition == sa.bindparam("partition"), SPAN.c.minter == sa.bindparam("minter")
)


def holders_of(connection: sa.Connection, partition: str, dots: Collection[str]) -> dict[str, set[bytes]]:
    """The folded segments that hold each of these dots; none for a pending one."""
    found: dict[str, set[bytes]] = {each: set() for each in dots}
    for minter, first, last, segment in spans(connection, partition, dots):
        for each in dots:
            named, counter = split(each)
            if named == minter and first <= counter <= last:
                found[each].add(segment)
    return found


def roots(connection: sa.Connection, partition: str) -> list[tuple[bytes, bytes]]:
    """(founding segment, root key)."""
    return [(segment, author) for segment, author in connection.execute(_ROOTS, {"partition": partition})]


_ROOTS = of_partition(ROOT, "segment", "author")


def decrees(connection: sa.Connection, partition: str) -> dict[Decree, bool]:
    """The decrees that stand in folded segments of a partition, and whether they count."""
    rows = connection.execute(_DECREES, {"partition": partition})
    return {Decree(segment, by, kind, node, role, tuple(ids(joined))): counts for segment, by, kind, node, role, joined, counts in rows}


_DECREES = of_partition(DECREE, "segment", "author", "kind", "node", "role", "heads", "counts")


def granted(connection: sa.Connection, partition: str, role: str) -> set[bytes]:
    """The keys that hold a role in a partition and are not revoked."""
    rows = connection.execute(_GRANTED, {"partition": partition, "role": role}).scalars().all()
    return set(rows) - revoked(connection, partition)


_GRANTED = of_partition(DECREE, "node").where(DECREE.c.kind == "grant", DECREE.c.counts, DECREE.c.role == sa.bindparam("role"))


def revoked(connection: sa.Connection, partition: str) -> set[bytes]:
    """The keys that a revocation in this partition names."""
    return set(connection.execute(_REVOKED, {"partition": partition}).scalars())


_REVOKED = of_partition(DECREE, "node").where(DECREE.c.kind == "revocation", DECREE.c.counts)


def read_by(connection: sa.Connection, node: bytes) -> set[str]:
    """The partitions that a key is or was root of or was granted anything in, and is not revoked in; none if the nation revokes it.

    What revokes it in a centre stands where it may not read any more: by the nation's word it knows.
    """
    named = connection.execute(_NAMED, {"node": node}).all()
    gone = {partition for partition, kind in named if kind == "revocation"}
    return set() if "nation" in gone else {partition for partition, _ in named} - gone


_NAMED = sa.union(
    sa.select(ROOT.c.partition, sa.literal("root", sa.Text)).where(ROOT.c.author == sa.bindparam("node")),
    sa.select(DECREE.c.partition, DECREE.c.kind).where(DECREE.c.node == sa.bindparam("node"), DECREE.c.counts),
)


def revoked_in(connection: sa.Connection, node: bytes) -> set[str]:
    """The partitions held here that revoke a key."""
    return set(connection.execute(_REVOKES, {"node": node}).scalars())


def is_revoked_anywhere(connection: sa.Connection, node: bytes) -> bool:
    """Whether any partition held here revokes a key."""
    return bool(revoked_in(connection, node))


_REVOKES = sa.select(DECREE.c.partition).where(DECREE.c.node == sa.bindparam("node"), DECREE.c.kind == "revocation", DECREE.c.counts)


def founded_by(connection: sa.Connection, node: bytes) -> set[str]:
    """The partitions whose root is this key."""
    return set(connection.execute(sa.select(ROOT.c.partition).where(ROOT.c.author == node)).scalars())


def writers(connection: sa.Connection, partition: str) -> set[bytes]:
    """The keys that have, or had before they were revoked, any standing in a partition."""
    named = connection.execute(_STANDING, {"partition": partition}).scalars()
    return {author for _, author in roots(connection, partition)} | set(named)


_STANDING = of_partition(DECREE, "node").where(DECREE.c.kind != "revocation", DECREE.c.counts)


# ---- erasures


def note_erasure(
    connection: sa.Connection, partition: str, segment: bytes, dot: str, rows: Iterable[str], bodies: Mapping[bytes, bytes]
) -> None:
    """Index an order: the rows it names, as key texts, and the hashes of trimmed bodies by segment."""
    at = {"partition": partition, "segment": segment}
    upsert(connection, ERASED, [{**at, "row": row, "dot": dot} for row in rows])
    upsert(connection, TRIM, [{**at, "target": target, "hash": found} for target, found in bodies.items()])


def erased(connection: sa.Connection, partition: str) -> frozenset[Key]:
    """The rows that are erased in a partition, each (table, first parts of the key ..)."""
    rows = connection.execute(_ERASED, {"partition": partition}).scalars()
    return frozenset(tuple(json.loads(row)) for row in rows)


_ERASED = of_partition(ERASED, "row").distinct()


def trims(connection: sa.Connection, partition: str) -> dict[bytes, set[bytes]]:
    """The hashes of the bodies that may stand for a segment's own, by segment."""
    found: dict[bytes, set[bytes]] = {}
    for target, hashed in connection.execute(_TRIMS, {"partition": partition}):
        found.setdefault(target, set()).add(hashed)
    return found


_TRIMS = of_partition(TRIM, "target", "hash")
