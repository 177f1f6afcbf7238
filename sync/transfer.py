"""What of the log goes into a message: what the other side lacks or wants, whole or in pieces, and how pieces come together."""

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import sqlalchemy as sa

from sync import index, keys, ledger
from sync.errors import Forged
from sync.messages import Fragment, PACKED_MAX, SEGMENTS_MAX, STAGED_MAX, UNPACKED_MAX
from sync.schema import partition_kind
from sync.segments import check, Segment
from sync.store import DAMAGED, STAGED

PIECE_MIN = 1_024
STEPS_MAX = 64
_SEGMENT_OVERHEAD = 90


def lacking(
    connection: sa.Connection,
    partitions: Iterable[str],
    known: Mapping[str, Collection[bytes]],
    most: int,
    *,
    asked: Sequence[bytes] = (),
) -> list[Segment]:
    """What a peer with these heads lacks, parents first, up to about `most` packed bytes and at least one segment.

    asked  what it wants besides, whatever its heads say
    """
    wanted: list[bytes] = []
    room = min(most, PACKED_MAX // 4)
    for segment, size in _offered(connection, partitions, known, asked):
        room -= size // 2 + _SEGMENT_OVERHEAD
        if wanted and (room < 0 or len(wanted) == SEGMENTS_MAX):
            break
        wanted.append(segment)
    return unpacked_within(whole(connection, wanted))


def whole(connection: sa.Connection, wanted: Sequence[bytes]) -> list[Segment]:
    """Those of the segments that the disk still gives as they were signed, up to the first that it does not.

    A spoilt one is marked: peers are asked for it from now on, and nothing that stands on it is sent before it is back; never,
    where nobody else holds it. What it says shows until its partition is refolded.
    """
    whole: list[Segment] = []
    for segment in ledger.segments(connection, wanted):
        with suppress(Forged):
            check(segment)
            whole.append(segment)
    kept = {segment.id for segment in whole}
    lost = [segment for segment in wanted if segment not in kept]
    ledger.set_verdict(connection, lost, DAMAGED)
    return whole[: wanted.index(lost[0])] if lost else whole


def _offered(
    connection: sa.Connection, partitions: Iterable[str], known: Mapping[str, Collection[bytes]], asked: Sequence[bytes]
) -> Iterator[tuple[bytes, int]]:
    """(segment, packed bytes) of all that `lacking` chooses from, in the order in which it is to go."""
    for partition in sorted(partitions, key=lambda name: (("nation", "region", "centre").index(partition_kind(name)), name)):
        missing = ledger.newer_than(connection, partition, known.get(partition, ()), STEPS_MAX)
        if missing is None:
            missing = ledger.graph(connection, partition).lacking(known.get(partition, ()))
        sizes = ledger.packed_sizes(connection, missing)
        for segment in missing:
            if segment in asked:
                continue
            if segment not in sizes:
                break  # our disk has lost its body: what stands on it waits until a peer has brought it again
            yield segment, sizes[segment]
    sizes = ledger.packed_sizes(connection, asked)  # last: one that the peer cannot take must not be in the way of the others
    yield from ((segment, sizes[segment]) for segment in asked if segment in sizes)


def bodies_for(connection: sa.Connection, wants: Collection[bytes], peer: bytes, *, is_same: bool) -> list[bytes]:
    """Which of the bodies that a peer misses to send to it: what it may read, and be it that we may not any more.

    is_same  both hold the same segments. Then a substitute that no order has proven here is proven nowhere, and would go
             to and fro for ever; else it may be what a damaged peer needs before it can send us the order
    """
    holes = ledger.holes(connection) if wants and is_same else {}
    readable = index.read_by(connection, peer) if wants else ()
    places = {segment: ledger.partition_of(connection, segment) for segment in wants if segment not in holes}
    return [segment for segment, where in places.items() if where and (partition_kind(where) != "centre" or where in readable)]


def in_fragments(segments: Sequence[Segment], most: int, staged: Mapping[bytes, int]) -> tuple[Sequence[Segment], Fragment | None]:
    """The segments that go into one message; where the first alone is too large for it, a piece of that instead."""
    if not segments or len(packed := zlib.compress(segments[0].body, 6)) <= most:
        return segments, None
    whole = segments[0]
    offset = staged.get(whole.id, 0)
    if not 0 <= offset < len(whole.body):
        offset = 0
    length = max(PIECE_MIN, len(whole.body) * most // len(packed))
    while length > PIECE_MIN and len(zlib.compress(whole.body[offset : offset + length], 6)) > most:
        length //= 2
    piece = whole.body[offset : offset + length]
    return [], Fragment(whole.header, whole.signature, len(whole.body), offset, piece, whole.is_substitute)


def staged(connection: sa.Connection, peer: bytes) -> dict[bytes, int]:
    """What is here of segments that the peer sends in fragments: nobody goes on from what another has begun, and may have spoilt."""
    return {segment: size for segment, size in connection.execute(_STAGED, {"peer": peer})}  # noqa: C416


_STAGED = sa.select(STAGED.c.id, sa.func.length(STAGED.c.body)).where(STAGED.c.peer == sa.bindparam("peer")).order_by(STAGED.c.place)


def stage(connection: sa.Connection, peer: bytes, fragment: Fragment) -> list[Segment]:
    """Keep a piece that continues what is here; the whole segment, once it is. Raises Forged.

    The signature is judged with each piece, so that only real segments take room, and only the newest few do. Of one
    that is held nothing is kept: it would outlive the erasure of what is held.
    """
    keys.verify(fragment.header.author, "segment", fragment.header.text, fragment.signature)
    if ledger.partition_of(connection, fragment.id) and fragment.id not in ledger.holes(connection):
        return []
    theirs = (STAGED.c.id == fragment.id, STAGED.c.peer == peer)
    connection.execute(STAGED.delete().where(*theirs, STAGED.c.total != fragment.total))  # trimmed at the sender since: begin again
    rows = connection.execute(sa.select(STAGED).order_by(STAGED.c.place)).all()
    mine = next((row for row in rows if (row.id, row.peer) == (fragment.id, peer)), None)
    have = mine.body if mine else b""
    if fragment.offset > len(have):
        return []
    body = have + fragment.piece[len(have) - fragment.offset :]
    if len(body) >= fragment.total:
        connection.execute(STAGED.delete().where(STAGED.c.id == fragment.id))
        whole = Segment(fragment.header, fragment.signature, body, fragment.is_substitute)
        is_right = fragment.is_substitute or hashlib.sha256(body).digest() == fragment.header.body_hash
        return [whole] if is_right else []  # pieces of different bodies: begin again
    row = {"id": fragment.id, "partition": fragment.header.partition, "peer": peer, "total": fragment.total, "body": body}
    ledger.upsert(connection, STAGED, [row | {"place": mine.place if mine else 1 + max((row.place for row in rows), default=0)}])
    if fragment.id not in {row.id for row in rows} and len(rows) >= STAGED_MAX:
        oldest = next((row for row in rows if row.peer == peer), rows[0])  # who begins many gives up his own
        connection.execute(STAGED.delete().where(STAGED.c.id == oldest.id))
    return []


def unstage(connection: sa.Connection, taken: Collection[bytes]) -> None:
    """Drop the pieces of what has come whole, by whichever route."""
    begun = connection.execute(sa.select(STAGED.c.id)).scalars().all() if taken else ()
    for segment in set(taken).intersection(begun):
        connection.execute(STAGED.delete().where(STAGED.c.id == segment))


def unpacked_within(segments: Iterable[Segment]) -> list[Segment]:
    """As many as unpack to half of what a message may: bodies that pack a thousand to one must not make it unreadable."""
    taken: list[Segment] = []
    room = UNPACKED_MAX // 2
    for segment in segments:
        room -= len(segment.body) + len(segment.header.text)
        if room < 0 and taken:
            break
        taken.append(segment)
    return taken
