"""Looking after a machine: `check`, `backup`, `doctor`."""

import argparse
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from sqlalchemy.exc import DatabaseError

from tracker import clock, config
from tracker.cli import trouble
from tracker.cli.users import settings_of
from tracker.cli.voice import at_work, CommandError, Done
from tracker.db import db
from tracker.errors import N_
from tracker.i18n import _, format_instant

MAGIC: Final = b"SQLite format 3\x00"
SPACE_NEEDED_BYTES: Final = 200 << 20
CLOCK_SLACK_S: Final = 600
BUILT_S: Final = 1_767_225_600  # 1 January 2026: no clock of a machine that runs this is right if it shows less
FIXED_SQLITE: Final = (3, 51, 3)  # reliability.md F-04
SYNCED_FOLDERS: Final = ("onedrive", "dropbox", "google drive", "googledrive", "icloud")


class Damaged(CommandError):
    """The database is not what it should be."""

    code = "check.damaged"
    sentence = trouble.DAMAGED


class NotAFile(CommandError):
    """PostgreSQL has its own tool."""

    code = "backup.not_a_file"
    sentence = N_("This database is no file. Back it up with the tools of PostgreSQL, such as pg_dump.")


class WouldOverwrite(CommandError):
    """The target holds something that is no backup."""

    code = "backup.would_overwrite"
    sentence = N_("%(file)s exists and is no backup. Choose another name.")


class BackupFailed(CommandError):
    """The copy could not be written, or did not pass its examination; nothing was put in place of an older one."""

    code = "backup.failed"
    sentence = N_("The backup was not written: %(reason)s")


# ---- check


def check(arguments: argparse.Namespace) -> Done:
    """`check [--deep]`."""
    from tracker.replication import checking

    try:
        with at_work(settings_of(arguments)):
            faults = checking.faults(deep=arguments.deep)
            differences = checking.differences() if arguments.deep and not faults else []
    except DatabaseError as error:  # so damaged that it cannot even be opened
        if not trouble.is_damage(error):
            raise
        faults, differences = [str(error.orig)], []
    facts: dict[str, object] = {
        "ok": not faults and not differences,
        "faults": faults,
        "differences": [each._asdict() for each in differences],
    }
    sentence = N_("%(partition)s, table %(table)s: %(rows)s rows here, %(refolded)s when built anew, or other contents")
    lines = [*faults, *(_(sentence, **each._asdict()) for each in differences)]
    if lines:
        raise Damaged(facts=facts, lines=lines)
    return Done(facts, [_("The database is whole.")])


# ---- backup


def backup(arguments: argparse.Namespace) -> Done:
    """`backup FILE`: a copy under another name until it has been opened and examined."""
    settings = settings_of(arguments)
    with at_work(settings):
        if db.engine.dialect.name != "sqlite" or not db.engine.url.database:
            raise NotAFile
        source = Path(db.engine.url.database)
    target = arguments.file.absolute()
    if target.exists() and (target.samefile(source) or not _is_sqlite(target)):
        raise WouldOverwrite(file=target)
    draft = target.with_name(f"{target.name}.unfinished")
    try:
        heads = _copy(source, draft)
        _examine(draft, heads)
        draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(reason=str(error)) from error
    finally:
        draft.unlink(missing_ok=True)
    size = target.stat().st_size
    facts: dict[str, object] = {"file": str(target), "bytes": size, "partitions": len(heads)}
    return Done(facts, [_("The backup is written and examined: %(file)s, %(megabytes)s MB.", file=target, megabytes=f"{size / 1e6:.1f}")])


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _copy(source: Path, draft: Path) -> dict[str, bytes]:
    """Copy one moment of the living database; gives the heads of that moment."""
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(source, isolation_level=None)) as living, closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        living.execute("PRAGMA busy_timeout=10000")
        living.execute("BEGIN")  # the copy and the heads it is compared with are of the same moment
        heads = _heads(living)
        living.backup(copy)
        living.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, that can be carried alone
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    return heads


def _heads(connection: sqlite3.Connection) -> dict[str, bytes]:
    return dict(connection.execute("select partition, heads from sync_partition"))


def _examine(draft: Path, heads: dict[str, bytes]) -> None:
    with closing(sqlite3.connect(f"{draft.as_uri()}?mode=ro", uri=True)) as copy:
        found = [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError("; ".join(found))
        if _heads(copy) != heads:
            raise sqlite3.DatabaseError(_("its contents are not those of the database"))


# ---- doctor


class Finding(NamedTuple):
    """One thing examined. tone: good, warning (works, but see to it) or wrong."""

    name: str
    tone: str
    sentence: str


class Ill(CommandError):
    """Something examined is wrong."""

    code = "doctor.wrong"
    sentence = N_("Something on this computer needs attention:")


def doctor(arguments: argparse.Namespace) -> Done:
    """`doctor`: warnings leave the exit code 0; what stops work makes it 1."""
    settings = settings_of(arguments)
    findings = [*_folder(settings), _port(settings), _sqlite(), *_database(settings)]
    is_well = all(each.tone != "wrong" for each in findings)
    facts: dict[str, object] = {"ok": is_well, "findings": [each._asdict() for each in findings]}
    marks = {"good": "+", "warning": "!", "wrong": "x"}
    lines = [f"{marks[each.tone]} {each.sentence}" for each in findings]
    if not is_well:
        raise Ill(facts=facts, lines=lines)
    return Done(facts, lines)


def _folder(settings: config.Settings) -> Iterator[Finding]:
    home = settings.home
    existing = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(existing).free
    tone = "good" if free >= SPACE_NEEDED_BYTES else "warning"
    yield Finding("disk", tone, _("Free space on the disk: %(megabytes)s MB", megabytes=free // 1_000_000))
    is_synced = any(word in part.casefold() for part in PurePath(home).parts for word in SYNCED_FOLDERS)
    if is_synced:
        sentence = N_("The data folder %(home)s is copied by a cloud program, which can damage it. Move it elsewhere.")
    else:
        sentence = N_("The data folder is %(home)s")
    yield Finding("folder", "warning" if is_synced else "good", _(sentence, home=home))
    yield _write_test(existing)


def _write_test(folder: Path) -> Finding:
    probe = folder / f"write-test-{os.getpid()}"
    try:
        with probe.open("xb") as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Finding("write", "wrong", _("The data folder cannot be written: %(reason)s", reason=error.strerror or error))
    finally:
        with suppress(OSError):
            probe.unlink()
    return Finding("write", "good", _("The data folder can be written"))


def _port(settings: config.Settings) -> Finding:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            sentence = N_("Port %(port)s is in use: Daftari is running, or another program is in its place")
            return Finding("port", "warning", _(sentence, port=settings.port))
    return Finding("port", "good", _("Port %(port)s is free", port=settings.port))


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info < FIXED_SQLITE:
        sentence = N_("SQLite %(version)s: works; 3.51.3 or later also mends a rare fault when two programs write at once")
        return Finding("sqlite", "warning", _(sentence, version=sqlite3.sqlite_version))
    return Finding("sqlite", "good", _("SQLite %(version)s", version=sqlite3.sqlite_version))


def _database(settings: config.Settings) -> Iterator[Finding]:
    from tracker import replication
    from tracker.replication import checking

    newest = None
    try:
        with at_work(settings):
            faults = checking.faults()
            newest = checking.newest_change()
    except replication.NotSetUp:
        yield _no_register(settings)
    except DatabaseError as error:
        yield Finding("database", "wrong", trouble.of_database(error, settings.home))
    else:
        tone, sentence = ("wrong", N_("The database is damaged: %(reason)s")) if faults else ("good", N_("The database is whole."))
        yield Finding("database", tone, _(sentence, reason="; ".join(faults)))
    yield _clock(newest)


def _no_register(settings: config.Settings) -> Finding:
    """Settings with a name were written beside a register: if that is gone, a disk or a person has lost it."""
    if settings.name:
        sentence = N_("The register of %(name)s is missing from the data folder. Stop Daftari, and put the latest backup in its place.")
        return Finding("database", "wrong", _(sentence, name=settings.name))
    return Finding("database", "warning", _("The data folder holds no register yet"))


def _clock(newest: int | None) -> Finding:
    """A clock behind what has already been written, or behind this program, is wrong; one ahead cannot be told from here."""
    now = clock.now_s()
    if now < max(BUILT_S, (newest or 0) - CLOCK_SLACK_S):
        return Finding("clock", "warning", _("The clock of this computer is slow: it shows %(now)s. Set it.", now=format_instant(now)))
    return Finding("clock", "good", _("The clock shows %(now)s", now=format_instant(now)))
