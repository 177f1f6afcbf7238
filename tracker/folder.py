"""The data folder as the operating system sees it: who has it open, and putting a finished file in its place.

The lock belongs to the process: it is gone when the process is, however that ended, so no file has to be removed by hand.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from tracker.errors import DomainError, N_

LOCK_FILE: Final = "running.lock"
BACKUP_FILE: Final = "backup.lock"
SLOTS: Final = 64  # so many processes may share the folder on Windows, which has no shared locks in Python
TRIES, PAUSE_S = 20, 0.25  # five seconds: a virus scanner holds what was just written about so long (F-08)


class InUse(DomainError):
    """What would replace the register under somebody's hands."""

    code = "folder.in_use"
    sentence = N_("Daftari is running in the data folder %(home)s. Stop it and any other command of Daftari there, then do this again.")


class Holding:
    """A hold on a data folder, beside others."""

    def __init__(self, file: int | None) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Let go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def share(home: Path, first: Callable[[], None] = lambda: None, wait: Callable[[float], None] = time.sleep) -> Holding:
    """Have the folder open beside others. Raises InUse while somebody has it alone for longer than a moment.

    first  called if nobody else has the folder, before anybody else can have it: to look at what was left behind
    A folder that is not there, or may not be written, gives a hold on nothing: whoever works in it soon finds out.
    """
    try:
        file = _open(home)
    except OSError:
        return Holding(None)
    try:
        if _lock_alone(file):
            try:
                first()
            finally:
                _unlock_alone(file)
        _insist(lambda: _lock_shared(file), home, wait)
    except BaseException:
        os.close(file)
        raise
    return Holding(file)


@contextmanager
def alone(home: Path, wait: Callable[[float], None] = time.sleep, name: str = LOCK_FILE) -> Iterator[None]:
    """Have the folder for oneself. Raises InUse while anybody has it open, OSError where it cannot be written.

    name  of the lock: another one keeps out only those who take the same
    """
    file = _open(home, name)
    try:
        _insist(lambda: _lock_alone(file), home, wait)
        yield
    finally:
        os.close(file)


def _insist(lock: Callable[[], bool], home: Path, wait: Callable[[float], None]) -> None:
    """Somebody who begins has the folder alone for a moment: that is no refusal."""
    for _attempt in range(TRIES):
        if lock():
            return
        wait(PAUSE_S)
    raise InUse(home=home)


def _open(home: Path, name: str = LOCK_FILE) -> int:
    return os.open(home / name, os.O_RDWR | os.O_CREAT, 0o600)


if sys.platform == "win32":
    import msvcrt

    def _lock_alone(file: int) -> bool:
        return _slot(file, 0, SLOTS)

    def _unlock_alone(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, SLOTS)

    def _lock_shared(file: int) -> bool:
        return any(_slot(file, slot, 1) for slot in range(SLOTS))

    def _slot(file: int, first: int, count: int) -> bool:
        os.lseek(file, first, os.SEEK_SET)  # bytes beyond the end of a file can be locked
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, count)
        except OSError:
            return False
        return True

else:
    import fcntl

    # flock, not lockf: a lock by record is lost as soon as the process closes any descriptor of the file.
    def _lock_alone(file: int) -> bool:
        return _flock(file, fcntl.LOCK_EX)

    def _unlock_alone(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

    def _lock_shared(file: int) -> bool:
        return _flock(file, fcntl.LOCK_SH)

    def _flock(file: int, kind: int) -> bool:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def put_in_place(draft: Path, target: Path, wait: Callable[[float], None] = time.sleep) -> None:
    """Rename a finished file over another, or to a free name; durable when it returns. Raises OSError.

    A refusal may be a virus scanner's, which lets go by itself: it is tried again.
    """
    for attempt in range(1, TRIES + 1):
        try:
            draft.replace(target)
        except PermissionError:
            if attempt == TRIES:
                raise
            wait(PAUSE_S)
        else:
            break
    flush_folder(target.parent)


def flush_file(path: Path) -> None:
    """Let what was written reach the disk. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Let a renaming reach the disk; Windows offers no way and needs none."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
