"""Whether SQLite's write-ahead log, as the last process left it, holds damage that SQLite would pass over in silence.

SQLite takes the log up to the last commit whose check sums hold and ignores the rest, so that a flipped bit looks like a
save that never was. The form of the file: https://www.sqlite.org/walformat.html. Only a log that nobody has open may be
examined: who writes it is always in the middle of something.
"""

import json
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from tracker.errors import N_

HEADER_BYTES: Final = 32
FRAME_HEADER_BYTES: Final = 24
MAGIC: Final = 0x377F0682  # its last bit says in which order the words of the check sums are read
VERSION: Final = 3007000
INDEX_BYTES: Final = 48
INDEX_SUMMED_BYTES: Final = 40
Sums = tuple[int, int]
NOTE_FILE: Final = "last-save.json"
LOST: Final = N_(
    "The computer went off while it was saving, or its disk is failing (seen on %(at)s): the last save may be missing. "
    "Look at your last entries."
)


# ---- the note, which stays until a person says that he has read it


def look(database: Path, now: Callable[[], float]) -> None:
    """Examine a log before the database is opened for the first time, and note damage beside it. Raises OSError."""
    if is_damaged(database):
        note = database.with_name(NOTE_FILE)
        note.write_text(json.dumps({"at": int(now())}), encoding="ascii")


def noted(home: Path) -> int | None:
    """When damage was seen that nobody has acknowledged yet, in seconds since 1970; None where there was none."""
    try:
        return int(json.loads((home / NOTE_FILE).read_text(encoding="ascii"))["at"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):  # the disk is failing indeed: the note itself is proof enough
        return 0


def acknowledge(home: Path) -> None:
    """Somebody has read the note and looked at the last entries."""
    (home / NOTE_FILE).unlink(missing_ok=True)


# ---- the log


class Log(NamedTuple):
    """The header of a log. order: of the words in check sums, as `struct` writes it."""

    page_bytes: int
    salts: Sums
    sums: Sums
    order: str


class Frame(NamedTuple):
    """One page in the log. commit: pages of the database after this commit, 0 inside a transaction."""

    commit: int
    salts: Sums
    is_valid: bool


def is_damaged(database: Path) -> bool:
    """Whether the log beside a database lost something that had been saved, or may have. Never so after a mere kill.

    A cut of power in the middle of a save leaves the same picture as a flipped bit in the last one. Raises OSError.
    """
    try:
        file = database.with_name(f"{database.name}-wal").open("rb")
    except FileNotFoundError:
        return False
    with file:
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:  # nothing, or a kill at the very first write
            return False
        log = _log(header)
        if log is None:
            return True
        committed = _committed(database.with_name(f"{database.name}-shm"), log)
        return _loses(_frames(file, log), log, committed)


def _log(text: bytes) -> Log | None:
    """The header; None where it does not hold."""
    magic, version, page_bytes, _checkpoint, *rest = struct.unpack(">8I", text)
    order = ">" if magic & 1 else "<"
    salts, sums = (rest[0], rest[1]), (rest[2], rest[3])
    is_header = magic & ~1 == MAGIC and version == VERSION and 512 <= page_bytes <= 65536 and not page_bytes & page_bytes - 1
    if not is_header or _summed(text[: HEADER_BYTES - 8], (0, 0), order) != sums:
        return None
    return Log(page_bytes, salts, sums, order)


def _frames(file: BinaryIO, log: Log) -> Iterator[Frame]:
    """Every whole frame of the file; valid are those that SQLite would take, from the first on."""
    size = FRAME_HEADER_BYTES + log.page_bytes
    sums, is_valid = log.sums, True
    while len(text := file.read(size)) == size:
        page, commit, *rest = struct.unpack(">6I", text[:FRAME_HEADER_BYTES])
        frame_salts, frame_sums = (rest[0], rest[1]), (rest[2], rest[3])
        if is_valid:
            sums = _summed(text[FRAME_HEADER_BYTES:], _summed(text[:8], sums, log.order), log.order)
            is_valid = page > 0 and frame_salts == log.salts and frame_sums == sums
        yield Frame(commit, frame_salts, is_valid)


def _loses(frames: Iterator[Frame], log: Log, committed: int | None) -> bool:
    """Whether a frame of a commit does not hold.

    committed  so many frames were committed, by the log's index; None: there is no index, as after a cut of power. Then
               a commit that stands behind the first invalid frame tells: a transaction that was rolled back, or killed,
               leaves frames whose sums do not hold either, but no commit.
    """
    valid, is_broken = 0, False
    for frame in frames:
        if frame.is_valid:
            valid += 1
            continue
        if committed is not None:
            return valid < committed
        is_ours = frame.salts == log.salts
        # Older frames have other salts, both of them: one alone that fits was hit itself.
        is_hit = not is_ours and bool({*frame.salts} & {*log.salts})
        is_broken = is_broken or is_hit or (is_ours and frame.commit > 0)
    return is_broken or (committed is not None and valid < committed)


def _committed(index: Path, log: Log) -> int | None:
    """How many frames of this log were committed, by the shared-memory index beside it; None where it does not say."""
    try:
        with index.open("rb") as file:
            text = file.read(INDEX_BYTES)
    except OSError:  # Windows may still hold it; there is the log itself
        return None
    if len(text) < INDEX_BYTES:
        return None
    order = "<" if sys.byteorder == "little" else ">"
    sums = struct.unpack(f"{order}2I", text[INDEX_SUMMED_BYTES:])
    version, _unused, _change, is_set, _order, _page, frames = struct.unpack(f"{order}3IBBHI", text[:20])
    salts = struct.unpack(">2I", text[32:INDEX_SUMMED_BYTES])
    if version != VERSION or not is_set or salts != log.salts or _summed(text[:INDEX_SUMMED_BYTES], (0, 0), order) != sums:
        return None
    return int(frames)


def _summed(text: bytes, sums: Sums, order: str) -> Sums:
    """SQLite's check sum over whole pairs of words, going on from `sums`."""
    first, second = sums
    words = struct.unpack(f"{order}{len(text) // 4}I", text)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = first + even + second & 0xFFFFFFFF
        second = second + odd + first & 0xFFFFFFFF
    return first, second
