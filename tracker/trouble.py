"""What the computer itself refuses, the disk or the database file, in sentences that say what to do next."""

import errno
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DatabaseError

from tracker.disk import is_full
from tracker.errors import N_
from tracker.i18n import _

DAMAGED: Final = N_("The database is damaged. Stop Daftari, keep a copy of the data folder and tell the central office.")
FULL: Final = N_("The disk is full. What was saved is safe. Make room on it, then do this again.")
BUSY: Final = N_("Another program has been writing in the data folder for a while. Wait a minute, then do this again.")
CLOSED: Final = N_(
    "The data folder %(home)s cannot be written (%(reason)s). Use the account that made it, or name another folder with --home."
)
UNWRITABLE: Final = N_("The data folder cannot be written: %(reason)s")
UNUSABLE: Final = N_("The database cannot be used: %(reason)s")
REFUSED: Final = N_(
    "The computer does not allow this: %(file)s (%(reason)s). Check the name and the rights of the folder, then do it again."
)
REASONS: Final = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EACCES: N_("the rights do not allow it"),
    errno.EPERM: N_("the rights do not allow it"),
    errno.EROFS: N_("it can only be read, not written"),
    errno.ENOSPC: N_("there is no room left"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: N_("it is not a folder"),
    errno.EIO: N_("it does not answer: perhaps it was pulled out"),
    errno.ENAMETOOLONG: N_("the name is too long"),
}
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_CLOSED: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


def is_damage(error: DatabaseError) -> bool:
    """Whether the file holds what no database holds."""
    return _code(error) in _DAMAGED or "decode to UTF-8" in str(error.orig)


def of_database(error: DatabaseError, home: Path) -> str:
    """The sentence for an error of the database."""
    code, reason = _code(error), str(error.orig).strip()
    if is_damage(error):
        return _(DAMAGED)
    if is_full(error.orig, home):
        return _(FULL)
    if code in _BUSY:
        return _(BUSY)
    if code in _CLOSED:
        return _(CLOSED, home=home, reason=reason)
    return _(UNUSABLE, reason=reason)


def on_page(error: DatabaseError, home: Path) -> str | None:
    """The same for who sits at a browser and has no command line; None for what only a programmer can mend."""
    code = _code(error)
    if code in _CLOSED:
        return _(UNWRITABLE, reason=str(error.orig).strip())
    is_known = is_damage(error) or is_full(error.orig, home) or code in _BUSY or code == sqlite3.SQLITE_IOERR
    return of_database(error, home) if is_known else None


def of_system(error: OSError) -> str:
    """The sentence for an error of the operating system."""
    if error.errno == errno.ENOSPC:
        return _(FULL)
    return _(REFUSED, file=error.filename, reason=reason_of(error))


def reason_of(error: OSError) -> str:
    """Why the operating system refused, in the reader's language where it is one of the reasons that people meet."""
    told = REASONS.get(error.errno or 0)
    return _(told) if told else error.strerror or str(error)


def _code(error: DatabaseError) -> int:
    """SQLite's primary code; 0 for another database."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
