"""The real store on a disk that can lose power: SQLite through a VFS that keeps the files and remembers every call.

A test runs the production code once and may then cut the power after any of its disk calls: nothing has to run again,
because the calls are recorded. The model of the disk: `sync` makes a file's content, size and name last. What was not synced is
kept, dropped or torn, every 512-byte sector by itself; a change of size, a new name or a deletion may be undone.
Bytes of a torn sector that nobody wrote stay as they were: SQLite counts on that of every modern disk ("powersafe overwrite").
A disk that says "synced" and lies is not modelled: no program can help there.
"""

import random
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import apsw
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tests.sync import world
from tracker.db import prepare_engine

SECTOR: Final = 512
REGISTER: Final = "register.sqlite3"


class Call(NamedTuple):
    """What one disk call did. kind: create, write, truncate, sync, delete, sync-folder."""

    kind: str
    inode: int
    name: str = ""
    offset: int = 0
    content: bytes = b""


# ---- what is on the platter


class _Inode:
    """The content of one file as programs see it, and what a cut could leave of it."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)
        self._versions: dict[int, list[bytes]] = {}  # of each sector since the last sync, the synced one first
        self._sizes = [len(content)]

    def write(self, offset: int, content: bytes) -> None:
        end = offset + len(content)
        sectors = range(offset // SECTOR, (end - 1) // SECTOR + 1)
        for sector in sectors:
            self._versions.setdefault(sector, [self._sector(sector)])
        if end > len(self.content):
            self.content.extend(bytes(end - len(self.content)))
            self._sizes.append(end)
        self.content[offset:end] = content
        for sector in sectors:
            self._versions[sector].append(self._sector(sector))

    def truncate(self, size: int) -> None:
        if size > len(self.content):
            self.content.extend(bytes(size - len(self.content)))
        first = size // SECTOR
        for sector in range(first, (len(self.content) - 1) // SECTOR + 1):
            self._versions.setdefault(sector, [self._sector(sector)])
        del self.content[size:]
        self._sizes.append(size)
        for sector in self._versions:
            if sector >= first:
                self._versions[sector].append(self._sector(sector))

    def sync(self) -> None:
        self._versions.clear()
        self._sizes = [len(self.content)]

    def survivor(self, rng: random.Random) -> bytes:
        """What is left after a cut."""
        size = rng.choice(self._sizes)
        left = self.content[:size].ljust(size, b"\0")
        kept_share = rng.choice((0.0, 0.2, 0.5, 0.8, 1.0))  # some cuts lose all, some one sector in five
        for sector, versions in self._versions.items():
            at = sector * SECTOR
            if at < size:
                left[at : min(at + SECTOR, size)] = _left_of(versions, kept_share, rng)[: size - at]
        return bytes(left)

    def _sector(self, sector: int) -> bytes:
        return bytes(self.content[sector * SECTOR : (sector + 1) * SECTOR]).ljust(SECTOR, b"\0")


def _left_of(versions: Sequence[bytes], kept_share: float, rng: random.Random) -> bytes:
    """One sector after a cut: its last version, an older one, or a mixture of two."""
    if rng.random() < kept_share:
        return versions[-1]
    older = rng.choice(versions)
    if rng.random() < 0.5:
        return older
    tear = rng.randrange(1, SECTOR)
    return versions[-1][:tear] + older[tear:]


class Platter:
    """A disk to which recorded calls happen one after the other; ask it at any moment what a cut would leave."""

    def __init__(self, durable: Mapping[str, bytes]) -> None:
        self._inodes = {inode: _Inode(content) for inode, content in enumerate(durable.values())}
        self._names = {name: inode for inode, name in enumerate(durable)}
        self._durable_names = dict(self._names)

    def play(self, calls: Iterable[Call]) -> None:
        for call in calls:
            self._play(call)

    def _play(self, call: Call) -> None:
        if call.kind == "create":
            self._inodes[call.inode] = _Inode()
            self._names[call.name] = call.inode
        elif call.kind == "write":
            self._inodes[call.inode].write(call.offset, call.content)
        elif call.kind == "truncate":
            self._inodes[call.inode].truncate(call.offset)
        elif call.kind == "sync":
            self._inodes[call.inode].sync()
            self._durable_names |= {name: inode for name, inode in self._names.items() if inode == call.inode}
        elif call.kind == "delete":
            self._names.pop(call.name, None)
        else:
            self._durable_names.pop(call.name, None)

    def survivors(self, rng: random.Random) -> dict[str, bytes]:
        """The files after a cut now, by name."""
        left: dict[str, bytes] = {}
        for name in sorted(self._names.keys() | self._durable_names.keys()):
            inode = rng.choice((self._names.get(name), self._durable_names.get(name)))
            if inode is not None:
                left[name] = self._inodes[inode].survivor(rng)
        return left


# ---- the disk that SQLite sees


class Disk:
    """Files in memory, the calls that changed them, and a place to refuse one.

    durable  the files at the beginning, all of them synced
    meet     called before each disk call with its kind (open, read, write, truncate, sync, delete); may raise an apsw error
    """

    def __init__(self, durable: Mapping[str, bytes] | None = None, meet: Callable[[str], None] | None = None) -> None:
        self.durable = dict(durable or {})
        self.calls: list[Call] = []
        self.meet: Callable[[str], None] = meet or _let
        self._inodes = count(len(self.durable))
        self._files = {name: (inode, bytearray(content)) for inode, (name, content) in enumerate(self.durable.items())}

    def files(self) -> dict[str, bytes]:
        """The files as programs see them now."""
        return {name: bytes(content) for name, (_, content) in self._files.items()}

    def forget(self, name: str) -> None:
        """A file is deleted by somebody else than SQLite."""
        self._files.pop(name, None)

    def has(self, name: str) -> bool:
        return name in self._files

    def open(self, name: str) -> "_File":
        self.meet("open")
        if name not in self._files:
            self._files[name] = (next(self._inodes), bytearray())
            self.calls.append(Call("create", self._files[name][0], name))
        return _File(self, *self._files[name])

    def delete(self, name: str, *, sync_folder: bool) -> None:
        self.meet("delete")
        inode, _ = self._files.pop(name)
        self.calls.append(Call("delete", inode, name))
        if sync_folder:
            self.calls.append(Call("sync-folder", inode, name))


def _let(_kind: str) -> None:
    """The disk that does what it is asked."""


class _File:
    """An open file, as SQLite asks of it. Locks always succeed: each test has one connection to its database."""

    def __init__(self, disk: Disk, inode: int, content: bytearray, *, is_scratch: bool = False) -> None:
        self._disk, self._inode, self._content, self._is_scratch = disk, inode, content, is_scratch

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's names, here and below
        self._disk.meet("read")
        return bytes(self._content[offset : offset + amount])

    def xWrite(self, content: bytes, offset: int) -> None:  # noqa: N802
        self._disk.meet("write")
        if offset > len(self._content):
            self._content.extend(bytes(offset - len(self._content)))
        self._content[offset : offset + len(content)] = content
        self._note(Call("write", self._inode, "", offset, bytes(content)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.meet("truncate")
        del self._content[size:]
        self._note(Call("truncate", self._inode, "", size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.meet("sync")
        self._note(Call("sync", self._inode))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._content)

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802
        return False

    def xLock(self, level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xClose(self) -> None:  # noqa: N802
        pass

    def _note(self, call: Call) -> None:
        if not self._is_scratch:
            self._disk.calls.append(call)


class _Vfs(apsw.VFS):
    """All disks of this process; a path is `<number of the disk>/<name>`."""

    NAME = "daftari-faults"

    def __init__(self) -> None:
        self.disks: dict[str, Disk] = {}
        super().__init__(self.NAME, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> Any:  # noqa: N802
        if name is None:  # a temporary file, which no cut can hurt
            return _File(Disk(), 0, bytearray(), is_scratch=True)
        disk, _, file = (name if isinstance(name, str) else name.filename()).partition("/")
        return self.disks[disk].open(file)

    def xDelete(self, path: str, syncdir: bool) -> None:  # noqa: N802
        disk, _, file = path.partition("/")
        if not self.disks[disk].has(file):
            raise apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        self.disks[disk].delete(file, sync_folder=syncdir)

    def xAccess(self, path: str, flags: int) -> bool:  # noqa: N802
        disk, _, file = path.partition("/")
        return self.disks[disk].has(file)

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def excepthook(self, *_error: object) -> bool:
        """SQLite is told of every refused call; there is nobody else to tell."""
        return True


_VFS: Final = _Vfs()
_NUMBERS: Final = count()


# ---- SQLAlchemy over apsw: as much of Python's sqlite3 as the dialect asks for

_DBAPI: Final = SimpleNamespace(
    paramstyle="qmark",
    sqlite_version=apsw.sqlite_lib_version(),
    sqlite_version_info=tuple(int(part) for part in apsw.sqlite_lib_version().split(".")),
    **{name: getattr(sqlite3, name) for name in ("Error", "DatabaseError", "OperationalError", "IntegrityError", "Binary")},
    **{name: getattr(sqlite3, name) for name in ("InterfaceError", "InternalError", "ProgrammingError", "NotSupportedError", "DataError")},
)
_WRITES: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_KINDS: Final = {
    apsw.SQLITE_CONSTRAINT: sqlite3.IntegrityError,
    apsw.SQLITE_CORRUPT: sqlite3.DatabaseError,
    apsw.SQLITE_NOTADB: sqlite3.DatabaseError,
}


def _translated(error: apsw.Error) -> sqlite3.Error:
    kind = _KINDS.get(getattr(error, "result", 0), sqlite3.OperationalError)
    same = kind(str(error))
    same.sqlite_errorcode = getattr(error, "extendedresult", 0)
    return same


class _Cursor:
    """Fetches all rows at once, as no test here reads more than it needs."""

    arraysize = 1
    lastrowid = 0

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> "_Cursor":
        return self.executemany(sql, [parameters])

    def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> "_Cursor":
        self.description = None
        before = self._connection.total_changes()
        cursor = self._connection.cursor()
        cursor.exec_trace = self._describe
        try:
            self._rows = [row for parameters in many for row in cursor.execute(sql, tuple(parameters))]
        except apsw.Error as error:
            raise _translated(error) from error
        self.rowcount = self._connection.total_changes() - before if sql.lstrip().upper().startswith(_WRITES) else -1
        return self

    def _describe(self, cursor: apsw.Cursor, _sql: str, _bindings: object) -> bool:
        columns = cursor.get_description()
        self.description = tuple((name, None, None, None, None, None, None) for name, *_ in columns) or None
        return True

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        some, self._rows = self._rows[:size], self._rows[size:]
        return some

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.fetchmany(len(self._rows))

    def close(self) -> None:
        self._rows = []


class _Connection:
    isolation_level: str | None = None

    def __init__(self, path: str) -> None:
        try:
            self.apsw = apsw.Connection(path, vfs=_Vfs.NAME)
        except apsw.Error as error:
            raise _translated(error) from error
        # Python cannot give SQLite shared memory; with one connection the index of the WAL stays in the heap.
        self.execute("PRAGMA locking_mode=EXCLUSIVE")

    def cursor(self) -> _Cursor:
        return _Cursor(self.apsw)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> _Cursor:
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        if self.apsw.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.apsw.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """SQLite closes whatever its last checkpoint meets; apsw would have us hear of it."""
        try:
            self.apsw.close()
        except apsw.Error:
            self.apsw.close(True)

    def create_function(self, name: str, arguments: int, function: Callable[..., Any], *, deterministic: bool = False) -> None:
        self.apsw.create_scalar_function(name, function, arguments, deterministic=deterministic)


class Store(world.Database):
    """The production store over a Disk; it stands wherever a simulated node has its database.

    synchronous  overrides the production pragma, to prove that the tests see the difference
    Raises sqlalchemy.exc.DatabaseError when the disk refuses or what is left cannot be opened.
    """

    def __init__(self, disk: Disk, *, synchronous: str = "") -> None:
        self.disk = disk
        self._number = str(next(_NUMBERS))
        _VFS.disks[self._number] = disk
        base = sa.create_engine("sqlite://", module=_DBAPI, creator=self._connect, poolclass=StaticPool)
        prepare_engine(base)
        if synchronous:
            sa.event.listen(base, "connect", lambda connection, _record: connection.execute(f"PRAGMA synchronous={synchronous}"))
        self.engine = base.execution_options(is_write=True)
        with self.engine.connect() as connection:
            connection.rollback()

    def _connect(self) -> _Connection:
        self._driver = _Connection(self.path(REGISTER))
        return self._driver

    def path(self, name: str) -> str:
        """What SQLite calls a file of the same disk."""
        return f"{self._number}/{name}"

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement outside any transaction."""
        return self._driver.execute(sql, values).fetchall()

    def read(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        return self.query(statement, *values)

    def copy(self) -> bytes:
        """The content as the next transaction would see it; the test looks, so the disk refuses nothing."""
        meet, self.disk.meet = self.disk.meet, _let
        try:
            return self._driver.apsw.serialize("main")
        finally:
            self.disk.meet = meet

    def close(self) -> None:
        self.engine.dispose()
        del _VFS.disks[self._number]


def prepared(content: bytes) -> dict[str, bytes]:
    """The files of a database that was closed in good order and has the production pragmas.

    content  a database as `world.Database.copy` gives it
    """
    store = Store(Disk({REGISTER: content}))
    store.close()
    return store.disk.files()
