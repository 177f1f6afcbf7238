"""Messages, and the conversation in which two nodes find what each lacks. No I/O: the same for HTTP and for a stick.

A message carries the digest of all shared heads and what the peer's last known heads lack; in calm times that is the
whole conversation. Where digests differ: heads, a ladder of ancestors' prefixes, segments. There is no session: after a
cut both sides say their heads again. See `README.md` beside this file for the bytes.
"""

import hashlib
import json
import lzma
import struct
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import sqlalchemy as sa

from sync import fold, ledger
from sync.changes import canonical
from sync.errors import Forged, Stuck, TooLarge, TooNew, Unreadable
from sync.keys import SIGNATURE_BYTES
from sync.ledger import Replica
from sync.schema import partition_kind
from sync.segments import BODY_MAX, check_shape, Header, is_partition, RUNG_BYTES, Segment

VERSION = 1
DIGEST_BYTES = 16
PACKED_MAX = 2**20
UNPACKED_MAX = 32 * 2**20
SEGMENTS_MAX = 2_000
PARTITIONS_MAX = 10_000
FOUNDED_MAX = 8
DEFAULT_BYTES = 64 * 1024
LZMA_FROM_BYTES = 400
_SEGMENT_OVERHEAD = 90
IDLE_MAX = 3


@dataclass(frozen=True)
class Message:
    """One message.

    answers   in a reply: the first eight bytes of the hash of the sealed request
    digest    of the heads of all partitions that both may read, after everything below was folded by the sender
    heads     by partition, where the sender thinks that it and the peer differ; ladders likewise
    segments  parents before children
    receipts  signed statements of what nodes hold (version 1 writes none and skips them)
    said      partitions whose heads the sender has stated earlier in this conversation; told: those the receiver has
    """

    answers: bytes = b""
    digest: bytes = b""
    heads: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    ladders: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    segments: Sequence[Segment] = ()
    receipts: Sequence[str] = ()
    said: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()


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
        control["r"] = list(message.receipts)
    if message.said or message.told:
        control["n"] = [sorted(message.said), sorted(message.told)]
    text = canonical(control)
    block = struct.pack(">I", len(text)) + text + b"".join(segment.body for segment in message.segments)
    packings = [(0, block), (1, zlib.compress(block, 9))]
    if len(packings[1][1]) > LZMA_FROM_BYTES:  # below, it never wins by more than a few bytes, and it sets up 16 MB
        packings.append((2, _lzma(block)))
    method, packed = min(packings, key=lambda pair: len(pair[1]))
    return struct.pack(">BBI", VERSION, method, len(packed)) + packed + b"".join(segment.signature for segment in message.segments)


_LZMA = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 2**23, "lc": 3, "lp": 0, "pb": 0}]


def _lzma(block: bytes) -> bytes:
    return lzma.compress(block, format=lzma.FORMAT_RAW, filters=_LZMA)


def unpack(data: bytes, sender: bytes) -> Message:
    """The message in `data` from `sender`. Raises Unreadable, TooLarge, TooNew: never anything else."""
    if len(data) > PACKED_MAX:
        raise TooLarge
    try:
        version, method, length = struct.unpack_from(">BBI", data)
        if version != VERSION:
            raise TooNew
        block = _unpacked(method, data[6 : 6 + length])
        (size,) = struct.unpack_from(">I", block)
        control = json.loads(block[4 : 4 + size])
        said, told = control.get("n", ([], []))
        segments = _unpack_segments(control.get("s"), block[4 + size :], data[6 + length :], sender)
        return Message(
            bytes.fromhex(control.get("a", "")),
            bytes.fromhex(control["d"]),
            _ids(control.get("h", {})),
            _ids(control.get("l", {})),
            segments,
            [str(receipt) for receipt in control.get("r", ())],
            frozenset(_partitions(said)),
            frozenset(_partitions(told)),
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
                [k - place[parent] if parent in place else parent.hex() for parent in segment.header.parents],
                segment.header.generation,
                segment.header.at,
                segment.header.schema,
                len(segment.body),
            ]
            for k, segment in enumerate(segments)
        ],
    }


def _unpack_segments(packed: dict[str, list[object]] | None, bodies: bytes, signatures: bytes, sender: bytes) -> list[Segment]:
    if packed is None:
        if bodies or signatures:
            raise Unreadable
        return []
    rows = cast("list[tuple[int, int, str, list[int | str], int, int, int, int]]", packed["g"])
    if len(rows) > SEGMENTS_MAX:
        raise TooLarge
    authors = [bytes.fromhex(str(author)) or sender for author in packed["k"]]
    segments: list[Segment] = []
    start = 0
    for k, (partition, author, nonces, parents, generation, at, schema, size) in enumerate(rows):
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
            hashlib.sha256(body).digest(),
        )
        check_shape(header)
        segments.append(Segment(header, signatures[k * SIGNATURE_BYTES : (k + 1) * SIGNATURE_BYTES], body))
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


def _lacking(connection: sa.Connection, partitions: Iterable[str], known: Mapping[str, Collection[bytes]], most: int) -> list[Segment]:
    """What a peer with these heads lacks, parents first, up to about `most` packed bytes and at least one segment."""
    wanted: list[bytes] = []
    room = min(most, PACKED_MAX // 4)
    for partition in sorted(partitions, key=lambda name: (("nation", "region", "centre").index(partition_kind(name)), name)):
        sizes = ledger.packed_sizes(connection, partition)
        for segment in ledger.graph(connection, partition).lacking(known.get(partition, ())):
            room -= sizes[segment] // 2 + _SEGMENT_OVERHEAD
            if wanted and (room < 0 or len(wanted) == SEGMENTS_MAX):
                return _unpacked_within(ledger.segments(connection, wanted))
            wanted.append(segment)
    return _unpacked_within(ledger.segments(connection, wanted))


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


def first(connection: sa.Connection, replica: Replica, peer: bytes, *, most: int = DEFAULT_BYTES) -> Message:
    """Begin: the digest, and what the peer's last known heads lack. The caller has sealed what was pending."""
    return _say(connection, peer, shared(connection, replica, peer), most, None)


def answer(
    connection: sa.Connection, replica: Replica, peer: bytes, message: Message, *, answers: bytes, most: int = DEFAULT_BYTES
) -> Step:
    """Fold what came and reply. The caller commits before the reply leaves: a reply is an acknowledgement."""
    received, mine = _take(connection, replica, peer, message)
    _check_pushed(connection, peer, message, received.taken)
    say = _say(connection, peer, mine, most, None if digest(mine) == message.digest else message, answers=answers)
    return Step(say, len(received.taken), received.changes)


def take(connection: sa.Connection, replica: Replica, peer: bytes, reply: Message, *, most: int = DEFAULT_BYTES) -> Step:
    """Fold a reply; say on until both digests agree."""
    received, mine = _take(connection, replica, peer, reply)
    say = None if digest(mine) == reply.digest else _say(connection, peer, mine, most, reply)
    return Step(say, len(received.taken), received.changes)


def _take(
    connection: sa.Connection, replica: Replica, peer: bytes, message: Message
) -> tuple[fold.Received, dict[str, list[bytes]]]:
    """Fold what came, and learn what the peer holds. Returns what became of it, and the heads that are now shared.

    A partition's first statement in a conversation replaces what we believed, for the peer may have lost data since;
    later ones add to it, so that nothing is sent twice in one conversation and each message brings us on.
    """
    received = fold.receive(connection, replica, message.segments)
    mine = shared(connection, replica, peer)
    if digest(mine) == message.digest:
        ledger.set_peer_heads(connection, peer, mine)
        return received, mine
    known = ledger.peer_heads(connection, peer)
    learnt = _common(connection, message, mine)
    for segment in message.segments:
        if segment.header.partition in mine:
            learnt.setdefault(segment.header.partition, set()).add(segment.id)
    for partition, has in learnt.items():
        if partition not in message.heads or partition in message.said:
            has.update(known.get(partition, ()))
        ledger.set_peer_heads(connection, peer, {partition: ledger.graph(connection, partition).tips(has)})
    return received, mine


def _check_pushed(connection: sa.Connection, peer: bytes, message: Message, taken: Collection[bytes]) -> None:
    """Raises Forged where a node pushes what it can have from nowhere, or founds centres without end.

    A centre's segments come from somebody who may read that centre, or were written by somebody with a standing there.
    """
    new = set(taken)
    pushed = {(each.header.partition, each.header.author) for each in message.segments if each.id in new}
    pushed = {(partition, author) for partition, author in pushed if partition_kind(partition) == "centre"}
    if not pushed:
        return
    readable = ledger.read_by(connection, peer)
    if any(partition not in readable and author not in ledger.writers(connection, partition) for partition, author in pushed):
        raise Forged
    if len(ledger.founded_by(connection, peer)) > FOUNDED_MAX:
        raise TooLarge


def named_in(message: Message) -> set[str]:
    """The partitions a message speaks of: its sender believes that we differ there."""
    return {*message.heads, *(segment.header.partition for segment in message.segments)}


def _say(
    connection: sa.Connection, peer: bytes, mine: Mapping[str, list[bytes]], most: int, heard: Message | None, *, answers: bytes = b""
) -> Message:
    """The next message. heard: the message that showed that we differ; None: no reason to state heads."""
    known = ledger.peer_heads(connection, peer)
    differing = {partition for partition, heads in mine.items() if sorted(known.get(partition, ())) != sorted(heads)}
    segments = _lacking(connection, differing, known, most)
    if heard is None:
        return Message(answers, digest(mine), {}, {}, segments)
    # Where nothing seems to differ, and yet the digests do, one of us is wrong about the other: then say everything.
    spoken_of = differing | named_in(heard) if differing else mine.keys() | named_in(heard)
    stated = {partition: mine[partition] if partition in mine else _echo(connection, partition, heard) for partition in sorted(spoken_of)}
    ladders = {partition: _ladder(connection, partition, heard) if partition in mine else [] for partition in stated}
    return Message(answers, digest(mine), stated, ladders, segments, said=heard.told, told=heard.said | heard.heads.keys())


def _echo(connection: sa.Connection, partition: str, heard: Message) -> list[bytes]:
    """What we hold of the ids that the peer itself has named, in a partition we cannot yet tell that both may read.

    So one that lacks the partition altogether is filled (the restored server), and one whose grant stands further up
    is sent the rest (the second laptop of an old centre), and a stranger learns nothing he did not know.
    """
    named = [*heard.heads.get(partition, ()), *(segment.id for segment in heard.segments if segment.header.partition == partition)]
    return ledger.graph(connection, partition).tips(named)


def _ladder(connection: sa.Connection, partition: str, heard: Message) -> list[bytes]:
    """Our ladder, and the newest of what the peer just sent: it may not have known that we held it."""
    graph = ledger.graph(connection, partition)
    sent = graph.tips([segment.id for segment in heard.segments if segment.header.partition == partition])
    return list(dict.fromkeys([*graph.ladder(), *(segment[:RUNG_BYTES] for segment in sent)]))


class Progress:
    """Stops a conversation that goes round in circles, so that a wrong peer cannot hold a laptop for ever."""

    def __init__(self) -> None:
        self._sent: set[bytes] = set()
        self._idle = 0

    def check(self, step: Step) -> None:
        """Raises Stuck when IDLE_MAX steps in a row brought nothing and have nothing new to say."""
        if step.say is None:
            return
        new = {segment.id for segment in step.say.segments} - self._sent
        self._sent |= new
        self._idle = 0 if new or step.taken else self._idle + 1
        if self._idle > IDLE_MAX:
            raise Stuck
