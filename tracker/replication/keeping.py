"""Where changes are safe, who is who, and what the authority decrees: revoking a computer, erasing a person."""

import os
from collections.abc import Collection

import sqlalchemy as sa

import sync
from sync import Kept, Order, Receipt, Safety, Twin
from tracker import clock
from tracker.db import db
from tracker.errors import DomainError
from tracker.i18n import N_
from tracker.replication import node

_DECREE = sync.metadata.tables["sync_decree"]


class NotTheRoot(DomainError):
    """Only the authority's server, or a laptop that founded its centre alone, decrees."""

    code, status = "node.not_the_root", 409
    sentence = N_("Only the central office's server can do this for a centre that has joined it. Ask the central office.")


# ---- where changes are


def kept(partition: str) -> dict[str, Kept]:
    """How far the keepers of each seat (region, central) have a partition, by their own signed word."""
    connection = db.session.connection()
    return {seat: sync.kept(connection, partition, seat) for seat in ("region", "central")}


def only_here(partition: str) -> Kept:
    """How much of a partition no receipt of any keeper covers."""
    return sync.kept(db.session.connection(), partition, "region", "central")


def safety(partition: str, dots: Collection[str]) -> dict[str, Safety]:
    """Where these changes are safe besides this computer, and since when."""
    return sync.safety_of(db.session.connection(), partition, dots)


def receipts(partitions: Collection[str]) -> list[Receipt]:
    """The receipts about these partitions that are held here."""
    return [receipt for _, receipt in sync.held_receipts(db.session.connection(), partitions)]


def readers(partition: str) -> set[bytes]:
    """The computers that hold a partition: those with any standing in it, but the revoked ones."""
    connection = db.session.connection()
    return (sync.writers(connection, partition) - sync.revoked(connection, partition)) & sync.nodes(connection).keys()


def stopped_readers(partition: str) -> set[bytes]:
    """The computers that held a partition until they were revoked: what they have is out of reach."""
    connection = db.session.connection()
    return sync.writers(connection, partition) & sync.revoked(connection, partition) & sync.nodes(connection).keys()


# ---- one computer that is two


def twins(partition: str) -> list[Twin]:
    """The nodes that have written in two places at once in a partition: their folder was copied, or came from a backup."""
    return sync.twins(db.session.connection(), partition)


# ---- decrees


def _root(connection: sa.Connection, partition: str) -> sync.NodeKey:
    root = _root_or_none(connection, partition)
    if root is None:
        raise NotTheRoot
    return root


def _root_or_none(connection: sa.Connection, partition: str) -> sync.NodeKey | None:
    keys = (node.authority_key(), node.replica().key)
    return next((key for key in keys if key and sync.is_root(connection, partition, key.public)), None)


def revoke(key: bytes) -> list[str]:
    """Let nothing that a computer writes from now on count, wherever it has a standing; what is held of it stays good.

    Returns the partitions; none where it was revoked already. Raises NotTheRoot.
    """
    with node.begin() as connection:
        _root(connection, node.NATION)
        named = {*sync.read_by(connection, key), node.NATION}
        sync.lock(connection, *named)
        # A second word would let count what has come from it since the first.
        named = {partition for partition in named if key not in sync.revoked(connection, partition)}
        # A centre that has not handed its root over yet is left out: nobody here could decree there.
        roots = {partition: root for partition in sorted(named) if (root := _root_or_none(connection, partition))}
        for partition, root in roots.items():
            sync.revoke(connection, node.replica(), root, partition, key, nonce=os.urandom(8), at=clock.now_s())
    return list(roots)


def revoked_keys() -> set[bytes]:
    """The computers that any partition held here revokes."""
    revoked = sa.select(_DECREE.c.node).where(_DECREE.c.kind == "revocation", _DECREE.c.counts)
    return set(db.session.connection().execute(revoked).scalars())


def is_revoked() -> bool:
    """Whether this computer's own key is revoked: it goes on showing what it has, and nothing new of it counts elsewhere."""
    with db.engine.connect() as connection:
        return sync.is_revoked_anywhere(connection, node.replica().key.public)


def is_root_here(partition: str) -> bool:
    """Whether this computer may decree in a partition."""
    with db.engine.connect() as connection:
        try:
            return bool(_root(connection, partition))
        except NotTheRoot:
            return False


def hold(partition: str) -> None:
    """Let nobody else write in a partition until the transaction ends: what is read from here on is what is written upon."""
    sync.lock(db.session.connection(), partition)


def erase(partition: str, rows: Collection[sync.Key]) -> list[Order]:
    """Order that rows be erased on every computer, and erase them here. Returns the new orders. Raises NotTheRoot.

    rows  each (table, first parts of the key ..). The caller then calls `carry_out_erasures`.
    """
    with node.begin() as connection:
        root = _root(connection, partition)
        before = sync.orders(connection)
        sync.erase(connection, node.replica(), root, partition, rows, nonce=os.urandom(8), at=clock.now_s())
        return [order for order in sync.orders(connection) if order not in before]


def erase_remains() -> None:
    """Central: order what came in since of people who are erased already."""
    with db.engine.connect() as connection:
        due = sync.with_remains(connection)
    for partition in due:
        try:
            erase(partition, ())
        except NotTheRoot:
            continue  # the one who can will


def confirm_erasures() -> list[Order]:
    """Give the receipts that are due for erasures; the caller has emptied the disk of what was erased."""
    with db.engine.connect() as connection:
        if not sync.unconfirmed(connection, node.replica().key.public):
            return []
    with node.begin() as connection:
        return sync.confirm(connection, node.replica(), clock.now_s())


def outstanding(order: Order) -> set[bytes]:
    """The computers that hold the order's partition and have given no receipt of it that is held here."""
    connection = db.session.connection()
    given = {r.node for _, r in sync.held_receipts(connection, {order.partition}) if r.about == order.dot}
    return readers(order.partition) - given


def orders() -> list[Order]:
    """The erasure orders that are held here."""
    return sync.orders(db.session.connection())
