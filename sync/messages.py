"""Messages, as bytes: what one node says to another, on the line and in an envelope. No I/O, no database.

`README.md` beside this file has the layout; a reader raises nothing but Unreadable, TooLarge and TooNew, whatever the bytes.
"""

import hashlib
import json
import lzma
import struct
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sync import receipts
from sync.changes import canonical
from sync.errors import TooLarge, TooNew, Unreadable
from sync.keys import SIGNATURE_BYTES
from sync.receipts import Receipt
from sync.segments import BODY_MAX, check_shape, Header, is_partition, Segment

VERSION, WITH_PARTS = 1, 2
"""WITH_PARTS: a message with a substitute or a fragment, which the first programs cannot read."""
PACKED_MAX = 2**20
UNPACKED_MAX = 32 * 2**20
SEGMENTS_MAX = 2_000
PARTITIONS_MAX = 10_000
WANTS_MAX = 200
STAGED_MAX = 8
LZMA_FROM_BYTES = 400


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
