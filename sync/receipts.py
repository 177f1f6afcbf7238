"""Receipts: signed statements of what a node holds durably, or has erased. Carried by any route, believed from any hand.

Only a receipt may show a change as safe. The latest statement of a node about a partition wins, so a server that was
restored from a backup turns "safe" back: its next counter exceeds every one of its own receipts that anybody shows it.
The word of a node that is revoked is carried on, and makes nothing safe.
Heads of receipts that are not held here count for nothing until they are.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from sync import index, keys, ledger
from sync.changes import canonical
from sync.dots import is_dot
from sync.ledger import Replica
from sync.schema import partition_kind
from sync.segments import Graph, ID_BYTES
from sync.store import DECREE, ERASED, RECEIPT, SAFE, SEGMENT, SPAN, TOLD

HOLDS = ""
"""What a receipt is about: heads that are held; else the dot of an erasure order that was carried out."""
KEEPERS = ("region", "central")
"""The seats whose word makes a change safe."""
RECEIPTS_MAX = 2_000
DIGEST_BYTES = 4


class Receipt(NamedTuple):
    """`node` holds `heads` of `partition` durably (about: HOLDS), or has erased what an order names (about: its dot).

    counter  grows with each statement of this node about this partition
    at       seconds, claimed
    """

    node: bytes
    partition: str
    about: str
    counter: int
    at: int
    heads: tuple[bytes, ...]
    signature: bytes = b""

    @property
    def text(self) -> bytes:
        """The canonical JSON that is signed."""
        return canonical([self.partition, self.about, self.counter, self.at, [head.hex() for head in self.heads]])


# ---- giving


def issue(connection: sa.Connection, replica: Replica, heads: Mapping[str, Collection[bytes]], at: int) -> None:
    """State anew what this node holds of these partitions where its last statement is not true any more.

    The caller commits before the statement leaves. Only keepers state; the nation's facts begin at central.
    """
    own = replica.key.public
    due = {partition: sorted(some) for partition, some in heads.items() if partition_kind(partition) != "nation"}
    for partition in {partition for partition, _ in ledger.holes(connection).values()} & due.keys():
        due[partition] = _whole(connection, partition)
    if not due:
        return
    stated = {row.partition: row for row in connection.execute(_OF_NODE, {"node": own})}
    due = {partition: some for partition, some in due.items() if partition not in stated or stated[partition].heads != b"".join(some)}
    if not due or ledger.seat_of(connection, own) not in KEEPERS:
        return
    for partition, some in sorted(due.items()):
        counter = 1 + (stated[partition].counter if partition in stated else 0)
        _keep(connection, _signed(replica, Receipt(own, partition, HOLDS, counter, at, tuple(some))))


def _whole(connection: sa.Connection, partition: str) -> list[bytes]:
    """The newest segments that are held with all that they stand on: the disk has lost the bodies of others."""
    graph, lost = ledger.graph(connection, partition), ledger.holes(connection, partition)
    return sorted(graph.tips([each for each in graph.ids if not any(graph.is_ancestor(hole, each) for hole in lost)]))


def state_erased(connection: sa.Connection, replica: Replica, partition: str, order: str, at: int) -> None:
    """State that nothing of what an order names is left on this node. The caller has emptied the log of the database."""
    _keep(connection, _signed(replica, Receipt(replica.key.public, partition, order, 1, at, ())))


def _signed(replica: Replica, receipt: Receipt) -> Receipt:
    return receipt._replace(signature=replica.key.sign("receipt", receipt.text))


_OF_NODE = sa.select(RECEIPT).where(RECEIPT.c.node == sa.bindparam("node"), RECEIPT.c.about == HOLDS)


# ---- taking


def take(connection: sa.Connection, arriving: Iterable[Receipt], partitions: Collection[str]) -> None:
    """Keep the receipts of nodes in the directory about these partitions that say something newer. Raises Forged."""
    known = ledger.nodes(connection).keys() if arriving else ()
    for receipt in arriving:
        if receipt.node not in known or receipt.partition not in partitions or not _is_about_something(connection, receipt):
            continue
        keys.verify(receipt.node, "receipt", receipt.text, receipt.signature)
        held = connection.execute(_HELD, {"node": receipt.node, "partition": receipt.partition, "about": receipt.about}).one_or_none()
        if held is None or tuple(held) < (receipt.counter, receipt.at, receipt.signature):
            _keep(connection, receipt)


_HELD = sa.select(RECEIPT.c.counter, RECEIPT.c.at, RECEIPT.c.signature).where(
    RECEIPT.c.node == sa.bindparam("node"), RECEIPT.c.partition == sa.bindparam("partition"), RECEIPT.c.about == sa.bindparam("about")
)


def _is_about_something(connection: sa.Connection, receipt: Receipt) -> bool:
    """Whether a receipt states heads, or an erasure whose order is held here: about nothing there could be any number."""
    order = {"partition": receipt.partition, "dot": receipt.about}
    return receipt.about == HOLDS or connection.execute(_IS_ORDER, order).first() is not None


_IS_ORDER = sa.select(ERASED.c.dot).where(ERASED.c.partition == sa.bindparam("partition"), ERASED.c.dot == sa.bindparam("dot")).limit(1)


def _keep(connection: sa.Connection, receipt: Receipt) -> None:
    place = 1 + (connection.execute(_LAST_PLACE).scalar() or 0)
    before = connection.execute(_HEADS, {"node": receipt.node, "partition": receipt.partition}).scalar()
    ledger.upsert(connection, RECEIPT, [{**receipt._asdict(), "heads": b"".join(receipt.heads), "place": place}])
    seat = _seat(connection, receipt.node, receipt.partition)
    if receipt.about == HOLDS and seat in KEEPERS and not _advance(connection, receipt, seat, ledger.ids(before or b"")):
        mark_safe(connection, receipt.partition)


_HEADS = sa.select(RECEIPT.c.heads).where(
    RECEIPT.c.node == sa.bindparam("node"), RECEIPT.c.partition == sa.bindparam("partition"), RECEIPT.c.about == HOLDS
)
_LAST_PLACE = sa.select(sa.func.max(RECEIPT.c.place))


def read(rows: Iterable[list[object]], sender: bytes) -> list[Receipt]:
    """The receipts of a message's control. Raises ValueError, TypeError for what is out of shape."""
    found = []
    for node, partition, about, counter, at, joined, signature in rows:
        if (
            not all(isinstance(each, str) for each in (node, partition, about, joined, signature))
            or type(counter) is not int
            or type(at) is not int
        ):
            raise TypeError
        heads = tuple(ledger.ids(bytes.fromhex(str(joined))))
        receipt = Receipt(bytes.fromhex(str(node)) or sender, str(partition), str(about), counter, at, heads, bytes.fromhex(str(signature)))
        if (
            any(len(head) != ID_BYTES for head in heads)
            or not (0 <= counter < 2**53 and 0 <= at < 2**53)
            or not (receipt.about == HOLDS or is_dot(receipt.about))
        ):
            raise ValueError
        found.append(receipt)
    if len(found) > RECEIPTS_MAX:
        raise ValueError
    return found


def written(receipts: Iterable[Receipt], sender: bytes) -> list[list[object]]:
    """The same for a message's control; the sender's own key is left out."""
    return [
        ["" if r.node == sender else r.node.hex(), r.partition, r.about, r.counter, r.at, b"".join(r.heads).hex(), r.signature.hex()]
        for r in receipts
    ]


# ---- what a peer knows


def held(connection: sa.Connection, partitions: Collection[str]) -> list[tuple[int, Receipt]]:
    """(place, receipt) of the receipts about these partitions, in the order in which they came to be held here."""
    rows = connection.execute(_ALL)
    return [
        (place, Receipt(node, partition, about, counter, at, tuple(ledger.ids(joined)), signature))
        for place, node, partition, about, counter, at, joined, signature in rows
        if partition in partitions
    ]


_COLUMNS = ("place", "node", "partition", "about", "counter", "at", "heads", "signature")
_ALL = sa.select(*(RECEIPT.c[name] for name in _COLUMNS)).order_by(RECEIPT.c.place)


def digest(connection: sa.Connection, partitions: Collection[str]) -> bytes:
    """Four bytes that agree when two nodes hold the same receipts about what they share."""
    stated = sorted([r.partition, r.node.hex(), r.about, r.counter, r.signature.hex()] for _, r in held(connection, partitions))
    return hashlib.sha256(b"daftari receipts\n" + canonical(stated)).digest()[:DIGEST_BYTES] if stated else b""


def news(connection: sa.Connection, peer: bytes, partitions: Collection[str], at: int = 0) -> list[Receipt]:
    """The receipts that came to be held since a peer was last known to hold the same, as many as one message takes.

    at  seconds: where they are more, each second's message begins elsewhere, so that in the end all have gone
    """
    told = connection.execute(_TOLD, {"node": peer}).scalar() or 0
    fresh = [receipt for place, receipt in held(connection, partitions) if place > told]
    start = int.from_bytes(hashlib.sha256(str(at).encode()).digest()) % len(fresh) if len(fresh) > RECEIPTS_MAX else 0
    return (fresh[start:] + fresh[:start])[:RECEIPTS_MAX]


_TOLD = sa.select(TOLD.c.place).where(TOLD.c.node == sa.bindparam("node"))


def compare(connection: sa.Connection, peer: bytes, partitions: Collection[str], theirs: bytes) -> None:
    """Learn from a peer's digest: equal, so it holds all; different although it was told all, so it has lost some."""
    last = connection.execute(_LAST_PLACE).scalar() or 0
    told = connection.execute(_TOLD, {"node": peer}).scalar() or 0
    if theirs == digest(connection, partitions):
        place = last
    elif not news(connection, peer, partitions):
        place = 0
    else:
        return
    if place != told:
        ledger.upsert(connection, TOLD, [{"node": peer, "place": place}])


# ---- what is safe


def _seat(connection: sa.Connection, node: bytes, partition: str) -> str:
    """The seat of a node whose word counts in a partition: none of one that is revoked, for a thief may have signed with its key."""
    is_revoked = any(node in index.revoked(connection, where) for where in {partition, "nation"})
    return "" if is_revoked else ledger.seat_of(connection, node)


def heed_revocations(connection: sa.Connection) -> None:
    """Work out anew what is safe where a node that has spoken was revoked since, or is not revoked any more."""
    before = {(partition, node) for partition, node in json.loads(ledger.get_self(connection, "revoked receipts") or b"[]")}
    revoked = {(partition, node.hex()) for partition, node in connection.execute(_BY_REVOKED)}
    for partition in {partition for partition, _ in before ^ revoked}:
        mark_safe(connection, partition)
    if before != revoked:
        ledger.set_self(connection, "revoked receipts", canonical(sorted(revoked)))


_BY_REVOKED = (
    sa.select(RECEIPT.c.partition, RECEIPT.c.node)
    .join(DECREE, DECREE.c.node == RECEIPT.c.node)
    .where(DECREE.c.kind == "revocation", DECREE.c.counts, DECREE.c.partition.in_((RECEIPT.c.partition, "nation")))
)


def _advance(connection: sa.Connection, receipt: Receipt, seat: str, before: Collection[bytes]) -> bool:
    """Mark what a receipt adds to its node's last one, without reading the graph; False where it takes something back."""
    reached: set[bytes] = set()
    fresh: list[bytes] = []
    todo = list(receipt.heads)
    while todo:
        segment = todo.pop()
        if segment in reached:
            continue
        reached.add(segment)
        if connection.execute(_IS_SAFE, {"segment": segment, "seat": seat}).scalar() is None:
            parents = connection.execute(_PARENTS, {"id": segment}).scalar()
            if parents is not None:
                fresh.append(segment)
                todo += ledger.ids(parents)
    if not reached.issuperset(before):
        return False
    row = {"seat": seat, "partition": receipt.partition, "since": receipt.at}
    ledger.upsert(connection, SAFE, [{**row, "segment": segment} for segment in fresh])
    return True


_IS_SAFE = sa.select(SAFE.c.since).where(SAFE.c.segment == sa.bindparam("segment"), SAFE.c.seat == sa.bindparam("seat"))
_PARENTS = sa.select(SEGMENT.c.parents).where(SEGMENT.c.id == sa.bindparam("id"))


def arrived(connection: sa.Connection, partition: str, taken: Collection[bytes]) -> None:
    """Mark what receipts had named before it came. Whatever they cover stands before one of their heads."""
    for node, at, joined in connection.execute(_ABOUT, {"partition": partition}).all():
        heads = tuple(head for head in ledger.ids(joined) if head in taken)
        if heads and (seat := _seat(connection, node, partition)) in KEEPERS:
            _advance(connection, Receipt(node, partition, HOLDS, 0, at, heads), seat, ())


def mark_safe(connection: sa.Connection, partition: str) -> None:
    """Work out anew which segments of a partition are safe with which seat; what was safe before keeps its second."""
    stated: dict[str, list[tuple[int, list[bytes]]]] = {}
    for node, at, joined in connection.execute(_ABOUT, {"partition": partition}):
        stated.setdefault(_seat(connection, node, partition), []).append((at, ledger.ids(joined)))
    graph = ledger.graph(connection, partition) if stated else Graph()
    for seat in KEEPERS:
        known = {segment: since for segment, since in connection.execute(_SAFE, {"partition": partition, "seat": seat})}  # noqa: C416
        covered: dict[bytes, int] = {}
        for at, heads in sorted(stated.get(seat, ())):
            for segment in graph.held_by(heads):
                covered.setdefault(segment, known.get(segment, at))
        if covered != known:
            connection.execute(SAFE.delete().where(SAFE.c.partition == partition, SAFE.c.seat == seat))
            rows = [{"segment": segment, "seat": seat, "partition": partition, "since": since} for segment, since in covered.items()]
            ledger.upsert(connection, SAFE, rows)


_ABOUT = sa.select(RECEIPT.c.node, RECEIPT.c.at, RECEIPT.c.heads).where(
    RECEIPT.c.partition == sa.bindparam("partition"), RECEIPT.c.about == HOLDS
)
_SAFE = sa.select(SAFE.c.segment, SAFE.c.since).where(SAFE.c.partition == sa.bindparam("partition"), SAFE.c.seat == sa.bindparam("seat"))


class Safety(NamedTuple):
    """Where a change is, besides this computer: with a keeper of each seat since that second, by its signed word."""

    region: int | None
    central: int | None


def safety_of(connection: sa.Connection, partition: str, dots: Collection[str]) -> dict[str, Safety]:
    """Where these changes are safe. One that is pending, or that nobody has a receipt for, is safe nowhere else."""
    found: dict[str, Safety] = dict.fromkeys(dots, Safety(None, None))
    for part in ledger.parts(dots, 200):
        holders = index.holders_of(connection, partition, part)
        rows = connection.execute(sa.select(SAFE).where(SAFE.c.segment.in_({s for some in holders.values() for s in some}))).all()
        for dot, segments in holders.items():
            since = {
                seat: min((row.since for row in rows if row.seat == seat and row.segment in segments), default=None) for seat in KEEPERS
            }
            found[dot] = Safety(since["region"], since["central"])
    return found


class Kept(NamedTuple):
    """How much of a partition is safe with a seat: changes that are not, the oldest's second, and the newest receipt's."""

    unsafe: int
    since: int | None
    stated: int | None


def kept(connection: sa.Connection, partition: str, *seats: str) -> Kept:
    """How far the keepers of these seats, of any of them, have a partition: pending changes and sealed ones that no receipt covers.

    Every page asks this: where all heads are safe nothing else is read.
    """
    count = ledger.pending_counts(connection).get(partition, 0)
    oldest = ledger.pending_since(connection, partition) if count else None
    moments = [] if oldest is None else [oldest]
    heads = {head for head, _ in ledger.heads_of(connection, partition)}
    with_seat = sa.select(SAFE.c.segment).where(SAFE.c.seat.in_(seats))
    safe = {each for part in ledger.parts(heads) for each in connection.execute(with_seat.where(SAFE.c.segment.in_(part))).scalars()}
    if heads - safe:
        covered = with_seat.where(SAFE.c.partition == partition)
        unsafe = connection.execute(_SIZES.where(SPAN.c.segment.not_in(covered)), {"partition": partition}).all()
        count += sum(row.size for row in unsafe)
        moments += [segment.header.at for segment in ledger.segments(connection, [row.segment for row in unsafe[:1]])]
    stated = [at for node, at, _ in connection.execute(_ABOUT, {"partition": partition}) if _seat(connection, node, partition) in seats]
    return Kept(count, min(moments, default=None), max(stated, default=None))


_SIZES = (
    sa.select(SPAN.c.segment, sa.func.sum(SPAN.c.last - SPAN.c.first + 1).label("size"))
    .join(SEGMENT, SEGMENT.c.id == SPAN.c.segment)
    .where(SPAN.c.partition == sa.bindparam("partition"))
    .group_by(SPAN.c.segment, SEGMENT.c.generation)
    .order_by(SEGMENT.c.generation, SPAN.c.segment)
)
