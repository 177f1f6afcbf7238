"""Segments: batches of changes, signed, naming their parents; and the graph they form, as commits do in git.

A segment is immutable and is relayed as it is. Its id is the hash of its header, the header holds the hash of its body
and the ids of its parents, so tampering and gaps cannot hide. Equal heads mean equal content.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from sync import keys
from sync.changes import canonical, Change, encode
from sync.dots import minter_of, NONCE_BYTES
from sync.errors import Forged, TooLarge, TooNew, Unreadable
from sync.keys import NodeKey

VERSION = 1
ID_BYTES = 20
RUNG_BYTES = 6
KEY_BYTES = 32
BODY_MAX = 768 * 1024
"""Below a message's cap whatever the compressor: what was taken over can always be handed on."""
PARENTS_MAX = 1_000
NONCES_MAX = 200
NUMBER_MAX = 2**53
_PARTITION = re.compile(r"nation|region/[A-Za-z0-9._-]{1,40}|centre/[0-9a-f]{20}")


@dataclass(frozen=True)
class Header:
    """What is signed.

    nonces      of the minters that first appear in this segment
    parents     the heads its author knew, sorted
    generation  1 without parents, else one more than the highest parent's
    at          seconds, claimed
    schema      the author's schema version
    body_hash   SHA-256 of the unpacked body
    """

    partition: str
    author: bytes
    nonces: tuple[bytes, ...]
    parents: tuple[bytes, ...]
    generation: int
    at: int
    schema: int
    body_hash: bytes

    @cached_property
    def text(self) -> bytes:
        """The canonical JSON that is hashed and signed."""
        return canonical(
            [
                VERSION,
                self.partition,
                self.author.hex(),
                [nonce.hex() for nonce in self.nonces],
                [parent.hex() for parent in self.parents],
                self.generation,
                self.at,
                self.schema,
                self.body_hash.hex(),
            ]
        )

    @property
    def minters(self) -> list[str]:
        """The minters of the nonces, in order."""
        return [minter_of(self.author, nonce, self.partition) for nonce in self.nonces]


@dataclass(frozen=True)
class Segment:
    """A header, its author's signature, and the unpacked body; or a body that an erasure has trimmed, in its place."""

    header: Header
    signature: bytes
    body: bytes
    is_substitute: bool = False

    @cached_property
    def id(self) -> bytes:
        """Twenty bytes of the header's hash."""
        return hashlib.sha256(self.header.text).digest()[:ID_BYTES]


def read_header(text: bytes) -> Header:
    """The header of its canonical text. Raises Unreadable, TooNew, TooLarge."""
    try:
        version, *rest = json.loads(text)
        if version != VERSION:
            raise TooNew
        partition, author, nonces, parents, generation, at, schema, body_hash = rest
        header = Header(
            partition,
            bytes.fromhex(author),
            tuple(bytes.fromhex(nonce) for nonce in nonces),
            tuple(bytes.fromhex(parent) for parent in parents),
            generation,
            at,
            schema,
            bytes.fromhex(body_hash),
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise Unreadable from error
    check_shape(header)
    if header.text != text:
        raise Unreadable
    return header


def check_shape(header: Header) -> None:
    """Raises Unreadable or TooLarge unless every part has its type, its length and a sane size."""
    if len(header.parents) > PARENTS_MAX or len(header.nonces) > NONCES_MAX:
        raise TooLarge
    lengths = [(header.author, KEY_BYTES), (header.body_hash, 32)]
    lengths += [(nonce, NONCE_BYTES) for nonce in header.nonces] + [(parent, ID_BYTES) for parent in header.parents]
    if any(len(part) != length for part, length in lengths):
        raise Unreadable
    if list(header.parents) != sorted(set(header.parents)) or len(set(header.nonces)) != len(header.nonces):
        raise Unreadable
    numbers = (header.generation, header.at, header.schema)
    if any(type(number) is not int or not 0 <= number <= NUMBER_MAX for number in numbers) or not is_partition(header.partition):
        raise Unreadable


def is_partition(name: object) -> bool:
    """Whether `name` can name a partition. A kind that version 1 does not know needs a version of its own."""
    return isinstance(name, str) and _PARTITION.fullmatch(name) is not None


def seal(
    key: NodeKey,
    partition: str,
    changes: Sequence[Change],
    *,
    nonces: Sequence[bytes],
    parents: Iterable[tuple[bytes, int]],
    at: int,
    schema: int,
) -> Segment:
    """Sign `changes` (in counter order) as one segment on top of `parents`, each (id, generation)."""
    known = sorted(parents)
    generation = 1 + max((g for _, g in known), default=0)
    draft = Header(partition, key.public, tuple(nonces), tuple(i for i, _ in known), generation, at, schema, b"")
    body = encode(changes, draft.minters)
    header = replace(draft, body_hash=hashlib.sha256(body).digest())
    return Segment(header, key.sign("segment", header.text), body)


def check(segment: Segment) -> None:
    """Raises Forged, TooLarge, Unreadable unless the segment is whole and signed by its author.

    Whether a substitute may stand for the body that was signed, only the orders of its partition tell.
    """
    check_shape(segment.header)
    if len(segment.body) > BODY_MAX:
        raise TooLarge
    if not segment.is_substitute and hashlib.sha256(segment.body).digest() != segment.header.body_hash:
        raise Forged
    keys.verify(segment.header.author, "segment", segment.header.text, segment.signature)


def centre_partition(root: bytes, nonce: bytes) -> str:
    """The name of the centre partition that `root` founds with a nonce: nobody else can found it."""
    return "centre/" + hashlib.sha256(b"daftari centre\n" + root + nonce).hexdigest()[:20]


class Ancestry(Protocol):
    """What judging a segment asks of a graph."""

    def __contains__(self, segment: bytes) -> bool: ...

    def generation_of(self, segment: bytes) -> int:
        """The generation of a held segment."""
        ...

    def is_ancestor(self, segment: bytes, of: bytes) -> bool:
        """Whether `segment` is `of` or one of its ancestors."""
        ...


class Graph:
    """The segments of one partition that are held, parents before children.

    Sets of segments are integers with one bit a segment, by place in this order: ancestors are one `or` a parent.
    """

    def __init__(self, links: Iterable[tuple[bytes, tuple[bytes, ...], int]] = ()) -> None:
        """The graph of `links`: (id, parents, generation), in any order; every parent is among them."""
        self.ids: list[bytes] = []
        self.generation: dict[bytes, int] = {}
        self._place: dict[bytes, int] = {}
        self._parents: dict[bytes, tuple[bytes, ...]] = {}
        self._before: list[int] = []
        for segment, parents, generation in sorted(links, key=lambda link: (link[2], link[0])):
            self.add(segment, parents, generation)

    def __contains__(self, segment: bytes) -> bool:
        return segment in self._place

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, segment: bytes, parents: tuple[bytes, ...], generation: int) -> None:
        """Add one whose parents are all here."""
        before = 0
        for parent in parents:
            place = self._place[parent]
            before |= self._before[place] | 1 << place
        self._place[segment] = len(self.ids)
        self.ids.append(segment)
        self.generation[segment] = generation
        self._parents[segment] = parents
        self._before.append(before)

    def generation_of(self, segment: bytes) -> int:
        """The generation of a held segment."""
        return self.generation[segment]

    def heads(self) -> list[bytes]:
        """The segments without a child, sorted."""
        inner = {parent for parents in self._parents.values() for parent in parents}
        return sorted(segment for segment in self.ids if segment not in inner)

    def is_ancestor(self, segment: bytes, of: bytes) -> bool:
        """Whether `segment` is `of` or one of its ancestors. Both are held."""
        place = self._place[segment]
        return segment == of or bool(self._before[self._place[of]] >> place & 1)

    def closure(self, segments: Collection[bytes]) -> int:
        """The set of `segments` that are held, with all their ancestors."""
        held = 0
        for segment in segments:
            place = self._place.get(segment)
            if place is not None:
                held |= self._before[place] | 1 << place
        return held

    def held_by(self, heads: Collection[bytes]) -> list[bytes]:
        """The segments of `heads` that are held here, with all their ancestors."""
        held = self.closure(heads)
        return [segment for place, segment in enumerate(self.ids) if held >> place & 1]

    def tips(self, segments: Collection[bytes]) -> list[bytes]:
        """The held members of `segments` that no other member has as an ancestor."""
        tips: list[bytes] = []
        covered = 0
        for place in sorted({self._place[segment] for segment in segments if segment in self._place}, reverse=True):
            if not covered >> place & 1:
                tips.append(self.ids[place])
                covered |= self._before[place]
        return tips

    def lacking(self, known: Collection[bytes]) -> list[bytes]:
        """The segments a peer that holds `known` does not have, parents before children.

        known  ids; ones that are not held here are ignored: the peer is ahead there
        Source: commit negotiation as in git; heads as in Automerge's sync protocol.
        """
        held = self.closure(known)
        missing = [segment for place, segment in enumerate(self.ids) if not held >> place & 1]
        return sorted(missing, key=lambda segment: (self.generation[segment], segment))

    def ladder(self) -> list[bytes]:
        """Short prefixes of the segments 1, 2, 4, 8, ... steps back by generation, newest first, and of the oldest.

        Without it a peer that knows none of our heads would have to send everything again.
        """
        newest_first = sorted(self.ids, key=lambda segment: (self.generation[segment], segment), reverse=True)
        steps = [1 << k for k in range(len(newest_first).bit_length())]
        rungs = [newest_first[step] for step in steps if step < len(newest_first)] + newest_first[-1:]
        return [rung[:RUNG_BYTES] for rung in dict.fromkeys(rungs)]

    def climb(self, rungs: Collection[bytes]) -> list[bytes]:
        """The held segments that `rungs` of a peer's ladder name: common ground."""
        wanted = set(rungs)
        return [segment for segment in self.ids if segment[:RUNG_BYTES] in wanted]
