"""Exchanging by stick: bundles as write-once files, and joining by files."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

import sync
from sync import Admitting, Envelope, Invitation, SyncError
from tracker import clock
from tracker.db import db
from tracker.errors import DomainError
from tracker.i18n import N_
from tracker.replication import line, node

SUFFIX = ".daftari"
FILE_MOST_BYTES = 32 << 20
"""FAT sticks take files of 4 GiB; a damaged one should cost less."""
ASKED = "asked"
ID_BYTES = 20


class FileExists(DomainError):
    """A bundle is written once: an older one may not have arrived yet."""

    code, status = "bundle.exists", 409
    sentence = N_("The file %(file)s exists already. A bundle is never written over another: choose a new name.")


class CannotWrite(DomainError):
    """The stick is full, read-only, or was pulled out."""

    code, status = "bundle.cannot_write", 409
    sentence = N_("The file %(file)s could not be written: %(reason)s. Nothing counts as sent. Try another stick.")


class CannotRead(DomainError):
    """The file is not there, or the stick does not give it."""

    code, status = "bundle.cannot_read", 409
    sentence = N_("The file %(file)s could not be read: %(reason)s. Nothing was taken over.")


class NotABundle(DomainError):
    """Another kind of file."""

    code, status = "bundle.not_a_bundle", 409
    sentence = N_("The file %(file)s is not a bundle of Daftari. Choose a file that ends in .daftari.")


class NotAsked(DomainError):
    """An answer to a request that this computer did not make."""

    code, status = "join.not_asked", 409
    sentence = N_("This computer has not asked to join. Write a request first: daftari join --request FILE CODE")


# ---- files


def write_once(path: Path, content: bytes) -> None:
    """Write a file that was not there: whole and on the disk, or not at all. Raises FileExists, CannotWrite."""
    draft = path.with_name(f"{path.name}.part")
    if path.exists():
        raise FileExists(file=path)
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)  # on Windows this refuses to replace; elsewhere the look above has to do
        if path.read_bytes() != content:
            raise CannotWrite(file=path, reason=N_("what is on the stick is not what was written"))
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CannotWrite(file=path, reason=error.strerror or str(error)) from error


def read_file(path: Path) -> bytes:
    """The content of a file. Raises CannotRead."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotRead(file=path, reason=error.strerror or str(error)) from error


# ---- bundles


@dataclass
class Written:
    """A bundle that was written: its files, for whom, how many changes, and what is carried along for that node from others.

    heads  what it says that we hold of what both may read: hexadecimal, by partition
    """

    files: list[Path]
    to: bytes
    heads: dict[str, list[str]]
    bytes: int
    changes: int
    mail: int


def write_bundle(path: Path, recipient: bytes, *, most: int = FILE_MOST_BYTES) -> Written:
    """Write all that a node lacks since its last statement, and what is carried for it. Nothing counts as sent by that.

    most  bytes of one file; what is larger goes into `name-2.daftari` and so on
    """
    now = clock.now_s()
    with node.begin() as connection:
        sync.seal(connection, node.replica(), now)
        envelopes = sync.write(connection, node.replica(), recipient, at=now, draw=os.urandom)
        carried = sync.mail(connection, to=recipient)
        heads = _shared(connection, recipient)
        changes = _unstated(connection, recipient, heads)
    contents = sync.in_files([*carried, *envelopes], most)
    paths = [path if k == 1 else path.with_name(f"{path.stem}-{k}{path.suffix}") for k in range(1, len(contents) + 1)]
    for each in paths:
        if each.exists():
            raise FileExists(file=each)
    for each, content in zip(paths, contents, strict=True):
        write_once(each, content)
    stated = {partition: [head.hex() for head in some] for partition, some in heads.items()}
    return Written(paths, recipient, stated, sum(map(len, contents)), changes, len(carried))


# ---- what a recipient has


_SEGMENT, _SPAN = sync.metadata.tables["sync_segment"], sync.metadata.tables["sync_span"]


def _shared(connection: sa.Connection, other: bytes) -> dict[str, list[bytes]]:
    """The heads of what both may read."""
    both = sync.read_by(connection, node.replica().key.public) & sync.read_by(connection, other)
    return {
        partition: heads for partition, heads in sync.heads(connection).items() if partition in both or not partition.startswith("centre/")
    }


def _reached(connection: sa.Connection, partition: str, heads: Collection[bytes]) -> set[bytes]:
    """The segments held here that these heads stand for: themselves and all before them."""
    rows = connection.execute(sa.select(_SEGMENT.c.id, _SEGMENT.c.parents).where(_SEGMENT.c.partition == partition)).all()
    parents = {row.id: [row.parents[k : k + ID_BYTES] for k in range(0, len(row.parents), ID_BYTES)] for row in rows}
    reached: set[bytes] = set()
    todo = [head for head in heads if head in parents]
    while todo:
        segment = todo.pop()
        if segment not in reached:
            reached.add(segment)
            todo += parents.get(segment, ())
    return reached


def _unstated(connection: sa.Connection, other: bytes, heads: Mapping[str, Collection[bytes]]) -> int:
    """How many changes the other node has not said to hold."""
    stated, count = sync.peer_heads(connection, other), 0
    for partition in heads:
        held = _reached(connection, partition, stated.get(partition, ()))
        size = sa.select(_SPAN.c.segment, sa.func.sum(_SPAN.c.last - _SPAN.c.first + 1)).where(_SPAN.c.partition == partition)
        count += sum(int(changes) for segment, changes in connection.execute(size.group_by(_SPAN.c.segment)) if segment not in held)
    return count


def has_arrived(recipient: bytes, heads: Mapping[str, Sequence[str]]) -> bool:
    """Whether the recipient's own latest word covers these heads: its signed receipts, and for what it gives none of, what it said.

    heads  as `Written` has them
    """
    connection = db.session.connection()
    stated = dict(sync.peer_heads(connection, recipient))
    stated |= {r.partition: list(r.heads) for _, r in sync.held_receipts(connection, heads.keys()) if r.node == recipient and not r.about}
    for partition, some in heads.items():
        wanted = {bytes.fromhex(head) for head in some}
        said = set(stated.get(partition, ()))
        if not (wanted <= said or wanted <= _reached(connection, partition, said)):
            return False
    return True


@dataclass
class Brought:
    """What reading a file brought.

    changes  folded here; mail: envelopes that are carried on for others; lost: bytes that could not be read
    missing  envelopes of the same bundles that are in another file; refused: codes of what was not taken over
    senders  the keys of the nodes that wrote to us; carried_for: of those for whom mail is carried on
    bytes    of the file
    """

    changes: int = 0
    messages: int = 0
    mail: int = 0
    lost: int = 0
    missing: int = 0
    refused: list[str] = field(default_factory=list)
    senders: list[bytes] = field(default_factory=list)
    carried_for: list[bytes] = field(default_factory=list)
    bytes: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all that the file should hold was taken over."""
        return not (self.lost or self.missing or self.refused)


def read_bundle(path: Path) -> Brought:
    """Take over what a file holds, envelope by envelope: a damaged one does not keep the others back. The file stays as it is.

    Raises CannotRead, NotABundle, and SyncError where nothing at all could be taken over.
    """
    content = read_file(path)
    envelopes, lost = sync.read(content)
    if not envelopes:
        raise NotABundle(file=path)
    brought = Brought(lost=lost, bytes=len(content))
    letters, failure = [], None
    for envelope in envelopes:
        try:
            with node.begin() as connection:
                letter, received = sync.accept(connection, node.replica(), envelope)
        except SyncError as error:
            failure = error
            brought.refused.append(error.code)
            continue
        if letter is None or received is None:
            brought.mail += 1
            if envelope.recipient not in brought.carried_for:
                brought.carried_for.append(envelope.recipient)
            continue
        letters.append(letter)
        brought.messages += 1
        brought.changes += received.changes
        if envelope.sender not in brought.senders:
            brought.senders.append(envelope.sender)
    brought.missing = sum(map(len, sync.missing(letters).values()))
    if failure and not (letters or brought.mail):
        raise failure
    return brought


def for_relay(recipients: Sequence[bytes]) -> Iterator[Envelope]:
    """The envelopes that this computer carries to these nodes."""
    with db.engine.connect() as connection:
        for recipient in recipients:
            yield from sync.mail(connection, to=recipient)


# ---- joining by files


def ask_by_file(path: Path, code: str) -> None:
    """Write a request to join into a file. Raises FileExists, CannotWrite, BadInvitation."""
    named, _ = sync.read_code(code)
    request = sync.file_request(code, node.replica().key, line.founded(), os.urandom)
    write_once(path, request)
    with node.begin() as connection:
        sync.set_self(connection, ASKED, named)


def answer_by_file(request: Path, answer: Path, *, name: str, admitted: Callable[[Invitation, str, bool], None]) -> None:
    """Central: let in who wrote a request, and write the answer into a file. Raises as the above, NotCentral, SyncError."""
    authority = node.authority_key()
    if authority is None:
        raise line.NotCentral
    if answer.exists():
        raise FileExists(file=answer)
    by = Admitting(authority, name, os.urandom, admitted)
    with node.begin() as connection:
        content = sync.admit_by_file(connection, node.replica(), by, read_file(request), at=clock.now_s())
    write_once(answer, content)  # asking again with the same file gives the same answer: a full stick costs nothing


def join_by_answer(path: Path) -> sync.Welcome:
    """Join with the file that answers our request. Raises NotAsked, CannotRead, SyncError."""
    with db.engine.connect() as connection:
        named = sync.get_self(connection, ASKED)
    if named is None:
        raise NotAsked
    welcome = sync.read_file_answer(named, node.replica().key, read_file(path))
    line.settle(welcome)
    current_app.extensions["forget_replica"]()
    return welcome
