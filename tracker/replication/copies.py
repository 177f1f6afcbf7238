"""A backup as a file: how it is written, read again and unpacked. Whether its contents are whole, `checking` says.

One zip, stored with deflate: the database as SQLite's backup API copies it (a plain copy of a living file is the first
cause of corruption in SQLite's own list, F-05), the settings, the list of erasures, and a manifest with the hash of each.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

import sync
from tracker import certificates
from tracker.config import SECRET_KEY_FILE
from tracker.db import db
from tracker.errors import DomainError, N_
from tracker.folder import flush_file, put_in_place
from tracker.replication import node

FORMAT: Final = 1
DATABASE: Final = "daftari.sqlite3"
SETTINGS: Final = "settings.toml"
ERASURES: Final = "erasures.json"
AUTHORITY: Final = f"{certificates.FOLDER}/{certificates.AUTHORITY_FILE}"
KEYS: Final = (SECRET_KEY_FILE, AUTHORITY)
"""Without the secret key nobody could read the marks that wait, sealed, on phones; without the authority's, phones that trust it
would send them to no other computer."""
BESIDE: Final = (SETTINGS, ERASURES, *KEYS)
"""What else of the data folder a backup holds."""
MANIFEST: Final = "manifest.json"
MANIFEST_MAX_BYTES: Final = 32 << 20  # a country's heads fit a hundred times
MAGIC: Final = b"SQLite format 3\x00"
PART_BYTES: Final = 1 << 20
ID_BYTES: Final = 20
Heads = dict[str, list[str]]
Erased = Mapping[str, Mapping[str, Mapping[str, str]]]  # as the engine carries it


# What a damaged zip raises, all of it seen (tests/faults/flips.py): a place before the beginning of a file is an OSError.
UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError)


class NotABackup(DomainError):
    """The file is something else."""

    code = "backup.not_ours"
    sentence = N_("%(file)s is no backup of Daftari. Name a file that the command backup has written.")


class BackupDamaged(DomainError):
    """A backup that is not what it was when it was written."""

    code = "backup.damaged"
    sentence = N_("The backup %(file)s is damaged (%(reason)s). Nothing was changed. Use another backup.")


class BackupNewer(DomainError):
    """A backup in a form of the future."""

    code = "backup.newer"
    sentence = N_("A newer Daftari has written the backup %(file)s. Install that version on this computer to go on.")


class ErasuresDamaged(DomainError):
    """Nobody can say who must not come back."""

    code = "restore.erasures_damaged"
    sentence = N_(
        "The list of what was erased, %(file)s, cannot be read, and the backup may bring it back. Nothing was changed. "
        "Tell the central office, which has the orders."
    )


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    made_at  seconds since 1970
    node     public key of the node, in hex
    schema   revision of the database
    members  by name: SHA-256 in hex, and length in bytes
    heads    by partition: the ids of its heads, in hex
    """

    made_at: int
    node: str
    name: str
    seat: str
    schema: str
    members: dict[str, tuple[str, int]]
    heads: Heads

    @property
    def text(self) -> bytes:
        """As it stands in the file."""
        return json.dumps({"daftari_backup": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()


def read_manifest(file: Path) -> Manifest | None:
    """What a backup says of itself; None for the bare database that older versions wrote, of which nothing is said.

    Raises NotABackup, BackupNewer, BackupDamaged, OSError.
    """
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) == MAGIC:
            if not _is_bare_backup(file):
                raise NotABackup(file=file)
            return None
    with _unzipped(file) as bundle:
        return _manifest_of(bundle, file)


def is_backup_of(file: Path, node: str) -> bool:
    """Whether the file is a backup of this node, whole as far as a glance tells: one that a newer backup may replace."""
    try:
        manifest = read_manifest(file)
        return manifest.node == node if manifest else _node_of(file) == node
    except (DomainError, sqlite3.Error, ValueError, OSError):  # a folder, or a file that may not be read
        return False


def _node_of(database: Path) -> str | None:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return node_of(connection)


def node_of(connection: sqlite3.Connection) -> str | None:
    """The public key, in hex, of the node that a database belongs to; None for an empty one."""
    if not connection.execute("select 1 from sqlite_schema where name = 'sync_self'").fetchone():
        return None
    found = connection.execute("select value from sync_self where name = 'seed'").fetchone()
    return sync.NodeKey(found[0]).public.hex() if found else None


def _is_bare_backup(file: Path) -> bool:
    """Whether a SQLite file is a register; one that is damaged may be."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            return bool(connection.execute("select 1 from sqlite_schema where name = 'sync_self'").fetchone())
        except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite may quote bytes that are no letters
            raise BackupDamaged(file=file, reason=error) from error


def _unzipped(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except UNREADABLE as error:
        with file.open("rb") as opened:
            begins_as_one = opened.read(2) == b"PK"
        raise (BackupDamaged(file=file, reason=error) if begins_as_one else NotABackup(file=file)) from error


def _manifest_of(bundle: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        with bundle.open(MANIFEST) as opened:
            said = json.loads(opened.read(MANIFEST_MAX_BYTES))
        if said.pop("daftari_backup") > FORMAT:
            raise BackupNewer(file=file)
        members = {str(name): (str(digest), int(size)) for name, (digest, size) in said.pop("members").items()}
        return Manifest(members=members, **said)
    except KeyError as error:
        raise NotABackup(file=file) from error
    except (*UNREADABLE, TypeError, AttributeError) as error:
        raise BackupDamaged(file=file, reason=error) from error


# ---- writing


def copy_database(source: Path, target: Path) -> Heads:
    """Copy one moment of the living database into one file that can be carried alone; gives the heads of that moment."""
    with closing(sqlite3.connect(source, isolation_level=None)) as living, closing(sqlite3.connect(target, isolation_level=None)) as copy:
        living.execute("PRAGMA busy_timeout=10000")
        living.execute("BEGIN")  # the copy and the heads it is compared with are of the same moment
        heads = heads_of(living)
        living.backup(copy)
        living.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")
    return heads


def heads_of(connection: sqlite3.Connection) -> Heads:
    """The heads of every partition, read past everything else."""
    rows = connection.execute("select partition, heads from sync_partition order by partition")
    return {partition: [each.hex() for each in _ids(heads)] for partition, heads in rows}


def write(target: Path, members: Mapping[str, Path], **said: object) -> Manifest:
    """Write the files into one zip with the manifest of what is `said`, and let it reach the disk."""
    manifest = Manifest(members={name: _fingerprint(path) for name, path in members.items()}, **said)  # type: ignore[arg-type]
    # It holds people's records and the node's key: nobody else on this computer may read it.
    with open(target, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr(MANIFEST, manifest.text)
            for name, path in members.items():
                bundle.write(path, name)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _fingerprint(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


# ---- reading


def unpack(file: Path, folder: Path) -> Manifest | None:
    """Unpack a backup into an empty folder, comparing every hash; a bare database is copied as it is, with its log.

    Raises NotABackup, BackupNewer, BackupDamaged, OSError.
    """
    manifest = read_manifest(file)
    if manifest is None:
        for suffix in ("", "-wal"):  # of a folder that was copied, what was saved last stands in the log beside it
            if (beside := file.with_name(file.name + suffix)).exists():
                shutil.copyfile(beside, folder / f"{DATABASE}{suffix}")
        return None
    if DATABASE not in manifest.members or not manifest.members.keys() <= {DATABASE, *BESIDE}:
        raise BackupDamaged(file=file, reason=MANIFEST)
    with _unzipped(file) as bundle:
        for name, (digest, size) in manifest.members.items():
            (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
            with (folder / name).open("wb") as target:
                found = hashlib.sha256()
                for part in _parts(bundle, name, size + 1, file):
                    found.update(part)
                    target.write(part)
                if (found.hexdigest(), target.tell()) != (digest, size):
                    raise BackupDamaged(file=file, reason=name)
    return manifest


def _parts(bundle: zipfile.ZipFile, name: str, most: int, file: Path) -> Iterator[bytes]:
    """What a member holds, at most so many bytes of it, whatever the zip says of itself. Raises BackupDamaged."""
    try:
        with bundle.open(name) as source:
            while most > 0 and (part := source.read(min(PART_BYTES, most))):
                most -= len(part)
                yield part
    except (*UNREADABLE, KeyError) as error:
        raise BackupDamaged(file=file, reason=f"{name}: {error}") from error


# ---- putting one back


def note_erasures(home: Path) -> None:
    """Keep beside the database what is erased, so that no backup that is restored later brings it back. Raises OSError."""
    with db.engine.connect() as connection:
        text = json.dumps(sync.carried(connection), indent=1, sort_keys=True).encode()
    path = home / ERASURES
    if text != (path.read_bytes() if path.exists() else b"{}"):
        draft = path.with_name(f"{ERASURES}.new")
        draft.write_bytes(text)
        flush_file(draft)
        put_in_place(draft, path)


def reapply_erasures(lists: Iterable[Path], present: Path | None = None) -> None:
    """Erase again, in the opened database, which was restored or is about to be, what was erased after it was copied.

    lists    what `note_erasures` has kept here and in the backup; one that is not there lists nothing
    present  the database that makes way: it may know more; one that cannot be read knows nothing
    Raises ErasuresDamaged.
    """
    known: list[Erased] = [read_erasures(path) for path in lists if path.exists()]
    if present and present.exists():
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(present)), poolclass=NullPool)
        with suppress(DatabaseError, UnicodeDecodeError), engine.connect() as connection:
            known.append(sync.carried(connection))
    with node.begin() as connection:
        for each in known:
            sync.reapply(connection, node.replica(), each)


def read_erasures(path: Path) -> Erased:
    """What is listed as erased. Raises ErasuresDamaged."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        parts = ("rows", "bodies")
        return {where: {part: {str(k): str(v) for k, v in named[part].items()} for part in parts} for where, named in said.items()}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ErasuresDamaged(file=path) from error


def unsent_and_lacking(present: sqlite3.Connection, copy: sqlite3.Connection) -> int:
    """How many changes of the present database neither the copy nor any peer, as far as is known here, holds."""
    lacking = {segment for (segment,) in present.execute("select id from sync_segment")}
    lacking -= {segment for (segment,) in copy.execute("select id from sync_segment")} | _known_to_peers(present)
    sizes = present.execute("select segment, sum(last - first + 1) from sync_span group by segment")
    sealed = sum(size for segment, size in sizes if segment in lacking)
    held = _dots(copy)
    return int(sealed) + sum(dot not in held and not _is_sealed(copy, dot) for dot in _dots(present))


def _known_to_peers(connection: sqlite3.Connection) -> set[bytes]:
    parents = {segment: _ids(joined) for segment, joined in connection.execute("select id, parents from sync_segment")}
    due = [head for (joined,) in connection.execute("select heads from sync_peer") for head in _ids(joined)]
    known: set[bytes] = set()
    while due:
        segment = due.pop()
        if segment in parents and segment not in known:
            known.add(segment)
            due += parents[segment]
    return known


def _ids(joined: bytes) -> list[bytes]:
    return [joined[k : k + ID_BYTES] for k in range(0, len(joined), ID_BYTES)]


def _dots(connection: sqlite3.Connection) -> set[str]:
    return {str(json.loads(change)[0]) for (change,) in connection.execute("select change from sync_pending")}


def _is_sealed(connection: sqlite3.Connection, dot: str) -> bool:
    minter, _dash, counter = dot.partition("-")
    asked = {"minter": minter, "counter": int(counter)}
    where = "minter = :minter and first <= :counter and last >= :counter"
    return connection.execute(f"select 1 from sync_span where {where}", asked).fetchone() is not None


def settle(database: Path) -> None:
    """Let everything of a closed database stand in its one file, durably. Raises sqlite3.Error."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    flush_file(database)


def put_back(copy: Path, present: Path, aside: Path) -> None:
    """Put a database in the place of another, which is kept under the name `aside` with all that belongs to it.

    Nobody has either of them open. Where both stand in one file each, no power cut finds the place empty. Raises OSError.
    """
    with suppress(sqlite3.Error):  # a damaged one keeps its log beside it
        if present and present.exists():
            settle(present)
    log = [suffix for suffix in ("-wal", "-shm") if present.with_name(present.name + suffix).exists()]
    if not log:
        with suppress(OSError):  # a file system without links
            aside.hardlink_to(present)
    for suffix in ("", *log):
        part = present.with_name(present.name + suffix)
        if part.exists() and (suffix or not aside.exists()):
            put_in_place(part, aside.with_name(aside.name + suffix))
    put_in_place(copy, present)
