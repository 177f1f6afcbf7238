"""The conversation in which two nodes find what each lacks. No I/O: the same for HTTP and for a stick.

A message carries the digest of all shared heads and what the peer's last known heads lack; in calm times that is the
whole conversation. Where digests differ: heads, a ladder of ancestors' prefixes, segments. There is no session: after a
cut both sides say their heads again. Receipts ride along.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import sqlalchemy as sa

from sync import fold, index, ledger, receipts, transfer
from sync.changes import canonical
from sync.errors import Forged, Stuck, TooLarge
from sync.ledger import Replica
from sync.messages import Message, PACKED_MAX, WANTS_MAX
from sync.schema import partition_kind
from sync.segments import RUNG_BYTES, Segment
from sync.store import DAMAGED

DIGEST_BYTES = 16
FOUNDED_MAX = 8
DEFAULT_BYTES = 64 * 1024
IDLE_MAX = 3
NEWEST_MAX = 2_000
NATION = "nation"


# ---- what is shared


def shared(connection: sa.Connection, replica: Replica, peer: bytes) -> dict[str, list[bytes]]:
    """The heads of the non-empty partitions that this node and the peer may both read."""
    both = index.read_by(connection, replica.key.public) & index.read_by(connection, peer)
    heads = ledger.heads(connection)
    return {partition: some for partition, some in heads.items() if partition_kind(partition) != "centre" or partition in both}


def digest(heads: Mapping[str, Collection[bytes]]) -> bytes:
    """Sixteen bytes that agree exactly when the heads do."""
    text = canonical({partition: sorted(head.hex() for head in some) for partition, some in heads.items()})
    return hashlib.sha256(b"daftari heads\n" + text).digest()[:DIGEST_BYTES]


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
    received, mine, is_same = _take(connection, replica, peer, message)
    _check_pushed(connection, peer, [segment for segment in received.taken if segment not in received.mended])
    heard = None if is_same else message
    # One whose key is revoked is asked for all it has before it hears of that: what was done in good faith is kept for review.
    is_revoked = heard is not None and index.is_revoked_anywhere(connection, peer)
    is_silent = is_revoked and (bool(received.taken) or _has_more(connection, message))
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
    return Step(replace(say, digest=message.digest) if is_same else say, len(received.taken), received.changes)


def _has_more(connection: sa.Connection, message: Message) -> bool:
    """Whether a peer that differs may have more for us than it has sent.

    It has stated no heads yet; or some that are not here, and goes on sending, or has not heard yet what we hold of them.
    """
    waiting = message.heads if message.segments or message.fragment else message.heads.keys() - message.told
    return not message.heads or any(ledger.partition_of(connection, head) is None for name in waiting for head in message.heads[name])


def take(connection: sa.Connection, replica: Replica, peer: bytes, reply: Message, *, at: int, most: int = DEFAULT_BYTES) -> Step:
    """Fold a reply; say on until both digests agree."""
    received, mine, is_same = _take(connection, replica, peer, reply)
    # A body that we miss is no news to the digests: ask on, while the other side still had something to give.
    has_more = bool(received.taken or reply.fragment) and any(where in mine for where, _ in ledger.holes(connection).values())
    if is_same and not has_more and not transfer.bodies_for(connection, reply.wants, peer, is_same=True):
        return Step(None, len(received.taken), received.changes)
    heard = None if is_same else reply
    say = _say(connection, replica, peer, mine, heard, at=at, most=most, staged=reply.staged, asked=reply.wants)
    return Step(say, len(received.taken), received.changes)


def letters(
    connection: sa.Connection, replica: Replica, peer: bytes, *, at: int, most: int = PACKED_MAX // 4, to_stranger: bool = False
) -> list[Message]:
    """What to write to a peer that cannot answer now: all it lacks or misses by its last statement. Believes nothing new of it.

    to_stranger  the peer may have lost the nation's segments that made us known to it: put the newest of them first
    """
    mine = shared(connection, replica, peer)
    opening = _opening(connection, replica, peer, mine, at)
    opening = replace(opening, heads=mine, ladders={partition: ledger.graph(connection, partition).ladder() for partition in mine})
    written: list[Message] = []
    if to_stranger:
        nation = ledger.graph(connection, NATION)
        newest = sorted(nation.ids, key=lambda segment: (nation.generation[segment], segment))[-NEWEST_MAX:]
        written.append(replace(opening, segments=transfer.unpacked_within(transfer.whole(connection, newest))))
    known = {partition: set(heads) for partition, heads in ledger.peer_heads(connection, peer).items()}
    is_same = digest(mine) == digest({partition: known.get(partition, ()) for partition in mine})
    asked = transfer.bodies_for(connection, ledger.peer_wants(connection, peer), peer, is_same=is_same)
    while segments := transfer.lacking(connection, mine, known, most, asked=asked):
        written.append(replace(opening, segments=segments) if not written else Message(digest=opening.digest, segments=segments))
        for segment in segments:
            known.setdefault(segment.header.partition, set()).add(segment.id)
        asked = [each for each in asked if each not in {segment.id for segment in segments}]
    return written or [opening]


def read_letter(connection: sa.Connection, replica: Replica, peer: bytes, message: Message) -> fold.Received:
    """Fold what a peer wrote. A letter that comes late or twice costs a few bytes later, and nothing else."""
    received, mine, _ = _take(connection, replica, peer, message)
    _check_pushed(connection, peer, [segment for segment in received.taken if segment not in received.mended])
    if message.heads:  # the first of a bundle names all that the peer holds: what it leaves out it has lost
        named = message.heads.keys() | {segment.header.partition for segment in message.segments}
        ledger.set_peer_heads(connection, peer, dict.fromkeys(mine.keys() - named, ()))
    return received


def _take(connection: sa.Connection, replica: Replica, peer: bytes, message: Message) -> tuple[fold.Received, dict[str, list[bytes]], bool]:
    """Fold what came, and learn what the peer holds. Returns what became of it, the heads that are now shared, and whether both agree.

    A partition's first statement in a conversation replaces what we believed, for the peer may have lost data since;
    later ones add to it, so that nothing is sent twice in one conversation and each message brings us on.
    """
    arriving = [*message.segments, *(transfer.stage(connection, peer, message.fragment) if message.fragment else ())]
    received = fold.receive(connection, replica, arriving)
    transfer.unstage(connection, received.taken)
    mine = shared(connection, replica, peer)
    for partition in {segment.header.partition for segment in arriving}:
        receipts.arrived(connection, partition, set(received.taken))
    receipts.take(connection, message.receipts, mine.keys())
    receipts.heed_revocations(connection)
    receipts.compare(connection, peer, mine.keys(), message.stated)
    if message.heads or message.stated or message.wants:  # the later letters of a bundle say nothing of what their writer misses
        ledger.set_peer_wants(connection, peer, message.wants)
    if digest(mine) == message.digest or digest(_seen(connection, peer, message, mine)) == message.digest:
        ledger.set_peer_heads(connection, peer, mine)
        return received, mine, True
    known = ledger.peer_heads(connection, peer)
    learnt = _common(connection, message, mine)
    for segment in arriving:
        if segment.header.partition in mine:
            learnt.setdefault(segment.header.partition, set()).add(segment.id)
    for partition, has in learnt.items():
        if partition not in message.heads or partition in message.said:
            has.update(known.get(partition, ()))
        ledger.set_peer_heads(connection, peer, {partition: ledger.graph(connection, partition).tips(has)})
    return received, mine, False


def _seen(connection: sa.Connection, peer: bytes, message: Message, mine: Mapping[str, Sequence[bytes]]) -> dict[str, Sequence[bytes]]:
    """What is shared as the peer may see it: one that a centre has revoked cannot read of it there, and goes on to count that centre in.

    Of such a centre the heads that it states, where all are held here: then it has nothing more for us, and we have nothing for it.
    """
    unheard = {partition: heads for partition, heads in message.heads.items() if heads and partition not in mine}
    revoked = index.revoked_in(connection, peer) if unheard else ()
    held = {p: some for p, some in unheard.items() if p in revoked and all(ledger.partition_of(connection, head) == p for head in some)}
    return {**mine, **held}


def _check_pushed(connection: sa.Connection, peer: bytes, taken: Sequence[bytes]) -> None:
    """Raises Forged where a node pushes what it can have from nowhere, or founds centres without end.

    A centre's segments come from somebody whose home it is by the directory, or who has or had a standing there, or were
    written by somebody who has or had one: for a stranger's that was kept stands under honest work, and who hands that on may
    have been revoked since, or find a restored server that has lost his grant. And nobody writes of his own into the nation
    or a region without a standing there. Where our disk has lost a body, that may be what gave the standing: then all is
    kept, and the fold judges it once the body is here again.
    """
    blind = {partition for partition, verdict in ledger.holes(connection).values() if verdict == DAMAGED} if taken else ()
    pushed = {(partition, author) for partition, author in ledger.written_by(connection, taken) if partition not in blind}
    if not pushed:
        return
    home = ledger.home_of(connection, peer)
    for partition, author in pushed:
        is_own_place = partition == home if partition_kind(partition) == "centre" else author != peer
        if not is_own_place and index.writers(connection, partition).isdisjoint({author, peer}):
            raise Forged
    if len(index.founded_by(connection, peer)) > FOUNDED_MAX:
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
    asked = transfer.bodies_for(connection, asked, peer, is_same=heard is None)
    segments: Sequence[Segment] = () if is_silent else transfer.lacking(connection, differing, known, most, asked=asked)
    segments, fragment = transfer.in_fragments(segments, most, staged)
    asks_for = most if most < DEFAULT_BYTES and not answers else 0
    opening = _opening(connection, replica, peer, mine, at)
    said = replace(opening, answers=answers, segments=segments, fragment=fragment, most=asks_for)
    if heard is None:
        return said
    # Where nothing seems to differ, and yet the digests do, one of us is wrong about the other: then say everything.
    spoken_of = differing | named_in(heard) if differing else mine.keys() | named_in(heard)
    stated = {partition: mine[partition] if partition in mine else _echo(connection, partition, heard) for partition in sorted(spoken_of)}
    ladders = {partition: _ladder(connection, partition, heard) if partition in mine else [] for partition in stated}
    # Of what is not shared nothing was learnt: the first statement that can be, replaces what is believed.
    told = mine.keys() & (heard.said | heard.heads.keys())
    return replace(said, heads=stated, ladders=ladders, said=heard.told, told=frozenset(told))


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
        staged=transfer.staged(connection, peer),
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
        self._stated: set[bytes] = set()
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
        # Of a partition that we cannot yet tell both may read, what we hold is stated as the peer names it: so it gets further.
        is_further = any(partition in step.say.said and not self._stated.issuperset(some) for partition, some in step.say.heads.items())
        self._stated.update(head for some in step.say.heads.values() for head in some)
        self._idle = 0 if new or step.taken or is_further else self._idle + 1
        if self._idle > IDLE_MAX:
            raise Stuck
