"""Looking after a machine: `check`, `doctor`."""

import argparse
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from sqlalchemy.exc import DatabaseError

from tracker import clock, config, trouble, wal
from tracker.cli.users import settings_of
from tracker.cli.voice import at_work, CommandError, Done
from tracker.errors import N_
from tracker.i18n import _, format_instant
from tracker.replication import checking, dates, node

SPACE_NEEDED_BYTES: Final = 200 << 20
CLOCK_SLACK_S: Final = 600
FIXED_SQLITE: Final = (3, 51, 3)  # reliability.md F-04
DIFFERENT: Final = N_("%(partition)s, table %(table)s: %(rows)s rows here, %(refolded)s when built anew, or other contents")
MEND: Final = N_("Mend it with: daftari check --repair")
SYNC: Final = N_("The next exchange brings them back: daftari sync")
RESTORE: Final = N_("Nothing here can mend this. Put the latest backup in its place: daftari restore FILE")
BROKEN: Final = {
    "segments": N_("%(partition)s: %(number)s segments do not hold what was signed"),
    "asked": N_("%(partition)s: %(number)s segments are missing and will be asked of the server"),
    "heads": N_("%(partition)s: the list of the newest segments is wrong"),
    "identity": node.IdentityDamaged.sentence,
    "pending": N_("%(partition)s: %(number)s changes that were never sent are damaged"),
}
SYNCED_FOLDERS: Final = ("onedrive", "dropbox", "google drive", "googledrive", "icloud")


class Damaged(CommandError):
    """The database is not what it should be."""

    code = "check.damaged"
    sentence = trouble.DAMAGED


# ---- check


def check(arguments: argparse.Namespace) -> Done:
    """`check [--deep] [--repair] [--noted]`."""
    settings = settings_of(arguments)
    if arguments.noted:
        wal.acknowledge(settings.home)
    asked = 0
    try:
        with at_work(settings):
            found = checking.examine(deep=arguments.deep or arguments.repair)
            if arguments.repair and found and not found.faults:
                asked = checking.repair()
                found = checking.examine(deep=True)
    except DatabaseError as error:  # so damaged that it cannot even be opened
        if not trouble.is_damage(error):
            raise
        found = checking.Findings([str(error.orig)])
    note = note_of(settings)
    facts = facts_of(found) | {"asked_of_peers": asked, "last_save_in_doubt": bool(note)}
    if found.but_asked() or (found and not arguments.repair):
        raise Damaged(facts=facts, lines=[*lines_of(found), *note, _(_next_step(found))])
    if found:  # all that could be done here is done
        return Done(facts | {"ok": True}, [*lines_of(found), _(SYNC), *note])
    acknowledge = [_("When you have looked, say so with: daftari check --noted")] if note else []
    return Done(facts, [_("The database is whole."), *note, *acknowledge])


def _next_step(found: checking.Findings) -> str:
    """What a person can do about it, the least first."""
    if not found.but_asked():
        return SYNC
    is_mendable = not found.faults and all(each.kind in {"segments", "asked", "heads"} for each in found.broken)
    return MEND if is_mendable else RESTORE


def note_of(settings: config.Settings) -> list[str]:
    """The sentence on a save that may be missing, until somebody has acknowledged it."""
    at = wal.noted(settings.home)
    return [] if at is None else [_(wal.LOST, at=format_instant(at))]


def facts_of(found: checking.Findings) -> dict[str, object]:
    """What an examination has found, for `--json`."""
    return {
        "ok": not found,
        "faults": found.faults,
        "broken": [each._asdict() for each in found.broken],
        "differences": [each._asdict() for each in found.differences],
    }


def lines_of(found: checking.Findings) -> list[str]:
    """The same for a person."""
    broken = [_(BROKEN[each.kind], **each._asdict()) for each in found.broken]
    differences = [_(DIFFERENT, **each._asdict()) for each in found.differences]
    return [*found.faults, *broken, *differences]


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
        return Finding("write", "wrong", _(trouble.UNWRITABLE, reason=trouble.reason_of(error)))
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

    newest, is_doubtful = None, dates.is_doubtful(clock.now_s(), None, None)
    try:
        with at_work(settings):
            faults = checking.faults()
            newest, is_doubtful = checking.newest_change(), dates.doubt()
    except replication.NotSetUp:
        yield _no_register(settings)
    except DatabaseError as error:
        yield Finding("database", "wrong", trouble.of_database(error, settings.home))
    else:
        tone, sentence = ("wrong", N_("The database is damaged: %(reason)s")) if faults else ("good", N_("The database is whole."))
        yield Finding("database", tone, _(sentence, reason="; ".join(faults)))
    for sentence in note_of(settings):
        yield Finding("last_save", "warning", sentence)
    yield _clock(newest, is_doubtful=is_doubtful)


def _no_register(settings: config.Settings) -> Finding:
    """Settings with a name were written beside a register: if that is gone, a disk or a person has lost it."""
    if settings.name:
        sentence = N_(
            "The register of %(name)s is missing from the data folder. "
            "Stop Daftari, then put the latest backup in its place: daftari restore FILE"
        )
        return Finding("database", "wrong", _(sentence, name=settings.name))
    return Finding("database", "warning", _("The data folder holds no register yet"))


def _clock(newest: int | None, *, is_doubtful: bool) -> Finding:
    """A clock somewhat behind what has already been written here is slow; one that is off by more is doubted as on every page."""
    now = clock.now_s()
    if is_doubtful:
        return Finding("clock", "warning", _(dates.WRONG_DATE, date=format_instant(now)))
    if newest is not None and CLOCK_SLACK_S < newest - now <= dates.DAY_S:
        return Finding("clock", "warning", _("The clock of this computer is slow: it shows %(now)s. Set it.", now=format_instant(now)))
    return Finding("clock", "good", _("The clock shows %(now)s", now=format_instant(now)))
