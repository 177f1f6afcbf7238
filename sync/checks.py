"""Looking for what should not be: damage that a disk has done, and two machines that are the same node."""

import hashlib
import zlib
from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from sync import index, keys, ledger, store
from sync.errors import SyncError
from sync.segments import ID_BYTES, read_header
from sync.store import PENDING, SEGMENT


class Damage(NamedTuple):
    """A segment, or a pending change (empty id), that is not what was written."""

    partition: str
    segment: bytes


def damage(connection: sa.Connection) -> list[Damage]:
    """Every segment whose header, signature or body does not hold, and every pending change whose text has changed."""
    found: list[Damage] = []
    for partition in sorted(ledger.heads(connection)):
        proven = index.trims(connection, partition)
        rows = connection.execute(sa.select(SEGMENT).where(SEGMENT.c.partition == partition).execution_options(yield_per=200))
        found += (Damage(partition, row.id) for row in rows if row.verdict != store.UNPROVEN and not _is_whole(row, proven.get(row.id, ())))
    pending = connection.execute(sa.select(PENDING).execution_options(yield_per=200))
    proofs = ((row, ledger.proof_of(row.partition, row.counter, row.nonce, row.change)) for row in pending)
    return found + [Damage(row.partition, b"") for row, proof in proofs if proof != row.proof]


def _is_whole(row: sa.Row[tuple[object, ...]], proven: Collection[bytes]) -> bool:
    try:
        header = read_header(row.header)
        body = zlib.decompress(row.body)
        keys.verify(header.author, "segment", row.header, row.signature)
    except (SyncError, zlib.error, ValueError, TypeError):
        return False
    indexed = (header.partition, header.generation, header.author, b"".join(header.parents)) == (
        *(row.partition, row.generation),
        *(row.author, row.parents),
    )
    hashed = hashlib.sha256(body).digest()
    is_body = hashed in proven if row.verdict == store.TRIMMED else hashed == header.body_hash
    return indexed and is_body and hashlib.sha256(row.header).digest()[:ID_BYTES] == row.id


def mark_damaged(connection: sa.Connection, wanted: Sequence[bytes]) -> None:
    """Ask peers for the bodies of these segments from now on. What they say shows until their partitions are refolded."""
    ledger.set_verdict(connection, wanted, store.DAMAGED)


class Twin(NamedTuple):
    """A node that has written in two places at once: its folder was copied, or restored from a backup.

    left, right  the newest segments that do not know of each other; since: claimed seconds of both
    """

    partition: str
    node: bytes
    left: bytes
    right: bytes
    since: tuple[int, int]


def twins(connection: sa.Connection, partition: str) -> list[Twin]:
    """The newest such pair of each author in a partition. A folder that was never copied writes on top of itself."""
    graph, authors = ledger.graph(connection, partition), ledger.authors(connection, partition)
    tips: dict[bytes, list[bytes]] = {}
    found: dict[bytes, tuple[bytes, bytes]] = {}
    for segment in sorted(graph.ids, key=lambda each: (graph.generation[each], each)):
        author = authors[segment]
        beside = [tip for tip in tips.get(author, ()) if not graph.is_ancestor(tip, segment)]
        if beside:
            found[author] = (beside[-1], segment)
        tips[author] = [*beside, segment]
    moments = {segment.id: segment.header.at for segment in ledger.segments(connection, [s for pair in found.values() for s in pair])}
    return [
        Twin(partition, author, left, right, (moments.get(left, 0), moments.get(right, 0)))
        for author, (left, right) in sorted(found.items())
    ]
