"""Messages, and the conversation in which two nodes find what each lacks. No I/O: the same for HTTP and for a stick.

A message carries the digest of all shared heads and what the peer's last known heads lack; in calm times that is the
whole conversation. Where digests differ: heads, a ladder of ancestors' prefixes, segments. There is no session: after a
cut both sides say their heads again. Receipts ride along. See `README.md` beside this file for the bytes.
"""

import hashlib
import json
import lzma
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

import sqlalchemy as sa

from sync import fold, keys, ledger, receipts
from sync.changes import canonical
from sync.errors import Forged, Stuck, TooLarge, TooNew, Unreadable
from sync.keys import SIGNATURE_BYTES
from sync.ledger import Replica
from sync.receipts import Receipt
from sync.schema import partition_kind
from sync.segments import BODY_MAX, check, check_shape, Header, is_partition, RUNG_BYTES, Segment
from sync.store import DAMAGED, STAGED

VERSION, WITH_PARTS = 1, 2
"""WITH_PARTS: a message with a substitute or a fragment, which the first programs cannot read."""
DIGEST_BYTES = 16
PACKED_MAX = 2**20
UNPACKED_MAX = 32 * 2**20
SEGMENTS_MAX = 2_000
PARTITIONS_MAX = 10_000
FOUNDED_MAX = 8
DEFAULT_BYTES = 64 * 1024
LZMA_FROM_BYTES = 400
_SEGMENT_OVERHEAD = 90
NATION = "nation"
IDLE_MAX = 3
WANTS_MAX = 200
STAGED_MAX = 8
PIECE_MIN = 1_024
NEWEST_MAX = 2_000
STEPS_MAX = 64


@dataclass(frozen=True)
class Fragment:
    """A piece of the body of a segment that is larger than a message may be.

    total, offset  of the unpacked body, in bytes
    """

    header: Header
    signature: bytes
    total: int
    offset: int
    piece: bytes
    is_substitute: bool = False

    @property
    def id(self) -> bytes:
        """The segment's."""
        return Segment(self.header, self.signature, b"").id


@dataclass(frozen=True)
class Message:
    """One message.

    answers   in a reply: the first eight bytes of the hash of the sealed request
    digest    of the heads of all partitions that both may read, after everything below was folded by the sender
    heads     by partition, where the sender thinks that it and the peer differ; ladders likewise
    segments  parents before children
    receipts  signed statements of what nodes hold, that the sender thinks are new to the peer
    said      partitions whose heads the sender has stated earlier in this conversation; told: those the receiver has
    stated    digest of all receipts about what both may read, those above included
    wants     segments whose bodies the sender misses: damaged by its disk, or trimmed without the order having come
    staged    how many bytes of segments that come in fragments the sender has, by id
    fragment  a piece of the next segment, where that is larger than `most`
    most      packed bytes that the sender asks a reply to keep to; 0: as the receiver likes
    """

    answers: bytes = b""
    digest: bytes = b""
    heads: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    ladders: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    segments: Sequence[Segment] = ()
    receipts: Sequence[Receipt] = ()
    said: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    stated: bytes = b""
    wants: Sequence[bytes] = ()
    staged: Mapping[bytes, int] = field(default_factory=dict)
    fragment: Fragment | None = None
    most: int = 0


# ---- bytes


def pack(message: Message, sender: bytes) -> bytes:
    """The bytes of a message: version, packing, length, packed block, signatures."""
    control: dict[str, object] = {"d": message.digest.hex()}
    if message.answers:
        control["a"] = message.answers.hex()
    if message.heads:
        control["h"] = {partition: [head.hex() for head in heads] for partition, heads in message.heads.items()}
        control["l"] = {partition: [rung.hex() for rung in rungs] for partition, rungs in message.ladders.items()}
    if message.segments:
        control["s"] = _pack_headers(message.segments, sender)
    if message.receipts:
        control["r"] = receipts.written(message.receipts, sender)
    if message.said or message.told:
        control["n"] = [sorted(message.said), sorted(message.told)]
    if message.stated:
        control["e"] = message.stated.hex()
    if message.wants:
        control["w"] = [each.hex() for each in message.wants]
    if message.staged:
        control["p"] = {each.hex(): have for each, have in message.staged.items()}
    if message.most:
        control["b"] = message.most
    bodies, signatures = [segment.body for segment in message.segments], [segment.signature for segment in message.segments]
    if message.fragment:
        control["f"] = _pack_fragment(message.fragment, sender)
        bodies, signatures = [*bodies, message.fragment.piece], [*signatures, message.fragment.signature]
    text = canonical(control)
    block = struct.pack(">I", len(text)) + text + b"".join(bodies)
    packings = [(0, block), (1, zlib.compress(block, 9))]
    if len(packings[1][1]) > LZMA_FROM_BYTES:  # below, it never wins by more than a few bytes, and it sets up 16 MB
        packings.append((2, _lzma(block)))
    method, packed = min(packings, key=lambda pair: len(pair[1]))
    has_parts = message.fragment is not None or any(segment.is_substitute for segment in message.segments)
    return struct.pack(">BBI", WITH_PARTS if has_parts else VERSION, method, len(packed)) + packed + b"".join(signatures)


_LZMA = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 2**23, "lc": 3, "lp": 0, "pb": 0}]


def _lzma(block: bytes) -> bytes:
    return lzma.compress(block, format=lzma.FORMAT_RAW, filters=_LZMA)


def unpack(data: bytes, sender: bytes) -> Message:
    """The message in `data` from `sender`. Raises Unreadable, TooLarge, TooNew: never anything else."""
    if len(data) > PACKED_MAX:
        raise TooLarge
    try:
        version, method, length = struct.unpack_from(">BBI", data)
        if version not in (VERSION, WITH_PARTS):
            raise TooNew
        block = _unpacked(method, data[6 : 6 + length])
        (size,) = struct.unpack_from(">I", block)
        control = json.loads(block[4 : 4 + size])
        said, told = control.get("n", ([], []))
        bodies, signatures = block[4 + size :], data[6 + length :]
        fragment = None
        if "f" in control:
            fragment = _unpack_fragment(control["f"], bodies, signatures, sender)
            bodies, signatures = bodies[: len(bodies) - len(fragment.piece)], signatures[:-SIGNATURE_BYTES]
        wants = tuple(bytes.fromhex(each) for each in control.get("w", ()))
        if len(wants) > WANTS_MAX or len(control.get("p", ())) > STAGED_MAX:
            raise TooLarge
        return Message(
            bytes.fromhex(control.get("a", "")),
            bytes.fromhex(control["d"]),
            _ids(control.get("h", {})),
            _ids(control.get("l", {})),
            _unpack_segments(control.get("s"), bodies, signatures, sender),
            receipts.read(control.get("r", ()), sender),
            frozenset(_partitions(said)),
            frozenset(_partitions(told)),
            bytes.fromhex(control.get("e", "")),
            wants,
            {bytes.fromhex(each): int(have) for each, have in control.get("p", {}).items()},
            fragment,
            min(max(0, int(control.get("b", 0))), PACKED_MAX),
        )
    except _MISREAD as error:
        raise Unreadable from error


_MISREAD = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(RecursionError, OverflowError, struct.error, zlib.error, lzma.LZMAError),
)


def _partitions(names: Collection[object]) -> list[str]:
    """The names, judged: they go into statements of the database, and back to the peer."""
    if len(names) > PARTITIONS_MAX:
        raise TooLarge
    if not all(is_partition(name) for name in names):
        raise Unreadable
    return cast("list[str]", list(names))


def _unpacked(method: int, packed: bytes) -> bytes:
    if method == 0:
        return packed
    if method == 1:
        unzip = zlib.decompressobj()
        block = unzip.decompress(packed, UNPACKED_MAX)
        done = unzip.eof
    elif method == 2:
        unlzma = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=_LZMA, memlimit=None)
        block = unlzma.decompress(packed, UNPACKED_MAX)
        done = unlzma.eof
    else:
        raise Unreadable
    if len(block) >= UNPACKED_MAX:
        raise TooLarge
    if not done:
        raise Unreadable
    return block


def _ids(stated: Mapping[str, Iterable[str]]) -> dict[str, list[bytes]]:
    return {partition: [bytes.fromhex(text) for text in stated[partition]] for partition in _partitions(stated.keys())}


def _pack_headers(segments: Sequence[Segment], sender: bytes) -> dict[str, object]:
    """The headers by column, less what the receiver works out himself: generation mostly, body hash, ids sent before."""
    place = {segment.id: k for k, segment in enumerate(segments)}
    partitions = list(dict.fromkeys(segment.header.partition for segment in segments))
    authors = list(dict.fromkeys(segment.header.author for segment in segments))
    return {
        "p": partitions,
        "k": ["" if author == sender else author.hex() for author in authors],
        "g": [
            [
                partitions.index(segment.header.partition),
                authors.index(segment.header.author),
                "".join(nonce.hex() for nonce in segment.header.nonces),
                [k - place[parent] if place.get(parent, k) < k else parent.hex() for parent in segment.header.parents],
                segment.header.generation,
                segment.header.at,
                segment.header.schema,
                len(segment.body),
                *([segment.header.body_hash.hex()] if segment.is_substitute else []),
            ]
            for k, segment in enumerate(segments)
        ],
    }


def _pack_fragment(fragment: Fragment, sender: bytes) -> list[object]:
    header = fragment.header
    author = "" if header.author == sender else header.author.hex()
    nonces, parents = [nonce.hex() for nonce in header.nonces], [parent.hex() for parent in header.parents]
    named = [header.partition, author, nonces, parents, header.generation, header.at, header.schema, header.body_hash.hex()]
    return [*named, fragment.total, fragment.offset, len(fragment.piece), int(fragment.is_substitute)]


def _unpack_fragment(row: list[Any], bodies: bytes, signatures: bytes, sender: bytes) -> Fragment:
    partition, author, nonces, parents, generation, at, schema, body_hash, total, offset, length, is_substitute = row
    header = Header(
        partition,
        bytes.fromhex(author) or sender,
        tuple(bytes.fromhex(nonce) for nonce in nonces),
        tuple(bytes.fromhex(parent) for parent in parents),
        generation,
        at,
        schema,
        bytes.fromhex(body_hash),
    )
    check_shape(header)
    if not (0 <= offset < offset + length <= total <= BODY_MAX and 0 < length <= len(bodies)):
        raise Unreadable
    return Fragment(header, signatures[-SIGNATURE_BYTES:], total, offset, bodies[len(bodies) - length :], bool(is_substitute))


def _unpack_segments(packed: dict[str, list[object]] | None, bodies: bytes, signatures: bytes, sender: bytes) -> list[Segment]:
    if packed is None:
        if bodies or signatures:
            raise Unreadable
        return []
    rows = cast("list[list[Any]]", packed["g"])
    if len(rows) > SEGMENTS_MAX:
        raise TooLarge
    authors = [bytes.fromhex(str(author)) or sender for author in packed["k"]]
    segments: list[Segment] = []
    start = 0
    for k, (partition, author, nonces, parents, generation, at, schema, size, *more) in enumerate(rows):
        if not 0 <= size <= BODY_MAX:
            raise TooLarge
        body = bodies[start : start + size]
        start += size
        header = Header(
            cast("str", packed["p"][_place(partition)]),
            authors[_place(author)],
            tuple(bytes.fromhex(nonces[n : n + 16]) for n in range(0, len(nonces), 16)),
            tuple(sorted(segments[_place(k - parent)].id if isinstance(parent, int) else bytes.fromhex(parent) for parent in parents)),
            generation,
            at,
            schema,
            bytes.fromhex(more[0]) if more else hashlib.sha256(body).digest(),
        )
        check_shape(header)
        segments.append(Segment(header, signatures[k * SIGNATURE_BYTES : (k + 1) * SIGNATURE_BYTES], body, bool(more)))
    if start != len(bodies) or len(signatures) != len(rows) * SIGNATURE_BYTES:
        raise Unreadable
    return segments


def _place(index: int) -> int:
    if index < 0:
        raise IndexError
    return index


# ---- what is shared, and what is lacking


def shared(connection: sa.Connection, replica: Replica, peer: bytes) -> dict[str, list[bytes]]:
    """The heads of the non-empty partitions that this node and the peer may both read."""
    both = ledger.read_by(connection, replica.key.public) & ledger.read_by(connection, peer)
    heads = ledger.heads(connection)
    return {partition: some for partition, some in heads.items() if partition_kind(partition) != "centre" or partition in both}


def digest(heads: Mapping[str, Collection[bytes]]) -> bytes:
    """Sixteen bytes that agree exactly when the heads do."""
    text = canonical({partition: sorted(head.hex() for head in some) for partition, some in heads.items()})
    return hashlib.sha256(b"daftari heads\n" + text).digest()[:DIGEST_BYTES]


def _lacking(
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
    return _unpacked_within(_whole(connection, wanted))


def _whole(connection: sa.Connection, wanted: Sequence[bytes]) -> list[Segment]:
    """Those of the segments that the disk still gives as they were signed, up to the first that it does not.

    A spoilt one is marked: peers are asked for it from now on, and nothing that stands on it is sent before it is back.
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
    """(segment, packed bytes) of all that `_lacking` chooses from, in the order in which it is to go."""
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


def _bodies_for(connection: sa.Connection, wants: Collection[bytes], partitions: Collection[str], *, is_same: bool) -> list[bytes]:
    """Which of the bodies that a peer misses to send to it.

    is_same  both hold the same segments. Then a substitute that no order has proven here is proven nowhere, and would go
             to and fro for ever; else it may be what a damaged peer needs before it can send us the order
    """
    holes = ledger.holes(connection) if wants and is_same else {}
    return [segment for segment in wants if segment not in holes and ledger.partition_of(connection, segment) in partitions]


def _in_fragments(segments: Sequence[Segment], most: int, staged: Mapping[bytes, int]) -> tuple[Sequence[Segment], Fragment | None]:
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


def _staged(connection: sa.Connection, peer: bytes) -> dict[bytes, int]:
    """What is here of segments that the peer sends in fragments: nobody goes on from what another has begun, and may have spoilt."""
    return {segment: size for segment, size in connection.execute(_STAGED, {"peer": peer})}  # noqa: C416


_STAGED = sa.select(STAGED.c.id, sa.func.length(STAGED.c.body)).where(STAGED.c.peer == sa.bindparam("peer")).order_by(STAGED.c.place)


def _stage(connection: sa.Connection, peer: bytes, fragment: Fragment) -> list[Segment]:
    """Keep a piece that continues what is here; the whole segment, once it is. Raises Forged.

    The signature is judged with the first piece, so that only real segments take room, and only the newest few do.
    """
    keys.verify(fragment.header.author, "segment", fragment.header.text, fragment.signature)
    rows = connection.execute(sa.select(STAGED).order_by(STAGED.c.place)).all()
    mine = next((row for row in rows if (row.id, row.peer, row.total) == (fragment.id, peer, fragment.total)), None)
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


def _unpacked_within(segments: Iterable[Segment]) -> list[Segment]:
    """As many as unpack to half of what a message may: bodies that pack a thousand to one must not make it unreadable."""
    taken: list[Segment] = []
    room = UNPACKED_MAX // 2
    for segment in segments:
        room -= len(segment.body) + len(segment.header.text)
        if room < 0 and taken:
            break
        taken.append(segment)
    return taken


def _common(connection: sa.Connection, message: Message, mine: Collection[str]) -> dict[str, set[bytes]]:
    """What we hold of a peer's stated heads and ladder: unknown heads are skipped, known rungs count as held."""
    common: dict[str, set[bytes]] = {}
    for partition in message.heads.keys() & mine:
        common[partition] = {*message.heads[partition], *ledger.graph(connection, partition).climb(message.ladders.get(partition, ()))}
    return common


# ---- the conversation


@dataclass(frozen=True)
class Step:
    """What a node says next (None: both sides agree), and what the last message brought."""

    say: Message | None
    taken: int = 0
    changes: int = 0


def first(connection: sa.Connection, replica: Replica, peer: bytes, *, at: int, most: int = DEFAULT_BYTES) -> Message:
    """Begin: the digest, and what the peer's last known heads lack. The caller has sealed what was pending."""
    return _say(connection, replica, peer, shared(connection, replica, peer), None, at=at, most=most)


def answer(
    connection: sa.Connection, replica: Replica, peer: bytes, message: Message, *, at: int, answers: bytes, most: int = DEFAULT_BYTES
) -> Step:
    """Fold what came and reply. The caller commits before the reply leaves: a reply is an acknowledgement."""
    received, mine = _take(connection, replica, peer, message)
    _check_pushed(connection, peer, received.taken)
    heard = None if digest(mine) == message.digest else message
    # One whose key is revoked is asked for all it has before it hears of that: what was done in good faith is kept for review.
    is_silent = bool(received.taken) and ledger.is_revoked_anywhere(connection, peer)
    say = _say(
        connection,
        replica,
        peer,
        mine,
        heard,
        at=at,
        most=min(most, message.most or most),
        answers=answers,
        staged=message.staged,
        asked=message.wants,
        is_silent=is_silent,
    )
    return Step(say, len(received.taken), received.changes)


def take(connection: sa.Connection, replica: Replica, peer: bytes, reply: Message, *, at: int, most: int = DEFAULT_BYTES) -> Step:
    """Fold a reply; say on until both digests agree."""
    received, mine = _take(connection, replica, peer, reply)
    is_same = digest(mine) == reply.digest
    # A body that we miss is no news to the digests: ask on, while the other side still had something to give.
    has_more = bool(received.taken or reply.fragment) and any(where in mine for where, _ in ledger.holes(connection).values())
    if is_same and not has_more and not _bodies_for(connection, reply.wants, mine, is_same=True):
        return Step(None, len(received.taken), received.changes)
    heard = None if is_same else reply
    say = _say(connection, replica, peer, mine, heard, at=at, most=most, staged=reply.staged, asked=reply.wants)
    return Step(say, len(received.taken), received.changes)


def letters(
    connection: sa.Connection, replica: Replica, peer: bytes, *, at: int, most: int = PACKED_MAX // 4, to_stranger: bool = False
) -> list[Message]:
    """What to write to a peer that cannot answer now: all it lacks since its last statement. Believes nothing new of it.

    to_stranger  the peer may have lost the nation's segments that made us known to it: put the newest of them first
    """
    mine = shared(connection, replica, peer)
    opening = _opening(connection, replica, peer, mine, at)
    opening = replace(opening, heads=mine, ladders={partition: ledger.graph(connection, partition).ladder() for partition in mine})
    written: list[Message] = []
    if to_stranger:
        nation = ledger.graph(connection, NATION)
        newest = sorted(nation.ids, key=lambda segment: (nation.generation[segment], segment))[-NEWEST_MAX:]
        written.append(replace(opening, segments=_unpacked_within(_whole(connection, newest))))
    known = {partition: set(heads) for partition, heads in ledger.peer_heads(connection, peer).items()}
    while segments := _lacking(connection, mine, known, most):
        written.append(replace(opening, segments=segments) if not written else Message(digest=opening.digest, segments=segments))
        for segment in segments:
            known.setdefault(segment.header.partition, set()).add(segment.id)
    return written or [opening]


def read_letter(connection: sa.Connection, replica: Replica, peer: bytes, message: Message) -> fold.Received:
    """Fold what a peer wrote. A letter that comes late or twice costs a few bytes later, and nothing else."""
    received, mine = _take(connection, replica, peer, message)
    _check_pushed(connection, peer, received.taken)
    if message.heads:  # the first of a bundle names all that the peer holds: what it leaves out it has lost
        named = message.heads.keys() | {segment.header.partition for segment in message.segments}
        ledger.set_peer_heads(connection, peer, dict.fromkeys(mine.keys() - named, ()))
    return received


def _take(connection: sa.Connection, replica: Replica, peer: bytes, message: Message) -> tuple[fold.Received, dict[str, list[bytes]]]:
    """Fold what came, and learn what the peer holds. Returns what became of it, and the heads that are now shared.

    A partition's first statement in a conversation replaces what we believed, for the peer may have lost data since;
    later ones add to it, so that nothing is sent twice in one conversation and each message brings us on.
    """
    arriving = [*message.segments, *(_stage(connection, peer, message.fragment) if message.fragment else ())]
    received = fold.receive(connection, replica, arriving)
    mine = shared(connection, replica, peer)
    for partition in {segment.header.partition for segment in arriving}:
        receipts.arrived(connection, partition, set(received.taken))
    receipts.take(connection, message.receipts, mine.keys())
    receipts.compare(connection, peer, mine.keys(), message.stated)
    if digest(mine) == message.digest:
        ledger.set_peer_heads(connection, peer, mine)
        return received, mine
    known = ledger.peer_heads(connection, peer)
    learnt = _common(connection, message, mine)
    for segment in arriving:
        if segment.header.partition in mine:
            learnt.setdefault(segment.header.partition, set()).add(segment.id)
    for partition, has in learnt.items():
        if partition not in message.heads or partition in message.said:
            has.update(known.get(partition, ()))
        ledger.set_peer_heads(connection, peer, {partition: ledger.graph(connection, partition).tips(has)})
    return received, mine


def _check_pushed(connection: sa.Connection, peer: bytes, taken: Sequence[bytes]) -> None:
    """Raises Forged where a node pushes what it can have from nowhere, or founds centres without end.

    A centre's segments come from somebody who may read that centre, or were written by somebody with a standing there;
    and nobody writes of his own into the nation or a region without a standing there. Where our disk has lost a body,
    that may be what gave the standing: then all is kept, and the fold judges it once the body is here again.
    """
    blind = {partition for partition, verdict in ledger.holes(connection).values() if verdict == DAMAGED} if taken else ()
    pushed = {(partition, author) for partition, author in ledger.written_by(connection, taken) if partition not in blind}
    if not pushed:
        return
    readable = ledger.read_by(connection, peer)
    for partition, author in pushed:
        is_own_place = partition in readable if partition_kind(partition) == "centre" else author != peer
        if not is_own_place and author not in ledger.writers(connection, partition):
            raise Forged
    if len(ledger.founded_by(connection, peer)) > FOUNDED_MAX:
        raise TooLarge


def named_in(message: Message) -> set[str]:
    """The partitions a message speaks of: its sender believes that we differ there."""
    named = {*message.heads, *(segment.header.partition for segment in message.segments)}
    return named | {message.fragment.header.partition} if message.fragment else named


def _say(
    connection: sa.Connection,
    replica: Replica,
    peer: bytes,
    mine: Mapping[str, list[bytes]],
    heard: Message | None,
    *,
    at: int,
    most: int,
    answers: bytes = b"",
    staged: Mapping[bytes, int] = MappingProxyType({}),
    asked: Collection[bytes] = (),
    is_silent: bool = False,
) -> Message:
    """The next message.

    heard   the message that showed that we differ; None: no reason to state heads
    staged  what the peer has of segments that come in fragments; asked: the bodies it misses
    """
    known = ledger.peer_heads(connection, peer)
    differing = {partition for partition, heads in mine.items() if sorted(known.get(partition, ())) != sorted(heads)}
    asked = _bodies_for(connection, asked, mine, is_same=heard is None)
    segments: Sequence[Segment] = () if is_silent else _lacking(connection, differing, known, most, asked=asked)
    segments, fragment = _in_fragments(segments, most, staged)
    asks_for = most if most < DEFAULT_BYTES and not answers else 0
    opening = _opening(connection, replica, peer, mine, at)
    said = replace(opening, answers=answers, segments=segments, fragment=fragment, most=asks_for)
    if heard is None:
        return said
    # Where nothing seems to differ, and yet the digests do, one of us is wrong about the other: then say everything.
    spoken_of = differing | named_in(heard) if differing else mine.keys() | named_in(heard)
    stated = {partition: mine[partition] if partition in mine else _echo(connection, partition, heard) for partition in sorted(spoken_of)}
    ladders = {partition: _ladder(connection, partition, heard) if partition in mine else [] for partition in stated}
    return replace(said, heads=stated, ladders=ladders, said=heard.told, told=heard.said | heard.heads.keys())


def _missed(connection: sa.Connection, mine: Collection[str], at: int) -> list[bytes]:
    """The bodies to ask a peer for: of all partitions, for the one that is lost may be what says which are ours.

    Those that nobody has, or that were forged, may be many: they come last, and where not all have room others with each second.
    """
    holes = ledger.holes(connection)
    ranks = {segment: (partition not in mine, verdict != DAMAGED) for segment, (partition, verdict) in holes.items()}
    wanted: list[bytes] = []
    for rank in sorted(set(ranks.values())):
        some = sorted(segment for segment in holes if ranks[segment] == rank)
        start = at % len(some) if len(wanted) + len(some) > WANTS_MAX else 0
        wanted += some[start:] + some[:start]
    return wanted[:WANTS_MAX]


def _opening(connection: sa.Connection, replica: Replica, peer: bytes, mine: Mapping[str, list[bytes]], at: int) -> Message:
    """What every message says: the digests, the receipts that are news to the peer, and what this node misses."""
    receipts.issue(connection, replica, mine, at)
    return Message(
        digest=digest(mine),
        receipts=receipts.news(connection, peer, mine.keys(), at),
        stated=receipts.digest(connection, mine.keys()),
        wants=_missed(connection, mine, at),
        staged=_staged(connection, peer),
    )


def _echo(connection: sa.Connection, partition: str, heard: Message) -> list[bytes]:
    """What we hold of the ids that the peer itself has named, in a partition we cannot yet tell that both may read.

    So one that lacks the partition altogether is filled (the restored server), and one whose grant stands further up
    is sent the rest (the second laptop of an old centre), and a stranger learns nothing he did not know.
    """
    return ledger.graph(connection, partition).tips([*heard.heads.get(partition, ()), *_sent(heard, partition)])


def _sent(heard: Message, partition: str) -> list[bytes]:
    """The segments of a partition that a message brought, with the one that its fragment may have completed."""
    sent = [segment.id for segment in heard.segments if segment.header.partition == partition]
    return [*sent, heard.fragment.id] if heard.fragment and heard.fragment.header.partition == partition else sent


def _ladder(connection: sa.Connection, partition: str, heard: Message) -> list[bytes]:
    """Our ladder, and the newest of what the peer just sent: it may not have known that we held it."""
    graph = ledger.graph(connection, partition)
    sent = graph.tips(_sent(heard, partition))
    return list(dict.fromkeys([*graph.ladder(), *(segment[:RUNG_BYTES] for segment in sent)]))


class Progress:
    """Stops a conversation that goes round in circles, so that a wrong peer cannot hold a laptop for ever."""

    def __init__(self) -> None:
        self._sent: set[tuple[bytes, int]] = set()
        self._idle = 0

    def check(self, step: Step) -> None:
        """Raises Stuck when IDLE_MAX steps in a row brought nothing and have nothing new to say."""
        if step.say is None:
            return
        said = {(segment.id, 0) for segment in step.say.segments}
        said |= {(segment, have) for segment, have in step.say.staged.items()}
        if step.say.fragment:
            said.add((step.say.fragment.id, step.say.fragment.offset))
        new = said - self._sent
        self._sent |= new
        self._idle = 0 if new or step.taken else self._idle + 1
        if self._idle > IDLE_MAX:
            raise Stuck
