"""`backup` and `restore`: a copy is examined before it is called a backup, and again before it takes anything's place."""

import argparse
import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, ExitStack, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy.exc import DatabaseError

from tracker import clock, config, disk, folder, migrations, replication, trouble
from tracker.cli.care import lines_of
from tracker.cli.users import settings_of
from tracker.cli.voice import at_work, CommandError, Done, make_current, opened
from tracker.clock import EAST_AFRICA
from tracker.db import db
from tracker.errors import N_
from tracker.i18n import _
from tracker.replication import checking, copies
from tracker.replication.copies import BackupDamaged, BESIDE, DATABASE, ERASURES, KEYS, SETTINGS

RESTORED: Final = N_("The register is restored from %(file)s. The exchange brings back what came after it: daftari sync")
LEFT: Final = N_("%(changes)s changes that were never sent stay behind in it.")
NO_SETTINGS: Final = N_("The backup holds no settings. Write seat and name into %(file)s before you start Daftari.")
NO_ROOM: Final = N_("the disk of %(folder)s is full")
NOT_WHOLE: Final = N_("what was written is not whole (%(reason)s). Examine the register with: daftari check --deep")
ASIDE: Final = N_("The database that was here before is kept as %(aside)s.")


class NotAFile(CommandError):
    """PostgreSQL has its own tools."""

    code = "backup.not_a_file"
    sentence = N_("This database is no file. Back it up with the tools of PostgreSQL, such as pg_dump.")


class WouldOverwrite(CommandError):
    """The target holds something that is no backup, or another computer's."""

    code = "backup.would_overwrite"
    sentence = N_("%(file)s exists and is no backup of this computer. Choose another name.")


class BackupUnderWay(CommandError):
    """Two would write into the same file."""

    code = "backup.under_way"
    sentence = N_("Another backup of this register is being written. Wait until it is done, then do this again.")


class BackupFailed(CommandError):
    """The copy could not be written, or did not pass its examination; nothing was put in place of an older one."""

    code = "backup.failed"
    sentence = N_("The backup was not written: %(reason)s")


class OtherNode(CommandError):
    """Two computers with one key would be taken for one."""

    code = "restore.other_node"
    sentence = N_("The backup %(file)s is of another computer. Restore it into an empty data folder: name one with --home.")


class WouldLoseUnsent(CommandError):
    """The present database holds what nobody else has."""

    code = "restore.unsent"
    sentence = N_(
        "%(changes)s changes on this computer were never sent and are not in the backup. Send them first with: daftari sync. "
        "Or leave them behind in the database that is set aside, with --leave-unsent."
    )


class PresentUnreadable(CommandError):
    """Nobody can say what the present database holds."""

    code = "restore.present_unreadable"
    sentence = N_(
        "The present database cannot be read (%(reason)s), so what was never sent is not known. "
        "To set it aside, with whatever it holds, and restore the backup, add --leave-unsent."
    )


# ---- backup


def backup(arguments: argparse.Namespace) -> Done:
    """`backup FILE`: under another name until it was read again and examined."""
    settings = settings_of(arguments)
    with _one_at_a_time(settings):
        return _backup(settings, arguments.file.absolute())


@contextmanager
def _one_at_a_time(settings: config.Settings) -> Iterator[None]:
    """Nobody else makes a backup. Raises NotSetUp, BackupUnderWay."""
    if not settings.home.is_dir():
        raise replication.NotSetUp
    with ExitStack() as held:
        try:
            held.enter_context(folder.alone(settings.home, name=folder.BACKUP_FILE))
        except folder.InUse as error:
            raise BackupUnderWay from error
        yield


def _backup(settings: config.Settings, target: Path) -> Done:
    with at_work(settings):
        if db.engine.dialect.name != "sqlite" or not db.engine.url.database:
            raise NotAFile
        _sweep(settings.home)
        source = Path(db.engine.url.database)
        copies.note_erasures(settings.home)
        schema = migrations.current(db.engine) or ""
    with closing(sqlite3.connect(source)) as connection:
        node = copies.node_of(connection) or ""
    if target.exists() and (target.is_relative_to(settings.home.absolute()) or not copies.is_backup_of(target, node)):
        raise WouldOverwrite(file=target)
    said = {"made_at": int(clock.wall()), "node": node, "name": settings.name, "seat": settings.seat, "schema": schema}
    draft = target.with_name(f"{target.name}.unfinished")
    try:
        with folder.share(settings.home), _workshop(_roomy(settings.home, target.parent, source)) as work:
            manifest = _written(draft, work, source, settings.home, said)
            _examine(draft, work / "again", manifest)
        folder.put_in_place(draft, target)
    except (OSError, sqlite3.Error, DatabaseError, BackupDamaged) as error:
        raise BackupFailed(reason=_reason(error, settings.home, target.parent)) from error
    finally:
        with suppress(OSError):  # the stick was pulled out, perhaps
            draft.unlink(missing_ok=True)
    size = target.stat().st_size
    facts: dict[str, object] = {"file": str(target), "bytes": size, "partitions": len(manifest.heads)}
    return Done(facts, [_("The backup is written and examined: %(file)s, %(megabytes)s MB.", file=target, megabytes=f"{size / 1e6:.1f}")])


def _sweep(home: Path) -> None:
    """Remove what a command that was killed has left behind; nobody else copies in the data folder meanwhile."""
    for left in home.glob("copy-*"):
        shutil.rmtree(left, ignore_errors=True)


def _roomy(home: Path, stick: Path, source: Path) -> Path:
    """Where there is room for two copies of the database and what an upgrade writes: on a full computer beside the backup."""
    needed = 4 * source.stat().st_size
    return home if disk.free_bytes(home) >= needed or not stick.is_dir() else stick


def _reason(error: Exception, home: Path, stick: Path) -> str:
    """Why a backup was not written, in words for a person."""
    if isinstance(error, BackupDamaged):  # the register itself may be the damaged one
        return _(NOT_WHOLE, reason=error.params["reason"])
    cause = error.orig if isinstance(error, DatabaseError) else error
    if disk.is_full(cause, home) or getattr(cause, "errno", None) == errno.ENOSPC:
        return _(NO_ROOM, folder=min((stick, home), key=disk.free_bytes))
    return f"{stick}: {trouble.reason_of(cause)}" if isinstance(cause, OSError) else str(cause)


@contextmanager
def _workshop(place: Path) -> Iterator[Path]:
    """A folder for copies, inside the data folder if it can be: its rights are right, and from there a file can be renamed into place."""
    with TemporaryDirectory(prefix="copy-", dir=place, ignore_cleanup_errors=True) as work:
        yield Path(work)


def _written(draft: Path, work: Path, source: Path, home: Path, said: dict[str, object]) -> copies.Manifest:
    heads = copies.copy_database(source, work / DATABASE)
    members = {name: home / name for name in BESIDE if (home / name).is_file()}
    draft.unlink(missing_ok=True)
    return copies.write(draft, {DATABASE: work / DATABASE, **members}, heads=heads, **said)


def _examine(draft: Path, work: Path, manifest: copies.Manifest) -> None:
    """Read the backup again from the disk, and judge what comes out of it as if it were to be restored."""
    work.mkdir()
    if copies.unpack(draft, work) != manifest:
        raise BackupDamaged(file=draft, reason=copies.MANIFEST)
    with closing(sqlite3.connect(work / DATABASE)) as connection:
        if copies.heads_of(connection) != manifest.heads:
            raise BackupDamaged(file=draft, reason=_("its contents are not those of the database"))
    with _opened_copy(draft, work):
        pass


@contextmanager
def _opened_copy(file: Path, work: Path) -> Iterator[None]:
    """The application over an unpacked backup, once it has been brought up to this program and is found whole.

    Raises BackupDamaged, NewerDatabase.
    """
    settings = config.load(work, environ={}, database="", secret_key="of a copy")  # noqa: S106 - nobody is served from it
    try:
        with opened(settings):
            if faults := checking.file_faults(db.session.connection(), deep=True):  # before anything is upgraded
                raise BackupDamaged(file=file, reason="; ".join(faults))
            db.session.remove()
            make_current(settings)
            if found := checking.examine(deep=True):
                raise BackupDamaged(file=file, reason="; ".join(lines_of(found)))
            yield
    except DatabaseError as error:
        raise BackupDamaged(file=file, reason=error.orig) from error


# ---- restore


def restore(arguments: argparse.Namespace) -> Done:
    """`restore FILE`: the present database stays where it is until the backup is found whole, and is kept after."""
    settings = settings_of(arguments)
    if settings.database:
        raise NotAFile
    home, file = settings.home, arguments.file.absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder.alone(home):
        _sweep(home)
        return _restored(settings, file, leave_unsent=arguments.leave_unsent)


def _restored(settings: config.Settings, file: Path, *, leave_unsent: bool) -> Done:
    home = settings.home
    with _workshop(home) as work:
        copies.unpack(file, work)
        with _opened_copy(file, work):
            copies.reapply_erasures([home / ERASURES, work / ERASURES], home / DATABASE)
            copies.note_erasures(work)  # of all lists together
        if (work / ERASURES).is_file():
            disk.rewrite(work / DATABASE)  # nothing of it in free pages either
        copies.settle(work / DATABASE)
        left = _check_present(home / DATABASE, work / DATABASE, file, leave_unsent=leave_unsent)
        aside = _aside(home)
        if (work / ERASURES).is_file():
            folder.put_in_place(work / ERASURES, home / ERASURES)
        for name in (SETTINGS, *KEYS):
            if (work / name).is_file() and not (home / name).exists():
                (home / name).parent.mkdir(mode=0o700, exist_ok=True)
                (work / name).chmod(0o600)
                folder.put_in_place(work / name, home / name)
        # Last: a register without its settings would start as another seat, settings without a register say that it is missing.
        copies.put_back(work / DATABASE, home / DATABASE, aside)
    kept = str(aside) if aside.exists() else None
    lines = [_(RESTORED, file=file)]
    if kept:
        lines.append(_(ASIDE, aside=aside))
    if left:
        lines.append(_(LEFT, changes=left))
    if not (home / SETTINGS).exists():
        lines.append(_(NO_SETTINGS, file=home / SETTINGS))
    return Done({"home": str(home), "file": str(file), "set_aside": kept, "left_unsent": left}, lines)


def _check_present(present: Path, copy: Path, file: Path, *, leave_unsent: bool) -> int | None:
    """How many changes that were never sent stay behind; None: nobody knows. Raises OtherNode, WouldLoseUnsent, PresentUnreadable."""
    if not present.is_file():
        return 0
    with closing(sqlite3.connect(present)) as here, closing(sqlite3.connect(copy)) as there:
        try:
            node = copies.node_of(here)
            changes = copies.unsent_and_lacking(here, there) if node else 0
        except (sqlite3.Error, ValueError) as error:
            if leave_unsent:
                return None
            raise PresentUnreadable(reason=error) from error
        if node not in (None, copies.node_of(there)):
            raise OtherNode(file=file)
    if changes and not leave_unsent:
        raise WouldLoseUnsent(changes=changes, facts={"unsent": changes})
    return changes


def _aside(home: Path) -> Path:
    """A free name for the database that makes way."""
    now = datetime.fromtimestamp(clock.wall(), EAST_AFRICA)
    name = f"{DATABASE}.before-restore-{now:%Y%m%d-%H%M%S}"
    return next(path for k in range(1, 1000) if not (path := home / (name if k == 1 else f"{name}-{k}")).exists())
