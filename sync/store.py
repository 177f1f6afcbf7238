"""The engine's own tables, as declared: what the application's tables cannot show.

The ledger beside this file reads and writes them; a few files have one of their own. Nothing here runs.
"""

from typing import Any

import sqlalchemy as sa

from sync.schema import Field, Table

metadata = sa.MetaData()


def _table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(f"sync_{name}", metadata, *columns)


def _column(name: str, kind: sa.types.TypeEngine[Any] | None = None, *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Text(), primary_key=key, nullable=False, autoincrement=False)


def _stamps() -> list[sa.Column[Any]]:
    return [*(sa.Column(name, sa.Text) for name in ("dot", "by", "groups")), *(sa.Column(name, sa.BigInteger) for name in ("at", "eff"))]


def _control(rows: sa.Table, partitions: set[str], fields: list[str], key: Field | None = None) -> Table:
    groups: dict[str, tuple[Field, ...]] = {field: (Field(field, "text"),) for field in fields}
    name = rows.name.removeprefix("sync_")
    return Table(name, (key or Field("node", "text"),), groups, frozenset(partitions), frozenset({"writer"}), rows)


BYTES, BIG, FLAG = sa.LargeBinary(), sa.BigInteger(), sa.Boolean()

SELF = _table("self", _column("name", key=True), _column("value", BYTES))
PARTITION = _table("partition", _column("partition", key=True), _column("counter", BIG), _column("heads", BYTES))
SEGMENT = _table(
    "segment",
    _column("id", BYTES, key=True),
    _column("partition"),
    _column("generation", BIG),
    _column("author", BYTES),
    _column("parents", BYTES),  # of the header, side by side: the graph is read without unpacking headers
    _column("header", BYTES),
    _column("signature", BYTES),
    _column("body", BYTES),  # zlib
    _column("verdict"),  # one of the VERDICTS
    sa.Index("sync_segment_by_partition", "partition", "generation", "id"),
    sa.Index("sync_segment_by_verdict", "verdict", "partition", "id"),  # holes are looked for in every exchange
)
MINTER = _table(
    "minter",
    _column("partition", key=True),
    _column("minter", key=True),
    _column("segment", BYTES, key=True),
    _column("author", BYTES),
)
SPAN = _table(  # which segment holds which dots, exactly: the runs of a minter's counters, mostly one per segment
    "span",
    _column("partition", key=True),
    _column("minter", key=True),
    _column("segment", BYTES, key=True),
    _column("first", BIG, key=True),
    _column("last", BIG),
)
ROOT = _table("root", _column("partition", key=True), _column("segment", BYTES, key=True), _column("author", BYTES))
DECREE = _table(  # grants, revocations and handovers that stand in folded segments; counts: all revocations considered
    "decree",
    _column("partition", key=True),
    _column("segment", BYTES, key=True),
    _column("kind", key=True),
    _column("node", BYTES, key=True),
    _column("role", key=True),
    _column("author", BYTES),
    _column("heads", BYTES),
    _column("counts", FLAG),
)
ERASED = _table(  # rows that an order names, by the beginning of their key; segment: the order's, or CARRIED
    "erased",
    _column("partition", key=True),
    _column("segment", BYTES, key=True),
    _column("row", key=True),
    _column("dot"),  # of the order
)
TRIM = _table(  # and the hash of each body without them
    "trim",
    _column("partition", key=True),
    _column("segment", BYTES, key=True),
    _column("target", BYTES, key=True),
    _column("hash", BYTES),
)
PENDING = _table(
    "pending",
    _column("partition", key=True),
    _column("counter", BIG, key=True),
    _column("nonce", BYTES),
    _column("change"),
    _column("proof", BYTES),  # of the change's text: no signature guards it yet, and a disk may flip a bit
)
HEAD = _table(  # values that stand beside the winner; open where they differ from it
    "head",
    _column("partition", key=True),
    _column("tbl", key=True),
    _column("key", key=True),
    _column("grp", key=True),
    _column("dot", key=True),
    _column("eff", BIG),
    _column("by"),
    _column("at", BIG),
    _column("held"),
    _column("open", FLAG),
)
PAST = _table(  # values that were replaced: the history, and the effective times of older bases
    "past",
    _column("partition", key=True),
    _column("tbl", key=True),
    _column("key", key=True),
    _column("grp", key=True),
    _column("dot", key=True),
    _column("eff", BIG),
    _column("by"),
    _column("at", BIG),
    _column("held"),
    sa.Index("sync_past_by_dot", "partition", "dot"),
)
QUARANTINE = _table(  # changes that are kept but not folded
    "quarantine",
    _column("partition", key=True),
    _column("dot", key=True),
    _column("segment", BYTES, key=True),
    _column("tbl"),
    _column("key"),
    _column("reason"),
    _column("bases"),
)
PEER = _table("peer", _column("node", BYTES, key=True), _column("partition", key=True), _column("heads", BYTES))
STAGED = _table(  # a segment that arrives in fragments
    "staged",
    _column("id", BYTES, key=True),
    _column("partition"),
    _column("peer", BYTES),
    _column("place", BIG),  # counts up; the oldest is given up first
    _column("total", BIG),
    _column("body", BYTES),
)
RECEIPT = _table(  # the latest statement of each node about each partition, and its receipts of erasures
    "receipt",
    _column("node", BYTES, key=True),
    _column("partition", key=True),
    _column("about", key=True),
    _column("counter", BIG),
    _column("at", BIG),
    _column("heads", BYTES),
    _column("signature", BYTES),
    _column("place", BIG),  # in the order in which this database came to hold them
)
TOLD = _table("told", _column("node", BYTES, key=True), _column("place", BIG))  # the receipts up to here are known to that peer
SAFE = _table(  # segments that a node of this seat holds durably, by its own signed word
    "safe",
    _column("segment", BYTES, key=True),
    _column("seat", key=True),
    _column("partition"),
    _column("since", BIG),
    sa.Index("sync_safe_by_partition", "partition", "seat"),
)
MAIL = _table(  # envelopes between others that this node carries
    "mail",
    _column("id", BYTES, key=True),
    _column("sender", BYTES),
    _column("recipient", BYTES),
    _column("place", BIG),
    _column("envelope", BYTES),
    sa.Index("sync_mail_by_recipient", "recipient", "place"),
)

# Tables of the engine that are synced as any other: the decrees of the roots, and which nodes there are.


def _synced(name: str, key: str, *fields: str) -> sa.Table:
    columns = (sa.Column(field, sa.Text) for field in fields)
    return sa.Table(f"sync_{name}", metadata, _column("partition", key=True), _column(key, key=True), *columns, *_stamps())


GRANT_ROWS = _synced("grant", "node", "role")
REVOCATION_ROWS = _synced("revocation", "node", "heads")
HANDOVER_ROWS = _synced("handover", "node", "note")
ERASURE_ROWS = _synced("erasure", "id", "rows", "bodies")
NODE_ROWS = _synced("node", "node", "name", "seat", "home")
EVERYWHERE = {"nation", "region", "centre"}
CONTROL = {
    "grant": _control(GRANT_ROWS, EVERYWHERE, ["role"]),
    "revocation": _control(REVOCATION_ROWS, EVERYWHERE, ["heads"]),
    "handover": _control(HANDOVER_ROWS, EVERYWHERE, ["note"]),
    "erasure": _control(ERASURE_ROWS, EVERYWHERE, ["rows", "bodies"], Field("id", "ref")),
    "node": _control(NODE_ROWS, {"nation"}, ["name", "seat", "home"]),
}
FOLDED, TRIMMED, UNPROVEN, DAMAGED = "folded", "trimmed", "unproven", "damaged"
VERDICTS = frozenset({FOLDED, TRIMMED, UNPROVEN, DAMAGED, "unreadable", "too-large"})
"""folded; trimmed: without what an order erased; unproven: trimmed, and the order has not come; damaged: the disk lost
its body; unreadable and too-large: kept for others. Of unproven and damaged ones nothing shows, and peers are asked."""
HOLES = (UNPROVEN, DAMAGED)

INVITATION = _table(
    "invitation",
    _column("proof", BYTES, key=True),
    _column("grants"),
    sa.Column("lock", sa.LargeBinary, nullable=True),  # of a request in a file
    sa.Column("node", sa.LargeBinary, nullable=True),
    sa.Column("answer", sa.LargeBinary, nullable=True),
)

CARRIED = b"carried"
"""In the place of an order's segment: the order is known from before a backup was restored, and its segment is to come."""
