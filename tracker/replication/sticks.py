"""Exchanging by stick: bundles as write-once files, and joining by files."""

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import sync
from sync import Admitting, Invitation, SyncError
from tracker import clock, folder, trouble
from tracker.db import db
from tracker.errors import DomainError
from tracker.i18n import _, N_
from tracker.replication import arrivals, line, node

SUFFIX = ".daftari"
SMALLEST_LETTER_BYTES = 4 << 10
READ_MOST_BYTES = 64 << 20
FILE_LEAST_BYTES, FILE_MOST_BYTES = 64 << 10, 32 << 20
"""FAT sticks take files of 4 GiB; a damaged one should cost less."""
ASKED = "asked"
MARK = b"\xdaB"


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


class NotWholeBundle(NotABundle):
    """It is called one, and does not even begin as one: a stick that was pulled out leaves an empty file, or zeros."""

    sentence = N_(
        "The file %(file)s is empty or damaged from its beginning, as when a stick is pulled out too soon. "
        "Copy the file once more, or have it written anew."
    )


class NotARequest(DomainError):
    """Another kind of file, or a damaged one."""

    code, status = "join.not_a_request", 409
    sentence = N_("The file %(file)s is not a request to join, or it is damaged. Let the other computer write it again.")


class NotAnAnswer(DomainError):
    """Another kind of file, a damaged one, or the answer to another computer."""

    code, status = "join.not_an_answer", 409
    sentence = N_("The file %(file)s is not the answer to this computer's request, or it is damaged. Ask the central office for it again.")


class NotAsked(DomainError):
    """An answer to a request that this computer did not make."""

    code, status = "join.not_asked", 409
    sentence = N_("This computer has not asked to join. Write a request first: daftari join --request FILE CODE")


# ---- files


def write_once(path: Path, content: bytes) -> None:
    """Write a file that was not there: whole and on the disk, or not at all. Raises FileExists, CannotWrite."""
    draft = path.with_name(f"{path.name}.part")
    try:
        if path.exists():
            raise FileExists(file=path)
        _write(draft, content)
        folder.put_in_place(draft, path)
    except OSError as error:
        with suppress(OSError):  # the stick was pulled out, perhaps
            draft.unlink(missing_ok=True)
        raise CannotWrite(file=path, reason=trouble.reason_of(error)) from error


def _write(draft: Path, content: bytes) -> None:
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if draft.read_bytes() != content:  # sticks that claim more room than they have
        raise OSError(_("what is on the stick is not what was written"))


def read_file(path: Path) -> bytes:
    """The content of a file. Raises CannotRead."""
    try:
        if path.stat().st_size > READ_MOST_BYTES:
            raise CannotRead(file=path, reason=_("it is larger than any file of Daftari"))
        return path.read_bytes()
    except OSError as error:
        raise CannotRead(file=path, reason=trouble.reason_of(error)) from error


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
    Raises OwnBundle for this computer itself, FileExists, CannotWrite: then no file is left.
    """
    own, now = node.replica(), clock.now_s()
    if recipient == own.key.public:
        raise sync.OwnBundle
    with node.begin() as connection:
        sync.seal(connection, own, now)
        # A server that was restored from an older backup may have forgotten us, and by stick nobody could tell us so.
        is_hub = recipient == sync.get_self(connection, "hub")
        packed = max(most // 2, SMALLEST_LETTER_BYTES)
        envelopes = sync.write(connection, own, recipient, at=now, draw=os.urandom, most=packed, to_stranger=is_hub)
        carried = sync.mail(connection, to=recipient)
        heads = arrivals.shared(connection, recipient)
        changes = arrivals.unstated(connection, recipient, heads)
    contents = sync.in_files([*carried, *envelopes], most)
    paths = [path if k == 1 else path.with_name(f"{path.stem}-{k}{path.suffix}") for k in range(1, len(contents) + 1)]
    for each in paths:
        if each.exists():
            raise FileExists(file=each)
    try:
        for each, content in zip(paths, contents, strict=True):
            write_once(each, content)
    except CannotWrite:
        with suppress(OSError):  # half a bundle would only be asked for its other half
            for each in paths:
                each.unlink(missing_ok=True)
        raise
    stated = {partition: [head.hex() for head in some] for partition, some in heads.items()}
    return Written(paths, recipient, stated, sum(map(len, contents)), changes, len(carried))


class Part(NamedTuple):
    """The `number`th (from 1) `of` so many parts of a bundle, which has a random name."""

    bundle: str
    number: int
    of: int


@dataclass
class Brought:
    """What reading a file brought.

    changes      folded here; parts: of bundles for us that were taken over, none of them twice
    mail         envelopes that are carried on for others; carried_for: the keys of those
    senders      the keys of the nodes that wrote to us
    missing      parts of the same bundles that have not been read here yet; early: ones to be read again after those
    damaged      parts of the file that could not be opened; lost: bytes that do not even look like a part
    refused      codes of why other parts were not taken over
    bytes        of the file
    """

    changes: int = 0
    parts: list[Part] = field(default_factory=list)
    mail: int = 0
    carried_for: list[bytes] = field(default_factory=list)
    senders: list[bytes] = field(default_factory=list)
    missing: list[Part] = field(default_factory=list)
    early: list[Part] = field(default_factory=list)
    damaged: int = 0
    lost: int = 0
    refused: list[str] = field(default_factory=list)
    bytes: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all that the file should hold was taken over, and nothing of its bundles is still to come."""
        return not (self.missing or self.early or self.damaged or self.lost or self.refused)


def read_bundle(path: Path, known: Mapping[str, Collection[int]] = MappingProxyType({})) -> Brought:
    """Take over what a file holds, part by part: a damaged one does not keep the others back. The file stays as it is.

    known  the numbers of parts that were taken over earlier, by bundle
    Raises CannotRead, NotABundle.
    """
    content = read_file(path)
    envelopes, lost = sync.read(content)
    if not content.startswith(MARK):
        raise (NotWholeBundle if path.suffix.casefold() == SUFFIX else NotABundle)(file=path)
    brought = Brought(lost=lost, bytes=len(content))
    for envelope in envelopes:
        _take(brought, envelope)
    here = {part.bundle: {*known.get(part.bundle, ())} for part in (*brought.parts, *brought.early)}
    for part in brought.parts:
        here[part.bundle].add(part.number)
    early = {(part.bundle, part.number) for part in brought.early}
    for bundle, count in {part.bundle: part.of for part in (*brought.parts, *brought.early)}.items():
        absent = [number for number in range(1, count + 1) if number not in here[bundle] and (bundle, number) not in early]
        brought.missing += [Part(bundle, number, count) for number in absent]
    return brought


def _take(brought: Brought, envelope: sync.Envelope) -> None:
    try:
        with node.begin() as connection:
            letter, received = sync.accept(connection, node.replica(), envelope)
    except (sync.Forged, sync.Unreadable):  # by its box: a stick flips bits sooner than somebody forges
        brought.damaged += 1
        return
    except SyncError as error:
        brought.refused.append(error.code)
        return
    if letter is None or received is None:
        brought.mail += 1
        brought.carried_for += [envelope.recipient] if envelope.recipient not in brought.carried_for else []
        return
    part = Part(letter.bundle.hex(), letter.number + 1, letter.count)
    (brought.early if received.missing else brought.parts).append(part)
    brought.changes += received.changes
    brought.senders += [envelope.sender] if envelope.sender not in brought.senders else []


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
        try:
            newcomer, content = sync.admit_by_file(connection, node.replica(), by, read_file(request), at=clock.now_s())
        except (sync.Forged, sync.Unreadable) as error:
            raise NotARequest(file=request) from error
        # What it will need comes along, or the newcomer could not even write before a second stick.
        sync.seal(connection, node.replica(), clock.now_s())
        envelopes = sync.write(connection, node.replica(), newcomer, at=clock.now_s(), draw=os.urandom)
        content += b"".join(envelope.data for envelope in envelopes)
    write_once(answer, content)  # asking again with the same file gives the same answer: a full stick costs nothing


def join_by_answer(path: Path) -> sync.Welcome:
    """Join with the file that answers our request, and take over what comes with it. Raises NotAsked, CannotRead, NotAnAnswer."""
    with db.engine.connect() as connection:
        named = sync.get_self(connection, ASKED)
    if named is None:
        raise NotAsked
    answer, mark, letters = read_file(path).partition(MARK)
    try:
        welcome = sync.read_file_answer(named, node.replica().key, answer)
    except SyncError as error:
        raise NotAnAnswer(file=path) from error
    line.settle(welcome)
    for envelope in sync.read(mark + letters)[0]:
        _take(Brought(), envelope)  # what is lost of it comes with the next exchange
    return welcome
