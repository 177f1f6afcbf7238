"""Envelopes between two nodes that cannot speak: in files on a stick, in a relay's mailbox, in one POST each.

An envelope is `da 42` (B), the sender's and the recipient's public keys, a length, and a box that only the two can make
or open. Inside: which bundle it belongs to, its number, how many there are, and a message as on the line. Writing a bundle
changes no belief: only what comes back does (F-27). Who carries it needs no right to read it, and can only lose it.
"""

import hashlib
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from sync import exchange, fold, index, keys, ledger, messages
from sync.errors import OwnBundle, Stranger, TooLarge, Unreadable
from sync.exchange import NATION
from sync.ledger import Replica
from sync.messages import Message, PACKED_MAX
from sync.segments import KEY_BYTES
from sync.store import MAIL

MAGIC = b"\xdaB"
_HEAD = struct.Struct(f">2s{KEY_BYTES}s{KEY_BYTES}sI")
_INNER = struct.Struct(">8sHH")
ENVELOPE_MAX = PACKED_MAX + 1024
MAILBOX_BYTES = 64 * 2**20
MAIL_PER_SENDER_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Envelope:
    """One sealed message between two nodes, as it is carried."""

    sender: bytes
    recipient: bytes
    sealed: bytes

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return _HEAD.pack(MAGIC, self.sender, self.recipient, len(self.sealed)) + self.sealed

    @property
    def id(self) -> bytes:
        """Twenty bytes of the hash of its bytes."""
        return hashlib.sha256(self.data).digest()[:20]


@dataclass(frozen=True)
class Letter:
    """What was in an envelope: the `number`th (from 0) of `count` messages of one bundle."""

    bundle: bytes
    number: int
    count: int
    message: Message


# ---- writing


def write(
    connection: sa.Connection,
    replica: Replica,
    recipient: bytes,
    *,
    at: int,
    draw: Callable[[int], bytes],
    most: int = PACKED_MAX // 4,
    to_stranger: bool = False,
) -> list[Envelope]:
    """All that a recipient lacks since its last statement, in envelopes. The caller has sealed what was pending.

    most         about how many packed bytes go into one of them
    to_stranger  the recipient may not know us any more: a server that was restored from an older backup
    """
    messages = exchange.letters(connection, replica, recipient, at=at, most=most, to_stranger=to_stranger)
    bundle = draw(8)
    return [_seal(replica, recipient, Letter(bundle, k, len(messages), message), draw) for k, message in enumerate(messages)]


def _seal(replica: Replica, recipient: bytes, letter: Letter, draw: Callable[[int], bytes]) -> Envelope:
    inside = _INNER.pack(letter.bundle, letter.number, letter.count) + messages.pack(letter.message, replica.key.public)
    return Envelope(replica.key.public, recipient, replica.key.seal(recipient, inside, draw(keys.NONCE_BYTES)))


def in_files(envelopes: Iterable[Envelope], most: int) -> list[bytes]:
    """The envelopes as the contents of files of at most `most` bytes each; one that is larger stands alone."""
    files: list[bytes] = []
    for envelope in envelopes:
        if files and len(files[-1]) + len(envelope.data) <= most:
            files[-1] += envelope.data
        else:
            files.append(envelope.data)
    return files


# ---- reading


def read(data: bytes) -> tuple[list[Envelope], int]:
    """The envelopes of a file, and how many bytes of it could not be read as one. What is inside, only the recipient can tell."""
    found: list[Envelope] = []
    place = lost = 0
    while place < len(data):
        envelope = _at(data, place)
        if envelope is None:
            following = data.find(MAGIC, place + 1)
            following = following if following >= 0 else len(data)
            lost, place = lost + following - place, following
        else:
            found.append(envelope)
            place += len(envelope.data)
    return found, lost


def _at(data: bytes, place: int) -> Envelope | None:
    if len(data) < place + _HEAD.size:
        return None
    magic, sender, recipient, length = _HEAD.unpack_from(data, place)
    start = place + _HEAD.size
    if magic != MAGIC or length > min(ENVELOPE_MAX, len(data) - start):
        return None  # before anything is copied: a file may be full of beginnings
    return Envelope(sender, recipient, data[start : start + length])


def opened(replica: Replica, envelope: Envelope) -> Letter:
    """What an envelope to this node holds. Raises Forged, Unreadable, TooLarge, TooNew."""
    inside = replica.key.open(envelope.sender, envelope.sealed)
    if len(inside) < _INNER.size:
        raise Unreadable
    bundle, number, count = _INNER.unpack_from(inside)
    return Letter(bundle, number, count, messages.unpack(inside[_INNER.size :], envelope.sender))


def take(connection: sa.Connection, replica: Replica, envelope: Envelope) -> tuple[Letter, fold.Received]:
    """Open an envelope and fold what is in it. The caller commits. Raises Stranger, and what `opened` and the fold raise.

    A sender whom the directory does not know may show the segments that made it known: a server that was restored
    from an older backup takes from a stranger what its own key or the authority's has signed, and nothing else. So does
    one that has joined by files, whose directory is empty, from the server that the authority lets write in the nation.
    """
    letter = opened(replica, envelope)
    # All locks at once, as where a message comes in by the line.
    ledger.lock(connection, envelope.sender.hex(), *ledger.pending_counts(connection), *exchange.named_in(letter.message))
    if envelope.sender not in ledger.nodes(connection):
        ours = {replica.key.public, replica.authority}
        segments = [each for each in letter.message.segments if each.header.partition == NATION and each.header.author in ours]
        fold.receive(connection, replica, segments)
        if envelope.sender not in ledger.nodes(connection).keys() | index.granted(connection, NATION, "writer"):
            raise Stranger
    return letter, exchange.read_letter(connection, replica, envelope.sender, letter.message)


def missing(letters: Iterable[Letter]) -> dict[bytes, set[int]]:
    """The numbers of the envelopes that are not among these, by bundle."""
    lacking: dict[bytes, set[int]] = {}
    for letter in letters:
        lacking.setdefault(letter.bundle, set(range(letter.count))).discard(letter.number)
    return {bundle: numbers for bundle, numbers in lacking.items() if numbers}


# ---- carrying for others


def keep_mail(connection: sa.Connection, envelope: Envelope) -> None:
    """Keep an envelope between two others. Raises Stranger for a sender or a recipient that the directory does not know.

    The mailbox is bounded: the oldest goes first, of this sender and then of all. That loses nothing, for a sender
    believes nothing before a receipt has come back, and writes again.
    """
    directory = ledger.nodes(connection)
    if envelope.sender not in directory or envelope.recipient not in directory:
        raise Stranger
    if len(envelope.data) > ENVELOPE_MAX:
        raise TooLarge
    place = 1 + (connection.execute(sa.select(sa.func.max(MAIL.c.place))).scalar() or 0)
    row = {"id": envelope.id, "sender": envelope.sender, "recipient": envelope.recipient, "place": place, "envelope": envelope.data}
    ledger.upsert(connection, MAIL, [row])
    _bound(connection, MAIL.c.sender == envelope.sender, MAIL_PER_SENDER_BYTES)
    _bound(connection, sa.true(), MAILBOX_BYTES)


def _bound(connection: sa.Connection, of: sa.ColumnElement[bool], most: int) -> None:
    rows = connection.execute(sa.select(MAIL.c.id, sa.func.length(MAIL.c.envelope)).where(of).order_by(MAIL.c.place.desc())).all()
    room = most
    for row, size in rows:
        room -= size
        if room < 0:
            connection.execute(MAIL.delete().where(MAIL.c.id == row))


def mail(connection: sa.Connection, *, to: bytes | None = None) -> list[Envelope]:
    """The envelopes that are carried here, oldest first; to one recipient, or to all."""
    rows = connection.execute(sa.select(MAIL.c.envelope).where(MAIL.c.recipient == to if to else sa.true()).order_by(MAIL.c.place))
    return [envelope for data in rows.scalars() for envelope in read(data)[0]]


def drop_mail(connection: sa.Connection, envelopes: Sequence[Envelope]) -> None:
    """Forget envelopes that were handed over."""
    for envelope in envelopes:
        connection.execute(MAIL.delete().where(MAIL.c.id == envelope.id))


def accept(connection: sa.Connection, replica: Replica, envelope: Envelope) -> tuple[Letter | None, fold.Received | None]:
    """Take an envelope that is addressed to this node; keep one that is not as mail (None). The caller commits.

    Raises OwnBundle for one that this node has written, and what `take` and `keep_mail` raise.
    """
    if envelope.recipient == replica.key.public:
        return take(connection, replica, envelope)
    if envelope.sender == replica.key.public:
        raise OwnBundle
    keep_mail(connection, envelope)
    return None, None
