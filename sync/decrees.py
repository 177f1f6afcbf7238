"""What a root decrees: founding a partition, grants, handing over, revoking a key, and ordering an erasure.

Each decree is one segment signed by the root's key, which on most machines is not the node's own. Erasure is the only
thing that takes anything out of the log: the order names rows, and for every segment the hash of its body without them,
so that whoever holds the order can tell a trimmed body from a forged one.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from sync import fold, index, ledger, receipts, segments
from sync.changes import canonical, Change
from sync.dots import dot, minter_of
from sync.keys import NodeKey
from sync.ledger import Replica
from sync.rights import ERASURE, GRANT, HANDOVER, REVOCATION
from sync.schema import Key, Plain
from sync.segments import centre_partition, PARENTS_MAX
from sync.store import CARRIED, ERASED, QUARANTINE, STAGED, TRIM

HEADS_MAX = 500
ROWS_AT_ONCE, BODIES_AT_ONCE = 100, 150
"""So that each text of an order stays below the cap of a value."""


def _decree(
    connection: sa.Connection,
    replica: Replica,
    root: NodeKey,
    partition: str,
    statements: Iterable[tuple[str, str | None, dict[str, Plain]]],
    *,
    nonce: bytes,
    at: int,
) -> None:
    """One segment of the root with (table, key, fields) statements; None as the key is the statement's own dot.

    A flood of heads is bound up by empty segments before it, as `writing.seal` does: more parents than PARENTS_MAX nobody reads.
    """
    minter = minter_of(root.public, nonce, partition)
    changes = [
        Change(name := dot(minter, k), table, (key or name,), fields, (), "", at)
        for k, (table, key, fields) in enumerate(statements, start=1)
    ]
    sign = partial(segments.seal, root, partition, at=at, schema=replica.schema.version)
    while len(heads := ledger.heads_of(connection, partition)) > PARENTS_MAX:
        fold.receive(connection, replica, [sign([], nonces=[], parents=heads[:PARENTS_MAX])])
    fold.receive(connection, replica, [sign(changes, nonces=[nonce], parents=heads)])


# ---- founding, granting, handing over


def found(
    connection: sa.Connection,
    replica: Replica,
    root: NodeKey,
    partition: str,
    grants: Iterable[tuple[bytes, str]],
    *,
    nonce: bytes,
    at: int,
) -> None:
    """Found a partition, or extend it, with the root's signature: one segment that grants roles to keys."""
    statements: list[tuple[str, str | None, dict[str, Plain]]] = [(GRANT, node.hex(), {"role": role}) for node, role in grants]
    _decree(connection, replica, root, partition, statements, nonce=nonce, at=at)


def found_alone(connection: sa.Connection, replica: Replica, *, nonce: bytes, at: int) -> str:
    """Found a centre of this laptop's own, with its own key as root. Returns the partition."""
    partition = centre_partition(replica.key.public, nonce)
    found(connection, replica, replica.key, partition, [(replica.key.public, "writer")], nonce=nonce, at=at)
    return partition


def hand_over(connection: sa.Connection, replica: Replica, partition: str, hub: bytes, authority: bytes, *, nonce: bytes, at: int) -> None:
    """This node, root of a centre that it founded alone, lets a hub write there and makes the authority the next root."""
    statements: list[tuple[str, str | None, dict[str, Plain]]] = [
        (GRANT, hub.hex(), {"role": "writer"}),
        (HANDOVER, authority.hex(), {"note": ""}),
    ]
    _decree(connection, replica, replica.key, partition, statements, nonce=nonce, at=at)


def is_root(connection: sa.Connection, partition: str, key: bytes) -> bool:
    """Whether the newest handover that counts, else the founding, makes `key` root. A revocation of it, or another root beside
    it that did not know of this handover, is not looked for: what `key` decrees may still not count.
    """
    return _next_root(connection, partition) == key


def _next_root(connection: sa.Connection, partition: str) -> bytes | None:
    """The key of the newest handover that counts, else the founder's."""
    handed = [d for d, counts in index.decrees(connection, partition).items() if d.kind == HANDOVER and counts]
    if handed:
        graph = ledger.graph(connection, partition)
        return max(handed, key=lambda d: (graph.generation[d.segment], d.segment)).node
    return next((author for _, author in index.roots(connection, partition)), None)


# ---- revoking


def revoke(
    connection: sa.Connection,
    replica: Replica,
    root: NodeKey,
    partition: str,
    node: bytes,
    *,
    nonce: bytes,
    at: int,
    good: Collection[bytes] | None = None,
) -> None:
    """Let nothing of a key count from now on, but what `good` names and what stands before that.

    good  the last good heads; None: the newest HEADS_MAX of those that are held of it now
    """
    if good is None:
        graph, authors = ledger.graph(connection, partition), ledger.authors(connection, partition)
        tips = graph.tips([segment for segment, author in authors.items() if author == node])
        good = sorted(tips, key=lambda segment: (graph.generation[segment], segment))[-HEADS_MAX:]
    heads = "".join(segment.hex() for segment in sorted(good))
    _decree(connection, replica, root, partition, [(REVOCATION, node.hex(), {"heads": heads})], nonce=nonce, at=at)
    receipts.heed_revocations(connection)


# ---- erasing


def erase(
    connection: sa.Connection, replica: Replica, root: NodeKey, partition: str, rows: Collection[Key], *, nonce: bytes, at: int
) -> None:
    """Order that rows be erased wherever they are held, and carry it out here.

    rows  each (table, first parts of the key ..): ("mark", "ab..-1") names all marks of that apprentice; none: what has
          come since of rows that are erased already
    """
    ledger.lock(connection, partition)
    ordered_once, hashes = _unordered(connection, partition)
    erased = index.erased(connection, partition) | frozenset(rows)
    held = ledger.segments(connection, ledger.graph(connection, partition).ids)
    bodies = {segment.id: body for segment in held if (body := fold.without(segment, erased)) != segment.body}
    hashes += [(segment.hex(), hashlib.sha256(body).hexdigest()) for segment, body in bodies.items()]
    named = sorted({canonical(list(row)).decode() for row in rows} | ordered_once)
    statements: list[tuple[str, str | None, dict[str, Plain]]] = []
    while named or hashes:
        some = {"rows": f"[{','.join(named[:ROWS_AT_ONCE])}]", "bodies": json.dumps(dict(hashes[:BODIES_AT_ONCE]))}
        statements.append((ERASURE, None, dict(some)))
        named, hashes = named[ROWS_AT_ONCE:], hashes[BODIES_AT_ONCE:]
    if statements:
        _decree(connection, replica, root, partition, statements, nonce=nonce, at=at)


def _unordered(connection: sa.Connection, partition: str) -> tuple[set[str], list[tuple[str, str]]]:
    """(rows, (segment, hash) pairs) that are known to be erased by orders whose segments are not here.

    So it is after a backup was restored; and if nobody else had an order yet, it has to be given again.
    """
    rows, trims = (connection.execute(sa.select(table).where(table.c.partition == partition)).all() for table in (ERASED, TRIM))
    given = {row.row for row in rows if row.segment != CARRIED}
    proven = {(row.target, row.hash) for row in trims if row.segment != CARRIED}
    lost = [(row.target, row.hash) for row in trims if (row.target, row.hash) not in proven]
    return {row.row for row in rows} - given, [(target.hex(), hashed.hex()) for target, hashed in lost]


def with_remains(connection: sa.Connection) -> list[str]:
    """The partitions where a further order is due: segments came in that hold something of erased rows, or an order was lost."""
    remains = connection.execute(sa.select(QUARANTINE.c.partition).where(QUARANTINE.c.reason == "erased").distinct()).scalars()
    known = connection.execute(sa.select(ERASED.c.partition).distinct()).scalars()
    return sorted({*remains, *(partition for partition in known if _unordered(connection, partition)[0])})


class Order(NamedTuple):
    """An erasure order: where it stands, its dot, and how many rows it names."""

    partition: str
    dot: str
    rows: int


def orders(connection: sa.Connection) -> list[Order]:
    """The erasure orders that are held here."""
    columns = (ERASED.c.partition, ERASED.c.dot, sa.func.count())
    rows = connection.execute(sa.select(*columns).group_by(ERASED.c.partition, ERASED.c.dot).order_by(ERASED.c.partition, ERASED.c.dot))
    return [Order(*row) for row in rows]


def unconfirmed(connection: sa.Connection, node: bytes) -> list[Order]:
    """The orders of which a node has given no receipt yet that is held here."""
    given = {(r.partition, r.about) for _, r in receipts.held(connection, ledger.heads(connection)) if r.node == node}
    return [order for order in orders(connection) if (order.partition, order.dot) not in given]


def confirm(connection: sa.Connection, replica: Replica, at: int) -> list[Order]:
    """State that nothing of what the orders name is left here, for each order that this node has not confirmed yet.

    The caller has made sure that no free page, log or copy of the database holds what was erased. A partition with
    remains is not confirmed: those are still to be ordered. Nor is one of which pieces have come: nobody can tell what they hold.
    """
    remains = {*with_remains(connection), *connection.execute(sa.select(STAGED.c.partition)).scalars()}
    due = [order for order in unconfirmed(connection, replica.key.public) if order.partition not in remains]
    for order in due:
        receipts.state_erased(connection, replica, order.partition, order.dot, at)
    return due


Carried = Mapping[str, Mapping[str, Mapping[str, str]]]


def carried(connection: sa.Connection) -> Carried:
    """What is erased, to be kept outside the database: {partition: {"rows": {row: dot}, "bodies": {segment: hash}}}."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for partition, row, name in connection.execute(sa.select(ERASED.c.partition, ERASED.c.row, ERASED.c.dot)):
        found.setdefault(partition, {"rows": {}, "bodies": {}})["rows"][row] = name
    for partition, target, hashed in connection.execute(sa.select(TRIM.c.partition, TRIM.c.target, TRIM.c.hash)):
        found.setdefault(partition, {"rows": {}, "bodies": {}})["bodies"][target.hex()] = hashed.hex()
    return found


def reapply(connection: sa.Connection, replica: Replica, known: Carried) -> None:
    """Erase again, in a database that was restored, what was erased since its backup was made."""
    for partition, named in known.items():
        bodies = {bytes.fromhex(target): bytes.fromhex(hashed) for target, hashed in named["bodies"].items()}
        for row, name in named["rows"].items():
            index.note_erasure(connection, partition, CARRIED, name, [row], {})
        index.note_erasure(connection, partition, CARRIED, "", [], bodies)
        fold.refold(connection, replica, partition)
