"""What a node has said to hold of what this computer holds: how much waits for it, and whether a bundle has arrived."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

import sync
from tracker.db import db
from tracker.replication import node

ID_BYTES = 20
_SEGMENT, _SPAN, _TOLD = (sync.metadata.tables[f"sync_{name}"] for name in ("segment", "span", "told"))


def shared(connection: sa.Connection, other: bytes) -> dict[str, list[bytes]]:
    """The heads of what both may read."""
    both = sync.read_by(connection, node.replica().key.public) & sync.read_by(connection, other)
    return {
        partition: heads for partition, heads in sync.heads(connection).items() if partition in both or not partition.startswith("centre/")
    }


def _reached(connection: sa.Connection, partition: str, heads: Collection[bytes]) -> set[bytes]:
    """The segments held here that these heads stand for: themselves and all before them."""
    rows = connection.execute(sa.select(_SEGMENT.c.id, _SEGMENT.c.parents).where(_SEGMENT.c.partition == partition)).all()
    parents = {row.id: [row.parents[k : k + ID_BYTES] for k in range(0, len(row.parents), ID_BYTES)] for row in rows}
    reached: set[bytes] = set()
    todo = [head for head in heads if head in parents]
    while todo:
        segment = todo.pop()
        if segment not in reached:
            reached.add(segment)
            todo += parents.get(segment, ())
    return reached


def unstated(connection: sa.Connection, other: bytes, heads: Mapping[str, Collection[bytes]]) -> int:
    """How many changes the other node has not said to hold."""
    stated, count = sync.peer_heads(connection, other), 0
    for partition in heads:
        held = _reached(connection, partition, stated.get(partition, ()))
        size = sa.select(_SPAN.c.segment, sa.func.sum(_SPAN.c.last - _SPAN.c.first + 1)).where(_SPAN.c.partition == partition)
        count += sum(int(changes) for segment, changes in connection.execute(size.group_by(_SPAN.c.segment)) if segment not in held)
    return count


def have_arrived(recipient: bytes, bundles: Sequence[Mapping[str, Sequence[str]]]) -> list[bool]:
    """Of each bundle, whether the recipient's own latest word covers it: its signed receipts, else what it said.

    bundles  what each says that this computer held, as `Written.heads`
    """
    connection = db.session.connection()
    stated = dict(sync.peer_heads(connection, recipient))
    named = {partition for heads in bundles for partition in heads}
    stated |= {r.partition: list(r.heads) for _, r in sync.held_receipts(connection, named) if r.node == recipient and not r.about}
    reached: dict[str, set[bytes]] = {}  # walking a graph reads all of it: once, however many bundles are out

    def covers(partition: str, heads: Sequence[str]) -> bool:
        wanted, said = {bytes.fromhex(head) for head in heads}, set(stated.get(partition, ()))
        if wanted <= said:
            return True
        if partition not in reached:
            reached[partition] = _reached(connection, partition, said)
        return wanted <= reached[partition]

    return [all(covers(partition, some) for partition, some in heads.items()) for heads in bundles]


def waiting() -> dict[str, int]:
    """How many segments of each partition are known, but their bodies are missed: peers are asked for them."""
    missed = _SEGMENT.c.verdict.in_(("unproven", "damaged"))
    rows = db.session.execute(sa.select(_SEGMENT.c.partition, sa.func.count()).where(missed).group_by(_SEGMENT.c.partition))
    return {partition: count for partition, count in rows}  # noqa: C416


def missing_here() -> dict[str, int]:
    """How many states of each partition receipts name that are not held here: somebody else has them, and they are to come."""
    connection = db.session.connection()
    named = {(receipt.partition, head) for _, receipt in sync.held_receipts(connection, sync.heads(connection)) for head in receipt.heads}
    ids = sorted({head for _, head in named})
    counts: dict[str, int] = {}
    held: set[bytes] = set()
    for start in range(0, len(ids), 500):
        held |= set(connection.execute(sa.select(_SEGMENT.c.id).where(_SEGMENT.c.id.in_(ids[start : start + 500]))).scalars())
    for partition, head in named:
        if head not in held:
            counts[partition] = counts.get(partition, 0) + 1
    return counts


def receipts_due() -> dict[bytes, list[sync.Receipt]]:
    """For each computer that exchanges with this one the receipts about its centre that it has not been seen to hold, its own left out."""
    connection = db.session.connection()
    nodes = sync.nodes(connection)
    told = {row.node: row.place for row in connection.execute(sa.select(_TOLD))}
    held: dict[str, list[tuple[int, sync.Receipt]]] = {}
    for place, receipt in sync.held_receipts(connection, sync.heads(connection)):
        held.setdefault(receipt.partition, []).append((place, receipt))
    return {
        node.key: [receipt for place, receipt in held.get(node.home, ()) if place > told[node.key] and receipt.node != node.key]
        for node in nodes.values()
        if node.home and node.key in told
    }


def heads() -> dict[str, list[bytes]]:
    """The newest segments of every partition held here."""
    return sync.heads(db.session.connection())


def own_key() -> bytes:
    """The public key of this computer."""
    return node.replica().key.public


def home_of(key: bytes) -> str:
    """The partition of a node's own centre by the directory; empty where it has none, or is unknown."""
    found = sync.nodes(db.session.connection()).get(key)
    return found.home if found else ""
