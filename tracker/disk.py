"""The disk under the database: when SQLite's log is copied into the file, and what happens when there is no room.

SQLite before 3.51.3 can damage a file when a commit begins the log anew while a second checkpoint runs (F-04), and the SQLite
that comes with Python is often older. So no connection of ours checkpoints by itself: `checkpoint` does, while it holds
the write lock, which keeps every commit of every process out. No lock file is needed, and a command beside the server does
no harm. SQLite itself copies the log when the last connection closes; it is alone with the file then.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

from tracker.errors import DomainError, N_

log = logging.getLogger(__name__)
LOG_BYTES: Final = 4 << 20  # a thousand pages: so much is written twice at the most, and read through by each query
BUSY_TIMEOUT_MS: Final = 10_000  # a virus scanner or a backup program may hold the file for six seconds (F-08)
RESERVE_BYTES: Final = 20 << 20  # a year's exchange and an export fit
LEAST_BYTES: Final = 256 << 10  # below it SQLite cannot even make its shared memory, and says "disk I/O error"
WROTE: Final = "wrote"  # in a connection's info: a writing transaction has begun on it


class DiskFull(DomainError):
    """There is no room for what was to be saved; nothing of it was."""

    code, status = "db.disk_full", 507
    sentence = N_("The disk of this computer is full, so nothing was saved. Remove what is not needed from it, then try again.")


# ---- the log


def checkpoint(engine: Engine, *, truncate: bool = False) -> bool:
    """Copy SQLite's log into the database file. Returns whether all of it was copied; a long reader may keep some back.

    truncate  leave the log empty as well, so that nothing erased is left in it
    Raises sqlite3.OperationalError when somebody writes for longer than the busy timeout.
    """
    path = file_of(engine)
    return _copy_log(path, BUSY_TIMEOUT_MS / 1_000, truncate=truncate) if path else True


def file_of(engine: Engine) -> Path | None:
    """The database file of an engine; None where it has none."""
    name = engine.url.database if engine.dialect.name == "sqlite" else None
    return Path(name) if name and name != ":memory:" else None


def _copy_log(path: Path, wait_s: float, *, truncate: bool = False) -> bool:
    with closing(_open(path, wait_s)) as worker:
        if truncate:  # SQLite holds the write lock itself here
            busy, in_log, copied = worker.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        else:
            with closing(_open(path, wait_s)) as guard:
                guard.execute("BEGIN IMMEDIATE")
                busy, in_log, copied = worker.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                guard.execute("ROLLBACK")
    return not busy and in_log == copied


def _open(path: Path, wait_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    for pragma in ("synchronous=FULL", "wal_autocheckpoint=0", f"journal_size_limit={LOG_BYTES}"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def rewrite(path: Path) -> None:
    """Write the database file anew, without free pages: zeroing what is deleted misses cells that had moved between pages before.

    Raises sqlite3.Error.
    """
    with closing(_open(path, BUSY_TIMEOUT_MS / 1_000)) as connection:
        connection.execute("VACUUM")


def copy_log_when_long(engine: Engine) -> None:
    """After a commit that left the log longer than LOG_BYTES, copy it; the one who comes while another does it goes on."""
    path = file_of(engine)
    if path is None:
        return
    log_file = path.with_name(f"{path.name}-wal")

    @event.listens_for(engine, "checkin")
    def _returned(_connection: object, record: Any) -> None:
        # journal_size_limit cuts the file at the first commit after a checkpoint, so its size tells what is in it.
        if record.info.pop(WROTE, False) and _size(log_file) > LOG_BYTES:
            try:
                _copy_log(path, wait_s=0)
            except sqlite3.Error as error:  # what was saved is saved; the next commit tries again
                log.info("the log was not copied: %s", error)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


# ---- no room


def free_bytes(folder: Path) -> int:
    """Room on the disk that holds a folder, which need not exist yet."""
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if os.path.isdir(each))  # noqa: PTH112 - never raises
    return shutil.disk_usage(existing).free


def is_full(error: BaseException | None, folder: Path) -> bool:
    """Whether an error of SQLite means that there is no room."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free_bytes(folder) < LEAST_BYTES)


class Reserve:
    """A file that keeps room on the disk, given up when it is full: so that an export and an exchange still go through (F-06).

    From then on people's writes are refused until there is room again; the machine's own, such as an exchange, are not.
    """

    def __init__(self, folder: Path, size_bytes: int = RESERVE_BYTES, free: Callable[[Path], int] = free_bytes) -> None:
        """Nothing is written yet."""
        self._file, self._size_bytes, self._free = folder / "reserve", size_bytes, free
        self._is_spent = False
        self._making = Lock()

    def make(self) -> bool:
        """Keep the room if there is any to spare. Returns whether it is kept."""
        with self._making:
            if _size(self._file) != self._size_bytes:
                self._is_spent = not self._has_room() or not self._fill()
            return not self._is_spent

    def release(self) -> None:
        """Give the room up."""
        self._is_spent = True
        self._remove()

    def check(self) -> None:
        """Raises DiskFull while the room is given up and there is no other."""
        if self._is_spent and not self._has_room():
            raise DiskFull
        self._is_spent = False

    def _has_room(self) -> bool:
        return self._free(self._file.parent) >= 2 * self._size_bytes

    def _fill(self) -> bool:
        try:
            with self._file.open("wb") as file:
                for _ in range(self._size_bytes >> 20):
                    file.write(bytes(1 << 20))
        except OSError:
            self._remove()
            return False
        return True

    def _remove(self) -> None:
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:  # a virus scanner reads it; the next write that finds no room tries again
            log.warning("the reserve could not be given up: %s", error)


def tell_when_full(engine: Engine, reserve: Reserve | None) -> None:
    """Make DiskFull of what SQLite says when there is no room, and give up the reserve."""
    folder = (file_of(engine) or Path.cwd()).parent

    @event.listens_for(engine, "handle_error")
    def _failed(context: ExceptionContext) -> None:
        if is_full(context.original_exception, folder):
            if reserve:
                reserve.release()
            raise DiskFull from context.original_exception
